"""The list of known failures: what a line is, and what becomes of a result on the list."""

import pytest

from ndxp.check.known import KnownRefused, judged, read_known, unknown
from ndxp.check.result import Rule, Status

RULE = Rule("paging/sizes", "right", "why", "page")
ID = "paging/sizes:a.v1.A/List"
PASSED = RULE.passed("a.v1.A/List")
FAILED = RULE.failed("a.v1.A/List", sent="page_size -1", came="OK")
SKIPPED = RULE.skipped("a.v1.A/List", "no example")


def test_a_line_is_an_id_and_a_reason() -> None:
    assert read_known(f"\n# all of them\n{ID}  # ticket 7\n".encode()) == {ID: "ticket 7"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{ID}\n", "line 1: a line is CHECK-ID  # why"),
        ("paging/sizes  # ticket 7", "line 1: a line is"),
        ("a b:c  # ticket 7", "line 1: a line is"),
        (f"{ID}  # one\n{ID}  # two", f"line 2: {ID} is there twice"),
        ("\udcff".encode(errors="surrogateescape").decode("latin-1"), "line 1: a line is"),
    ],
)
def test_another_line_is_refused_with_its_number(text: str, why: str) -> None:
    with pytest.raises(KnownRefused, match=why):
        read_known(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(KnownRefused, match="it is not UTF-8: byte 0"):
        read_known(b"\xff")


def test_a_failure_on_the_list_is_a_known_one() -> None:
    [result] = judged([FAILED], {ID: "ticket 7"})
    assert (result.status, result.note, result.came) == (Status.KNOWN, "ticket 7", "OK")


def test_a_check_on_the_list_that_passes_is_told() -> None:
    [result] = judged([PASSED], {ID: "ticket 7"})
    assert result.status is Status.PASSED
    assert "take it off the list" in result.note


def test_what_was_skipped_stays_skipped_and_other_results_as_they_are() -> None:
    assert judged([SKIPPED], {ID: "ticket 7"}) == [SKIPPED]
    assert judged([FAILED], {}) == [FAILED]


def test_entries_of_the_list_that_no_check_has_are_named() -> None:
    assert unknown([PASSED], {ID: "x", "paging/whole:a.v1.A/List": "y"}) == ["paging/whole:a.v1.A/List"]
