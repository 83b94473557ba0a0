"""The body of a request: read and unpacked within limits, and of a stranger not much of it.

The gateway decides about a call by its header. Meanwhile the door reads ``_OF_ANYBODY`` bytes at most, and more, or a
compressed body, only for a token that holds.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from gateway.rest.failures import refused, wrong
from gateway.rest.known import Known
from gateway.settings import RestSettings
from ndxp.errors import Reason
from ndxp.messages import WrongRequest
from ndxp.rpc import StreamedRpc
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair

_OF_ANYBODY = 64 * 1024
_LARGEST_AT_ONCE = 4
"""So many bodies of the largest size may be there of one caller at once."""

_GZIP = 16 + zlib.MAX_WBITS


class Bodies:
    """Reads bodies for the doors."""

    def __init__(self, known: Known, settings: RestSettings) -> None:
        self._known = known
        self._most = settings.max_message_bytes
        self._patience = settings.body_patience
        self._held = Counter[str]()  # bytes, by caller

    @asynccontextmanager
    async def read(self, rpc: StreamedRpc, receive: Receive, pairs: Sequence[Pair]) -> AsyncIterator[bytes | None]:
        """The body of the request; None when the gateway has answered before it was there. Raises Failed.

        It counts as its caller's until the block is left.
        """
        first = await receive()
        body = bytes(first.get("body", b""))
        if not first.get("more_body", False):
            yield body
            return
        part = _Part(self._held, self.caller(pairs), _LARGEST_AT_ONCE * self._most)
        try:
            yield await self._whole(rpc, body, receive, part)
        finally:
            part.release()

    async def _whole(self, rpc: StreamedRpc, body: bytes, receive: Receive, part: "_Part") -> bytes | None:
        reading = asyncio.create_task(self._rest(body, receive, part))
        begun = asyncio.create_task(rpc.begun())
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.wait((reading, begun), return_when=asyncio.FIRST_COMPLETED)
                return None if begun.done() else reading.result()
        except TimeoutError:
            raise wrong(f"the body was not there within {self._patience:g} s") from None
        finally:
            for task in (reading, begun):
                task.cancel()
            await asyncio.gather(reading, begun, return_exceptions=True)

    def unpack_each(self, bodies: Iterable[tuple[bytes, str]], pairs: Sequence[Pair]) -> Iterator[bytes]:
        """The messages of one body without compression. Raises WrongRequest, also when they are too large together."""
        size = 0
        for body, encoding in bodies:
            opened = self.unpack(body, encoding, pairs)
            size += len(opened)
            if size > self._most:
                raise WrongRequest(f"the messages, unpacked, are larger than {self._most} bytes together")
            yield opened

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
        if opener.unused_data:
            raise WrongRequest("something follows the compressed body")
        return opened

    async def _rest(self, body: bytes, receive: Receive, part: "_Part") -> bytes:
        most = self._most if part.caller else _OF_ANYBODY
        parts, size, more = [body], len(body), True
        while more:
            if size > most and not part.caller:
                await asyncio.Event().wait()  # for the gateway's refusal
            if size > most:
                raise wrong(f"the body is larger than {most} bytes")
            message = await receive()
            if message["type"] == "http.disconnect":
                raise wrong("the caller has gone")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if part.caller:
                part.grow(len(parts[-1]))
            more = message.get("more_body", False)
        return b"".join(parts)

    def trusts(self, pairs: Sequence[Pair]) -> bool:
        """Whether a call carries a token that holds, so that its body is read; the gateway decides about the call."""
        return bool(self.caller(pairs))

    def caller(self, pairs: Sequence[Pair]) -> str:
        """The subsystem whose token a call carries, empty when it does not hold."""
        return self._known.caller(str(metadata.first(pairs, metadata.AUTHORIZATION)))


class _Part:
    """What one body has of the bytes that its ``caller`` may have here at once, which are ``most``."""

    def __init__(self, held: Counter[str], caller: str, most: int) -> None:
        self.caller = caller
        self._held = held
        self._most = most
        self._size = 0

    def grow(self, size: int) -> None:
        """Adds bytes. Raises Failed (OVERLOADED) when there is no room."""
        self._size += size
        self._held[self.caller] += size
        if self._held[self.caller] > self._most:
            raise refused(Reason.OVERLOADED, f"bodies of {self.caller} hold more than {self._most} bytes at this door")

    def release(self) -> None:
        """The body is not there any more."""
        self._held[self.caller] -= self._size
        if not self._held[self.caller]:
            del self._held[self.caller]


class BodyRefused(Exception):
    """A small body cannot be read; the text says why, ``status`` is the HTTP status for it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def read_small(request: Request, most: int, patience: float, what: str = "body") -> bytes:
    """The body of a request that is needed before a call is made. Raises BodyRefused; ``patience`` is in seconds."""
    body = b""
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise BodyRefused(413, f"the {what} is larger than {most} bytes")
    except TimeoutError:
        raise BodyRefused(408, f"the {what} was not there within {patience:g} s") from None
    except ClientDisconnect:
        raise BodyRefused(400, "the caller has gone") from None
    return body


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
