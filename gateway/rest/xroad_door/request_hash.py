"""``X-Road-Request-Hash``: what ties an answer to its request."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha512

from starlette.requests import Request
from starlette.types import Message

_HASHED = ("x-road-", "x-govstack-", "x-ndxp-")
_NOT_FROM_CALLER = frozenset({"x-road-request-id", "x-road-request-hash"})


class HashedRequest:
    """Computes the hash of a request while its body is read, so that nobody keeps the body for it.

    The hash is base64(SHA512(SHA512(head) + SHA512(body))), or base64(SHA512(head)) without a body. The head is, with
    CRLF after each: the HTTP method; path and query as they were sent; and ``name:value`` for some header fields,
    with the name in lower case and no space after the colon. These are ``content-type``, ``x-road-*``,
    ``x-govstack-*`` and ``x-ndxp-*`` as they were sent and in their order (without ``x-road-request-id`` and
    ``x-road-request-hash``), then ``x-road-id`` if the exchange made it, and ``x-road-request-id`` last.

    X-Road hashes all header fields except those about one connection. Here credentials and what proxies add are left
    out too: who checks a hash years later has neither.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body = sha512()
        self._has_body = self._ended = False

    async def receive(self) -> Message:
        """The next event of the request, as ASGI has it."""
        event = await self._request.receive()
        if event["type"] == "http.request":
            if body := event.get("body", b""):
                self._has_body = True
                self._body.update(body)
            self._ended = not event.get("more_body", False)
        return event

    def value(self, added: Iterable[tuple[str, str]]) -> str | None:
        """The hash, with the fields that the exchange has added; None unless the whole body was read."""
        if not self._ended:
            return None
        whole = sha512(self._head(added))
        if self._has_body:
            whole = sha512(whole.digest() + self._body.digest())
        return b64encode(whole.digest()).decode()

    def _head(self, added: Iterable[tuple[str, str]]) -> bytes:
        scope = self._request.scope
        query = scope.get("query_string", b"")
        lines = [scope["method"].encode(), scope["raw_path"] + (b"?" + query if query else b"")]
        fields = [(name, value) for name, value in self._request.headers.items() if _is_hashed(name)]
        lines += [f"{name}:{value}".encode("latin-1") for name, value in (*fields, *added)]
        return b"".join(line + b"\r\n" for line in lines)


def _is_hashed(name: str) -> bool:
    return name == "content-type" or (name.startswith(_HASHED) and name not in _NOT_FROM_CALLER)
