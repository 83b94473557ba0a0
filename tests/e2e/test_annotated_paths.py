"""A provider whose contract names HTTP paths is called by them, through the doors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import httpx
import pytest
from grpc_reflection.v1alpha import reflection

from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.e2e.conftest import VISITOR, learnt, register, transaction
from tests.support.contracts import Contract
from tests.support.fakes import until_now

LIBRARY = Contract("library.proto", "sample.library.v1.LibraryService")
PROVIDER = "VN/COM/sample/echo"
Book: Any = LIBRARY.message("Book")


class Library:
    """Answers with what it was asked."""

    def GetBook(self, request: Any, _: grpc.ServicerContext) -> Any:
        return Book(name=request.name or request.isbn)

    def CreateBook(self, request: Any, _: grpc.ServicerContext) -> Any:
        return Book(name=f"{request.shelf}/{request.book.name}")

    def ListBooks(self, request: Any, _: grpc.ServicerContext) -> Any:
        return LIBRARY.message("ListBooksResponse")(books=[Book(name=request.shelf)])


@pytest.fixture(scope="module")
def web(members: RunningExchange) -> Iterator[httpx.Client]:
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((LIBRARY.handler(Library()),))
    reflection.enable_server_reflection([LIBRARY.name], server, LIBRARY.pool)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    register(members, PROVIDER, LIBRARY.name, f"127.0.0.1:{port}")
    grant = {"id": "library", "consumer": VISITOR, "provider": PROVIDER, "contract": LIBRARY.name, "methods": ["*"]}
    members.admin.post("grants", json=grant).raise_for_status()
    until_now(lambda: learnt(members, LIBRARY.name))
    until_now(lambda: life.same_registry(members.state))
    headers = {"authorization": f"Bearer {members.tokens(VISITOR).blocking()}"}
    with httpx.Client(base_url=members.rest_url, headers=headers, timeout=60) as http:
        until_now(lambda: http.get("/v1/isbn/1").is_success)
        yield http
    server.stop(None).wait()


def test_paths_queries_and_bodies_become_the_request(members: RunningExchange, web: httpx.Client) -> None:
    found = web.get("/v1/shelves/a/books/b").raise_for_status()
    assert found.json()["name"] == "shelves/a/books/b"
    assert web.post("/v1/shelves/a/books?dry=true", json={"name": "b"}).raise_for_status().json()["name"] == "a/b"
    assert [book["name"] for book in web.get("/v1/shelves/a/books").raise_for_status().json()] == ["a"]
    (record,) = [
        each for each in transaction(members, found.headers["x-ndxp-transaction-id"]) if each["phase"] == "outcome"
    ]
    assert record["method"] == f"{LIBRARY.name}/GetBook"


@pytest.mark.parametrize(
    ("verb", "path", "code"),
    [
        ("GET", "/v1/nowhere", 404),
        ("PUT", "/v1/isbn/1", 404),
        ("GET", "/v1/shelves/a/books?nonsense=1", 400),
        ("GET", "/v1/shelves/a/books?pageSize=x", 400),
        ("GET", "/v1/isbn/%ff", 400),
        ("POST", "/v1/shelves/a/books/b:lend", 501),  # this library does not lend
    ],
)
def test_what_does_not_fit_is_a_problem(web: httpx.Client, verb: str, path: str, code: int) -> None:
    answer = web.request(verb, path)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
