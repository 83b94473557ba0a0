"""Which web pages may call, by setting."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway.http.requests import Requests
from gateway.rest import app
from tests.gateway.rest.conftest import VERIFY

PAGE = "https://app.example"


@pytest.mark.parametrize(("origins", "allowed"), [([], None), ([PAGE], PAGE), (["https://other.example"], None)])
async def test_only_a_page_whose_origin_is_named_may_call(origins: list[str], allowed: str | None) -> None:
    calls: Any = SimpleNamespace(known=SimpleNamespace(snapshot=SimpleNamespace(version=1)))
    doors = app.create(calls, Requests("test_requests", "For a test."), names=["doors"], origins=origins, doors=[])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(doors), base_url="http://doors") as web:
        asked = await web.options(VERIFY, headers={"origin": PAGE, "access-control-request-method": "POST"})
        seen = await web.get("/healthz", headers={"origin": PAGE})
    assert asked.headers.get("access-control-allow-origin") == allowed
    assert seen.headers.get("access-control-allow-origin") == allowed
    if allowed:
        assert "x-ndxp-transaction-id" in seen.headers["access-control-expose-headers"]
