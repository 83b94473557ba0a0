"""The body of a request: read and unpacked within limits, and of a stranger not much of it.

The gateway decides about a call by its header. Meanwhile the door reads ``_OF_ANYBODY`` bytes at most, and more, or a
compressed body, only for a token that holds.
"""

import asyncio
import zlib
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from gateway.rest.failures import wrong
from gateway.rest.known import Known
from gateway.settings import RestSettings
from ndxp.messages import WrongRequest
from ndxp.rpc import StreamedRpc
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair

_OF_ANYBODY = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Bodies:
    """Reads bodies for the doors."""

    def __init__(self, known: Known, settings: RestSettings) -> None:
        self._known = known
        self._most = settings.max_message_bytes
        self._patience = settings.body_patience

    async def read(self, rpc: StreamedRpc, receive: Receive, pairs: Sequence[Pair]) -> bytes | None:
        """The body of the request; None when the gateway has answered before it was there. Raises Failed."""
        first = await receive()
        body = bytes(first.get("body", b""))
        if not first.get("more_body", False):
            return body
        reading = asyncio.create_task(self._rest(body, receive, pairs))
        refused = asyncio.create_task(rpc.begun())
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.wait((reading, refused), return_when=asyncio.FIRST_COMPLETED)
                return None if refused.done() else reading.result()
        except TimeoutError:
            raise wrong(f"the body was not there within {self._patience:g} s") from None
        finally:
            for task in (reading, refused):
                task.cancel()

    def unpack(self, body: bytes, encoding: str, pairs: Sequence[Pair]) -> bytes:
        """The body without its compression, which may be gzip. Raises WrongRequest."""
        if encoding == "identity":
            return body
        if encoding != "gzip":
            raise WrongRequest(f"the encoding {encoding[:100]!r} is not offered: send identity or gzip")
        if not self.trusts(pairs):
            raise WrongRequest("a compressed body is opened only for a token that holds")
        opener = zlib.decompressobj(_GZIP)
        try:
            opened = opener.decompress(body, self._most)
        except zlib.error as error:
            raise WrongRequest("the body is not gzip") from error
        if not opener.eof:
            more = "is larger than" if opener.unconsumed_tail else "ends early, before"
            raise WrongRequest(f"the body, unpacked, {more} {self._most} bytes")
        return opened

    async def _rest(self, body: bytes, receive: Receive, pairs: Sequence[Pair]) -> bytes:
        trusted = self.trusts(pairs)
        most = self._most if trusted else _OF_ANYBODY
        parts, size, more = [body], len(body), True
        while more:
            if size > most and not trusted:
                await asyncio.Event().wait()  # for the gateway's refusal
            if size > most:
                raise wrong(f"the body is larger than {most} bytes")
            message = await receive()
            if message["type"] == "http.disconnect":
                raise wrong("the caller has gone")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
        return b"".join(parts)

    def trusts(self, pairs: Sequence[Pair]) -> bool:
        """Whether a call carries a token that holds, so that its body is read; the gateway decides about the call."""
        return self._known.trusts(str(metadata.first(pairs, metadata.AUTHORIZATION)))


def without_body(receive: Receive) -> Receive:
    """What a call without a body receives: an empty body, then what ``receive`` has, such as that the caller goes."""
    begun = False

    async def events() -> Message:
        nonlocal begun
        if begun:
            return await receive()
        begun = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return events


def media_type(headers: Headers) -> str:
    """The content type of a body, without parameters and in lower case; empty when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
