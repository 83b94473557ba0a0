"""Calls by the paths of ``google.api.http`` annotations."""

from typing import Any

import pytest
from google.protobuf import json_format

from gateway.rest.json_door.annotations import Route, Routes
from ndxp.contract import Contract
from ndxp.messages import WrongRequest
from tests.support import contracts
from tests.support.contracts import compiled

LIBRARY = "sample.library.v1.LibraryService"
ROUTES = Routes([Contract(compiled("library.proto"), LIBRARY)])


def found(verb: str, path: str) -> Route:
    route = ROUTES.find(verb, path)
    assert route is not None
    return route


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "method", "request_"),
    [
        ("GET", "/v1/shelves/a/books/b", [], None, "GetBook", {"name": "shelves/a/books/b"}),
        ("GET", "/v1/isbn/1", [("whole", "true")], None, "GetBook", {"isbn": "1", "whole": True}),
        ("DELETE", "/v1/isbn/1", [("isbn", "2")], None, "DeleteBook", {"name": "1", "isbn": "2"}),
        (
            "GET", "/v1/shelves/a/books",
            [("pageSize", "5"), ("kinds", "KIND_NOVEL"), ("kinds", "2"), ("filter.author", "x"),
             ("filter.old", "false"), ("lent", "true"), ("age", "3600s")],
            None, "ListBooks",
            {"shelf": "a", "pageSize": "5", "kinds": ["KIND_NOVEL", "2"], "filter": {"author": "x", "old": False},
             "lent": True, "age": "3600s"},
        ),
        ("GET", "/v1/shelves/a/books", [("page_size", "5")], None, "ListBooks", {"shelf": "a", "pageSize": "5"}),
        (
            "POST", "/v1/shelves/a/books", [("dry", "true")], {"name": "b"}, "CreateBook",
            {"shelf": "a", "book": {"name": "b"}, "dry": True},
        ),
        (
            "POST", "/v1/shelves/a/books/b:lend", [], {"member": "c", "long_time": True}, "LendBook",
            {"name": "shelves/a/books/b", "member": "c", "long_time": True},
        ),
        ("POST", "/v1/shelves/a/books/b:lend", [], None, "LendBook", {"name": "shelves/a/books/b"}),
        ("POST", "/v1/returned/a:b", [], None, "ReturnBook", {"name": "a:b"}),
        ("POST", "/v1/returned/a:undo", [], None, "ReturnBook", {"name": "returned/a"}),
        ("GET", "/v1/files/a/b", [], None, "GetFile", {"path": "a/b"}),
        ("GET", "/v1/files/index", [], None, "GetIndex", {}),
    ],
)  # fmt: skip
def test_an_annotated_path_means_a_method_and_its_request(
    verb: str, path: str, query: list[tuple[str, str]], body: Any, method: str, request_: dict[str, Any]
) -> None:
    route = found(verb, path)
    assert route.full_method == f"{LIBRARY}/{method}"
    assert route.request(query, body) == request_
    kind = contracts.Contract("library.proto", LIBRARY).message(route.method.input_type.name)
    json_format.ParseDict(request_, kind())


@pytest.mark.parametrize(
    ("verb", "path"),
    [("PUT", "/v1/isbn/1"), ("GET", "/v1"), ("GET", "/"), ("GET", ""), ("GET", "/v1/watched"), ("GET", "/v1/broken/a"),
     ("GET", f"/{LIBRARY}/GetBook"), ("GET", "/v1/shelves/a%2Fbooks")],
)  # fmt: skip
def test_any_other_path_means_nothing(verb: str, path: str) -> None:
    assert ROUTES.find(verb, path) is None


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "says"),
    [
        ("GET", "/v1/isbn/1", [("whole", "yes")], None, "whole must be true or false"),
        ("GET", "/v1/isbn/1", [("isbn", "2")], None, "there is no 'isbn' for the query; there are name, whole"),
        ("GET", "/v1/isbn/1", [("name", "a"), ("name", "b")], None, "name is there twice"),
        ("GET", "/v1/isbn/1", [], {}, "takes no body here"),
        ("GET", "/v1/shelves/a/books", [("filter", "x")], None, "there is no 'filter'"),
        ("GET", "/v1/shelves/a/books", [("filter.other.author", "x")], None, "there is no 'filter.other.author'"),
        ("POST", "/v1/shelves/a/books", [("book", "x")], {}, "there is no 'book' for the query; there are dry"),
        ("POST", "/v1/shelves/a/books/b:lend", [], [], "a message is a JSON object"),
        ("POST", "/v1/shelves/a/books/b:lend", [("member", "x")], {}, "takes nothing in the query: 'member'"),
        ("POST", "/v1/shelves/a/books/b:lend", [], {"name": "x"}, "name is there twice"),
    ],
)
def test_what_a_path_does_not_take_is_refused_by_its_name(
    verb: str, path: str, query: list[tuple[str, str]], body: Any, says: str
) -> None:
    route = found(verb, path)
    with pytest.raises(WrongRequest, match=says):
        route.request(query, body)


def test_a_path_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(WrongRequest, match="not UTF-8"):
        ROUTES.find("GET", "/v1/isbn/%ff")


def test_the_answer_is_the_part_that_the_annotation_names() -> None:
    books = [{"name": "a"}]
    assert found("GET", "/v1/shelves/a/books").answer({"books": books}) == books
    assert found("GET", "/v1/isbn/1").answer({"name": "a"}) == {"name": "a"}
