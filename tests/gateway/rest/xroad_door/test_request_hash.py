"""The hash of a request: with and without a body, and only of what was read."""

from base64 import b64encode
from hashlib import sha512
from typing import Any

import pytest
from starlette.requests import Request

from gateway.rest.xroad_door.request_hash import HashedRequest

FIELDS = [
    (b"host", b"door"), (b"x-road-client", b"VN/GOV/H26/one-stop"), (b"authorization", b"Bearer secret"),
    (b"x-forwarded-for", b"10.0.0.1"), (b"x-road-request-id", b"the caller's own"), (b"x-road-issue", "Đ".encode()),
]  # fmt: skip
HEAD = b"GET\r\n/r1/a%20b\r\nx-road-client:VN/GOV/H26/one-stop\r\nx-road-issue:\xc4\x90\r\nx-road-request-id:7\r\n"


def asked(*parts: bytes, whole: bool = True) -> HashedRequest:
    events = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if whole:
        events.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return events.pop(0)

    scope = {"type": "http", "method": "GET", "raw_path": b"/r1/a%20b", "query_string": b"", "headers": FIELDS}
    return HashedRequest(Request(scope, receive))


async def read(request: HashedRequest, events: int) -> str | None:
    for _ in range(events):
        await request.receive()
    return request.value([("x-road-request-id", "7")])


async def test_without_a_body_only_the_head_is_hashed() -> None:
    assert await read(asked(), 1) == b64encode(sha512(HEAD).digest()).decode()


@pytest.mark.parametrize("parts", [[b"abcdef"], [b"abc", b"def"]])
async def test_a_body_is_hashed_while_it_is_read(parts: list[bytes]) -> None:
    both = sha512(HEAD).digest() + sha512(b"abcdef").digest()
    assert await read(asked(*parts), len(parts) + 1) == b64encode(sha512(both).digest()).decode()


async def test_there_is_no_hash_of_half_a_request() -> None:
    assert await read(asked(b"abc", whole=False), 1) is None
