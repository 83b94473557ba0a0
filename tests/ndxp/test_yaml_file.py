"""The one reader of YAML: what is there twice is refused with its lines, everything else is what it was."""

import pytest

from ndxp.yaml_file import YamlRefused, read_yaml


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grants: []\nmembers: []\ngrants: []\n", "line 3: the key 'grants' is in line 1 already"),
        ("a:\n  - fields: [x]\n    id: g\n    fields: []\n", "line 4: the key 'fields' is in line 2 already"),
        ("{a: 1, b: 2, 'a': 3}", "line 1: the key 'a' is in line 1 already"),
        ("? a\n: 1\n? a\n: 2\n", "line 3: the key 'a' is in line 1 already"),
        ("x: &x {b: 1}\ny:\n  <<: *x\n  <<: *x\n", "line 4: the key '<<' is in line 3 already"),
        ("1: a\n1: b\n", "line 2: the key '1' is in line 1 already"),
        ("ngày: 1\nngày: 2\n", "line 2: the key 'ngày' is in line 1 already"),
        ("a: [\n", "line 2: no valid YAML: while parsing a flow node, expected the node content, but found"),
        ("x: !!python/object:os.system y\n", "could not determine a constructor"),
        ("a: 1\n--- \nb: 2\n", "expected a single document"),
        ("\0", "special characters are not allowed"),
        (b"\xff\xfea", "a"),
        (f"x: {'9' * 5000}", "a value in it is none"),
        ("[" * 5000, "nested too deep"),
    ],
)
def test_what_is_no_yaml_or_says_something_twice_is_refused_on_one_line(text: str | bytes, says: str) -> None:
    with pytest.raises(YamlRefused) as refused:
        read_yaml(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_key_may_be_in_several_mappings_and_stands_before_one_that_is_merged_in() -> None:
    text = "a: {k: 1}\nb: &b {k: 2, l: 3}\nc:\n  <<: *b\n  k: 4\nd:\n  - <<: *b\n  - <<: *b\n"
    assert read_yaml(text) == {
        "a": {"k": 1}, "b": {"k": 2, "l": 3}, "c": {"k": 4, "l": 3}, "d": [{"k": 2, "l": 3}, {"k": 2, "l": 3}]
    }  # fmt: skip


def test_a_date_is_a_text_and_an_empty_document_nothing() -> None:
    text = "since: 2026-01-01\nat: 2026-01-01T10:00:00Z"
    assert read_yaml(text) == {"since": "2026-01-01", "at": "2026-01-01T10:00:00Z"}
    assert read_yaml("") is None
