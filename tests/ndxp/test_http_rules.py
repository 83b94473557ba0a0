"""Paths of ``google.api.http`` annotations."""

import pytest

from ndxp.http_rules import Template


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/v1/books", "/v1/books", {}),
        ("/v1/books", "/v1/books/", None),
        ("/v1/books", "v1/books", None),
        ("/v1/books", "", None),
        ("/v1/*/books", "/v1/x/books", {}),
        ("/v1/*/books", "/v1//books", None),
        ("/v1/{id}", "/v1/a", {"id": "a"}),
        ("/v1/{id}", "/v1/a:b", {"id": "a:b"}),
        ("/v1/{id}", "/v1/", None),
        ("/v1/{id}", "/v1/a/b", None),
        ("/v1/{id}", "/v1/a%2Fb%20%C4%91", {"id": "a/b đ"}),
        ("/v1/{id}", "/V1/a", None),
        ("/v1/{a.b}/{c}", "/v1/x/y", {"a.b": "x", "c": "y"}),
        ("/v1/{name=shelves/*/books/*}", "/v1/shelves/a/books/b%2fc%20d", {"name": "shelves/a/books/b%2fc d"}),
        ("/v1/{name=shelves/*/books/*}", "/v1/shelves/a/book/b", None),
        ("/v1/{name=shelves/*}/all", "/v1/shelves/a/all", {"name": "shelves/a"}),
        ("/v1/{id}:lend", "/v1/a:lend", {"id": "a"}),
        ("/v1/{id}:lend", "/v1/a:give", None),
        ("/v1/{id}:lend", "/v1/a", None),
        ("/v1/{path=**}", "/v1/a/b%2Fc/d", {"path": "a/b%2Fc/d"}),
        ("/v1/{path=**}", "/v1", {"path": ""}),
        ("/v1/{path=**}", "/v2/a", None),
        ("/v1/{path=a/**}", "/v1/a/b/c", {"path": "a/b/c"}),
    ],
)
def test_a_path_fits_a_template_or_not(template: str, path: str, values: dict[str, str] | None) -> None:
    assert Template.parse(template).match(path) == values


@pytest.mark.parametrize(
    "text", ["", "v1", "/", "/v1/", "/v1//a", "/v1/{", "/v1/{a", "/v1/{a}b", "/v1/{a=}", "/v1/{a={b}}", "/v1/**/a",
             "/v1/a*", "/v1/{a=***}", "/v1/{a b}", "/v1/{1}"],
)  # fmt: skip
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no path|wrong segment|\*\* before"):
        Template.parse(text)


def test_what_is_no_utf_8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        Template.parse("/v1/{id}").match("/v1/%ff")
