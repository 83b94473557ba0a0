"""Requests are counted by the function that answers and by status, whatever a client makes up."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.http.requests import Counting, Requests


async def greet(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.path_params['name']}", 201)


class Office:
    async def answer(self, _: Request) -> Response:
        return PlainTextResponse("one moment")


async def fail(_: Request) -> Response:
    raise RuntimeError("a fault of ours")


async def test_each_answer_counts_once_and_no_path_becomes_a_label() -> None:
    requests = Requests("sample_requests", "Requests of a test.")
    application = Starlette(
        routes=[Route("/greet/{name}", greet), Route("/office", Office().answer), Route("/fail", fail)],
        middleware=[Middleware(Counting, requests=requests)],
    )
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        for path in ("/greet/one", "/greet/two", "/office", "/fail", "/made/up"):
            await http.get(path)
        await http.post("/greet/three")
    [family] = requests.collect()
    counted = {
        (s.labels["operation"], s.labels["status"]): s.value for s in family.samples if s.name.endswith("_total")
    }
    assert counted == {
        ("greet", "201"): 2,
        ("greet", "405"): 1,
        ("Office.answer", "200"): 1,
        ("fail", "500"): 1,
        ("", "404"): 1,
    }


async def test_a_fault_reaches_the_server_all_the_same() -> None:
    application = Counting(Starlette(routes=[Route("/fail", fail)]), Requests("sample_requests", "Of a test."))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as http:
        with pytest.raises(RuntimeError, match="a fault of ours"):
            await http.get("/fail")
