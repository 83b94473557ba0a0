"""HTTP requests to REST services: one connection pool, nothing followed, nothing remembered, nothing repeated."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.rest.rest_services.fields import Fields
from ndxp.errors import AgencyError, Code, invalid_argument

if TYPE_CHECKING:  # httpx takes 5 MB: it is imported when a service is called
    import httpx

CHUNK = 64 * 1024
"""The most bytes of a body in one message."""

_CONNECT = 5.0
"""Seconds for a connection to a service. The rest of a call is limited by its deadline only."""

_AT_ONCE = 200
"""Requests at once to one service, so that a slow one leaves room for the others."""

_IDLE = 2.0
"""Seconds for which an idle connection is kept: less than servers do, which may end it just when a request comes."""

_QUERY = re.compile(r"[!$-~]{0,8000}")
_TIMEOUT = {"connect": _CONNECT, "read": None, "write": None, "pool": None}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a service; the body is read from the service as the reader goes on."""

    status: int
    fields: Fields
    body: AsyncIterator[bytes]


class Target:
    """Sends requests to services by URL; ``most_bytes`` is the size of a body that passes, in either direction.

    It uses httpx's transport directly: a client would keep cookies of one caller for the next one.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._under_way: Counter[str] = Counter()

    async def close(self) -> None:
        """Closes all connections."""
        if self._transport is not None:
            await self._transport.aclose()

    def _opened(self) -> "httpx.AsyncHTTPTransport":
        """The connections. The first request makes them: it takes 50 ms to read the public authorities."""
        import httpx

        if self._transport is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=_AT_ONCE, keepalive_expiry=_IDLE)
            self._transport = httpx.AsyncHTTPTransport(trust_env=False, limits=limits)
        return self._transport

    @asynccontextmanager
    async def ask(
        self, verb: str, url: str, query: str, fields: Fields, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[Answer]:
        """Makes a request. Raises AgencyError when it cannot be made or the answer does not come whole."""
        import httpx

        if not _QUERY.fullmatch(query):
            message = "the query must be printable ASCII without spaces, quotes and #, 8,000 characters at most"
            raise invalid_argument("QUERY_REFUSED", message, "head.query")
        stated = next((int(value) for name, value in fields if name == "content-length"), None)
        if body is None and stated:
            raise _not_as_stated()
        request = _request(verb, url, query, fields, None if body is None else self._counted(body, stated))
        origin = f"{request.url.host}:{request.url.port}"
        if self._under_way[origin] >= _AT_ONCE:
            raise AgencyError(Code.UNAVAILABLE, "SERVICE_BUSY", f"{_AT_ONCE} requests are under way to this service")
        self._under_way[origin] += 1
        try:
            answer = await self._opened().handle_async_request(request)
            try:
                yield Answer(answer.status_code, _fields(answer), self._received(answer))
            finally:
                await answer.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise AgencyError(Code.UNAVAILABLE, "SERVICE_UNREACHABLE", "the REST service cannot be reached") from error
        except httpx.TransportError as error:
            message = "the connection to the REST service broke before its answer was whole"
            raise AgencyError(Code.UNAVAILABLE, "SERVICE_BROKE_OFF", message) from error
        finally:
            self._under_way[origin] -= 1
            if not self._under_way[origin]:
                del self._under_way[origin]

    async def _counted(self, body: AsyncIterator[bytes], stated: int | None) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in body:
            size += len(chunk)
            self._check(size, "request")
            if stated is not None and size > stated:
                raise _not_as_stated()
            yield chunk
        if stated is not None and size < stated:
            raise _not_as_stated()

    async def _received(self, answer: "httpx.Response") -> AsyncIterator[bytes]:
        size = 0
        async for data in answer.aiter_raw():
            size += len(data)
            self._check(size, "answer")
            yield data

    def _check(self, size: int, what: str) -> None:
        if size > self._most:
            message = f"the body of the {what} has more than {self._most} bytes"
            raise AgencyError(Code.RESOURCE_EXHAUSTED, "BODY_TOO_LARGE", message)


def _not_as_stated() -> AgencyError:
    message = "the body of the request does not have the length that content-length states"
    return invalid_argument("LENGTH_WRONG", message, "chunk")


def _request(verb: str, url: str, query: str, fields: Fields, body: AsyncIterator[bytes] | None) -> "httpx.Request":
    """The request with exactly this URL: httpx would write some characters in another way."""
    import httpx

    at = httpx.URL(url)
    path = url.split("/", 3)[3] if url.count("/") > 2 else ""
    target = f"/{path}?{query}" if query else f"/{path}"
    headers = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    return httpx.Request(
        verb, at.copy_with(raw_path=b"/"), headers=headers, content=body,
        extensions={"timeout": _TIMEOUT, "target": target.encode()},
    )  # fmt: skip


def _fields(answer: "httpx.Response") -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw]
