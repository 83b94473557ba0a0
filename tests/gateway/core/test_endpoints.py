"""The one form of a path, the tricks that are refused, and what a pattern includes."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.endpoints import (
    CONTRACT,
    check_path,
    code_of,
    includes,
    joined,
    wrong_in_base_url,
    wrong_in_code,
    wrong_in_path,
)
from gateway.core.endpoints import wrong_in_pattern as wrong_in
from ndxp.errors import Reason, Refusal
from ndxp.wire import metadata
from tests.support.tricks import TRICKS

CANONICAL = [
    "/clinic/",
    "/clinic/patients",
    "/clinic/patients/",
    "/clinic/patients/7",
    "/clinic/Patients/7",
    "/clinic/.well-known/x",
    "/clinic/v1.2/a..b/~user",
    "/clinic/x:cancel/@me/a+b,c=(d)!$&'*",
    "/clinic/user%40example.com",
    "/clinic/a%20b",
    "/clinic/H%C3%A0%20N%E1%BB%99i",
    "/clinic/%22%5B1%5D%7C",
    "/it's(1)+2,3-4.5=6/x",
    "/clinic/" + "x" * (metadata.LONGEST_PATH - len("/clinic/")),
]


@pytest.mark.parametrize("path", CANONICAL)
def test_a_canonical_path_is_let_through(path: str) -> None:
    assert wrong_in_path(path) == ""
    check_path(f"{CONTRACT}/Get", path)


@pytest.mark.parametrize("path", TRICKS.values(), ids=TRICKS)
def test_a_trick_is_refused(path: str) -> None:
    with pytest.raises(Refusal) as raised:
        check_path(f"{CONTRACT}/Get", path)
    assert raised.value.reason is Reason.INVALID_METADATA
    assert raised.value.metadata == {"key": metadata.PATH}
    assert raised.value.message.isascii()
    assert raised.value.message.isprintable()
    assert len(raised.value.message) < 300


@pytest.mark.parametrize("path", TRICKS.values(), ids=TRICKS)
def test_a_trick_is_no_pattern_either(path: str) -> None:
    assert wrong_in(path)


def test_a_call_of_a_rest_service_needs_a_path() -> None:
    with pytest.raises(Refusal, match="needs its path in x-ndxp-path") as raised:
        check_path(f"{CONTRACT}/Get", "")
    assert raised.value.reason is Reason.INVALID_METADATA


def test_a_call_of_another_contract_may_have_no_path() -> None:
    check_path("demo.v1.Demo/Get", "")
    with pytest.raises(Refusal, match="only for calls of ndxp.rest.v1.RestService") as raised:
        check_path("demo.v1.Demo/Get", "/clinic/x")
    assert raised.value.reason is Reason.INVALID_METADATA


@given(text=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60))
def test_letters_and_digits_are_let_through_in_the_form_that_clients_send(text: str) -> None:
    if unicodedata.is_normalized("NFKC", text) and not {*map(unicodedata.category, text)} & {"Lm", "Lt", "Nl", "No"}:
        assert wrong_in_path(f"/clinic/{quote(text)}") == ""


def test_a_refusal_does_not_repeat_the_path() -> None:
    assert "079074000011" not in wrong_in_path("/clinic/patients/079074000011/%2F")


@given(path=st.text(alphabet="/.%2EeF5C;ac\\ ", max_size=30))
def test_no_mixture_of_dangerous_characters_leaves_its_folder(path: str) -> None:
    whole = f"/clinic/{path}"
    if not wrong_in_path(whole):
        assert not set(whole) & {";", "\\", " "}
        assert "%2" not in whole.replace("%20", "")
        assert all(segment.strip(".") for segment in whole.split("/")[1:-1])


@pytest.mark.parametrize("code", ["", "a/b", "a?b", "a%20b", "à", "x" * 65, ".", "a.", "a b", "a;b", "*"])
def test_a_wrong_code_is_refused(code: str) -> None:
    assert wrong_in_code(code)


def test_the_code_is_the_first_segment() -> None:
    assert code_of("/clinic/patients/7") == "clinic"
    assert code_of("/clinic/") == "clinic"


@pytest.mark.parametrize(
    "pattern", ["/clinic/", "/clinic/*", "/clinic/**", "/clinic/*/visits/*", "/clinic/a/**", "/clinic/a%20b"]
)
def test_a_pattern_has_a_star_for_a_whole_segment(pattern: str) -> None:
    assert wrong_in(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    ["", "*", "/*", "/**", "/*/x", "/**/x", "/clinic", "/clinic/**/x", "/clinic/a*", "/clinic/***", "/clinic/**/"],
)
def test_a_wrong_pattern_is_refused(pattern: str) -> None:
    assert wrong_in(pattern)


@pytest.mark.parametrize(
    ("pattern", "path", "included"),
    [
        ("/clinic/patients", "/clinic/patients", True),
        ("/clinic/patients", "/clinic/Patients", False),
        ("/clinic/patients", "/clinic/patients/", False),
        ("/clinic/patients", "/clinic/patients/7", False),
        ("/clinic/patients", "/Clinic/patients", False),
        ("/clinic/patients", "/other/patients", False),
        ("/clinic/", "/clinic/", True),
        ("/clinic/", "/clinic/x", False),
        ("/clinic/*", "/clinic/x", True),
        ("/clinic/*", "/clinic/", False),
        ("/clinic/*", "/clinic/x/y", False),
        ("/clinic/*", "/clinic/x/", False),
        ("/clinic/patients/*", "/clinic/patients/", False),
        ("/clinic/*/visits", "/clinic/7/visits", True),
        ("/clinic/*/visits", "/clinic/7/bills", False),
        ("/clinic/*/visits", "/clinic/7/8/visits", False),
        ("/clinic/**", "/clinic/", True),
        ("/clinic/**", "/clinic/x/y/z", True),
        ("/clinic/**", "/clinics/x", False),
        ("/clinic/patients/**", "/clinic/patients", False),
        ("/clinic/patients/**", "/clinic/patients/", True),
        ("/clinic/patients/**", "/clinic/patients/7/visits", True),
        ("/clinic/patients/**", "/clinic/patients-of-others/7", False),
        ("/clinic/*/**", "/clinic/7/x", True),
        ("/clinic/*/**", "/clinic//x", False),
        ("/clinic/a%40b", "/clinic/a@b", False),
    ],
)
def test_a_pattern_includes_what_it_says(pattern: str, path: str, included: bool) -> None:
    assert includes(pattern, path) is included


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://clinic/",
        "https://clinic.example/api/v1",
        "http://[::1]:8000/x/",
        "http://h/H%C3%A0",
    ],
)
def test_a_base_url_has_a_scheme_a_host_and_perhaps_a_path(url: str) -> None:
    assert wrong_in_base_url(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "", "h", "h:80", "//h/", "http:/h", "http://", "http:///x", "ftp://h/", "file:///etc/passwd", "HTTP://h/",
        "unix:/run/x", "http://u@h/", "http://u:secret@h/", "http://h@evil/", "http://h/?q=1", "http://h?",
        "http://h/#f", "http://h:0/", "http://h:99999/", "http://h:/", "http://h:x/", "http://h/a/../b", "http://h/a//b",
        "http://h/a b",
        "http://h/%2e%2e", "http://h/a;b", "http://h\\evil/", "http://h/é", "http://h/\n", "http://[::1/",
        "http://h/" + "x" * 500,
    ],
)  # fmt: skip
def test_a_wrong_base_url_is_refused_and_not_repeated(url: str) -> None:
    assert wrong_in_base_url(url)
    assert "secret" not in wrong_in_base_url(url)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://h/api", "/clinic/", "http://h/api"),
        ("http://h/api/", "/clinic/", "http://h/api/"),
        ("http://h/api", "/clinic/patients/7", "http://h/api/patients/7"),
        ("http://h/api/", "/clinic/patients/", "http://h/api/patients/"),
        ("http://h:8000", "/clinic/x", "http://h:8000/x"),
        ("http://h", "/clinic/@evil.example/", "http://h/@evil.example/"),
    ],
)
def test_a_path_is_joined_below_the_base_url(base: str, path: str, url: str) -> None:
    assert wrong_in_path(path) == ""
    assert joined(base, path) == url
