"""One call to the data plane, as every door makes it: header first, then the body, if the gateway has not refused it.

The gateway decides by the header. A body of more than ``_UNKNOWN`` bytes is read only for a token that holds, so that
nothing of a stranger is kept.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from starlette.datastructures import Headers
from starlette.types import Receive

from gateway.rest.known import Known
from gateway.rest.traffic import Traffic
from gateway.settings import RestSettings
from ndxp.errors import Code, Reason
from ndxp.messages import WrongRequest
from ndxp.rpc import Answer, Lanes, StreamedRpc
from ndxp.wire import metadata, status
from ndxp.wire.metadata import Pair

_UNKNOWN = 64 * 1024
_VERDICT = 5.0
"""Seconds that the gateway gets to refuse a call whose body cannot be translated; it usually takes a millisecond."""

_PASSED_ON = frozenset({metadata.AUTHORIZATION, metadata.TRACEPARENT, "tracestate", "baggage"})
"""Header fields that become metadata, besides ``x-ndxp-*``. Cookies and the like are between a caller and the door."""

_MILLISECONDS = re.compile(r"\d{1,10}", re.ASCII)

Translate: TypeAlias = Callable[[bytes], Sequence[bytes]]
"""From the body of a request to encoded messages; raises WrongRequest."""


class Failed(Exception):
    """A call has failed, as ``failure`` says; ``trailing`` is the metadata that came with it."""

    def __init__(self, failure: status.Failure, trailing: Sequence[Pair] = ()) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.trailing = trailing

    @classmethod
    def of(cls, answer: Answer) -> "Failed":
        """The failure that an answer tells of."""
        return cls(status.read(answer.code, answer.text, answer.trailing), answer.trailing)


class Calls:
    """Makes calls for the doors."""

    def __init__(self, lanes: Lanes, known: Known, settings: RestSettings, traffic: Traffic) -> None:
        self._lanes = lanes
        self._settings = settings
        self._traffic = traffic
        self.known = known

    def pairs(self, headers: Headers) -> list[Pair]:
        """The metadata of a call whose request has these header fields, with its deadline. Raises Failed."""
        found: list[Pair] = [(k, v) for k, v in headers.items() if k.startswith(metadata.PREFIX) or k in _PASSED_ON]
        if (stated := headers.get("connect-timeout-ms")) is not None:
            if not _MILLISECONDS.fullmatch(stated):
                raise _wrong("connect-timeout-ms must be a number of milliseconds, of at most ten digits")
            found.append(("grpc-timeout", f"{stated}m" if len(stated) <= 8 else f"{int(stated) // 1000}S"))
        elif (stated := headers.get("grpc-timeout")) is not None:
            found.append(("grpc-timeout", stated))
        return found

    @asynccontextmanager
    async def begun(
        self, method: str, pairs: Sequence[Pair], receive: Receive, translate: Translate
    ) -> AsyncIterator[StreamedRpc]:
        """A call of "package.Service/Method" whose request is sent. Raises Failed when it cannot be made.

        The call is cancelled when the caller goes away, and when the block is left before its end.
        """
        described = self.known.method(method)
        with self._traffic.begin(method, described, pairs) as passage:
            try:
                rpc = await self._lanes.stream(f"/{method}", passage.onward(pairs))
            except ConnectionError as error:
                passage.answer = Answer(Code.UNAVAILABLE)
                failure = status.Failure(
                    Code.UNAVAILABLE, str(error), Reason.PROVIDER_UNREACHABLE, "door", "see `ndxp status`; try again"
                )
                raise Failed(failure) from error
            leaving = None
            try:
                if described is None:
                    raise await _refused(rpc) or _unknown(method)
                body = await self._body(rpc, receive, pairs)
                if body is not None:
                    await _send(rpc, body, translate, single=not described.client_streaming)
                leaving = asyncio.create_task(_leave(rpc, receive))
                yield rpc
            finally:
                if leaving is not None:
                    leaving.cancel()
                rpc.cancel()
                passage.answer = replace(rpc.answer or passage.answer, leading=rpc.leading)

    async def ask(self, method: str, pairs: Sequence[Pair], receive: Receive, translate: Translate) -> Answer:
        """The whole answer of a call. Raises Failed when the call fails, and for an answer that is too large."""
        async with self.begun(method, pairs, receive, translate) as rpc:
            messages = [message async for message in rpc.messages()]
            return replace(ended(rpc), messages=messages, leading=rpc.leading)

    async def _body(self, rpc: StreamedRpc, receive: Receive, pairs: Sequence[Pair]) -> bytes | None:
        """The body of the request; None when the gateway has answered before it was there."""
        first = await receive()
        body = first.get("body", b"")
        if not first.get("more_body", False):
            return bytes(body)
        reading = asyncio.create_task(self._rest(body, receive, pairs))
        refused = asyncio.create_task(rpc.begun())
        try:
            async with asyncio.timeout(self._settings.body_patience):
                await asyncio.wait((reading, refused), return_when=asyncio.FIRST_COMPLETED)
                return None if refused.done() else reading.result()
        except TimeoutError:
            raise _wrong(f"the body was not there within {self._settings.body_patience:g} s") from None
        finally:
            for task in (reading, refused):
                task.cancel()

    async def _rest(self, body: bytes, receive: Receive, pairs: Sequence[Pair]) -> bytes:
        authorization = next((str(value) for key, value in pairs if key == metadata.AUTHORIZATION), "")
        trusted = bool(self.known.caller(authorization))
        most = self._settings.max_message_bytes if trusted else _UNKNOWN
        parts, size, more = [body], len(body), True
        while more:
            if size > most:
                if not trusted:
                    await asyncio.Event().wait()  # the gateway refuses the call
                raise _wrong(f"the body is larger than {most} bytes")
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _wrong("the caller has gone")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
        return b"".join(parts)


def ended(rpc: StreamedRpc) -> Answer:
    """The end of a call whose messages were read. Raises Failed unless it has succeeded."""
    answer = rpc.answer or Answer(Code.CANCELLED)
    if answer.code is not Code.OK:
        raise Failed.of(answer)
    return answer


async def _send(rpc: StreamedRpc, body: bytes, translate: Translate, *, single: bool) -> None:
    """Sends the messages of a body.

    For a body that cannot be translated the gateway gets no message: it then refuses a call of a ``single`` message,
    and records it.
    """
    try:
        messages = translate(body)
    except WrongRequest as error:
        if not single:
            raise _wrong(str(error)) from error
        rpc.finish()
        said = await _refused(rpc)
        if said is not None and said.failure.reason != Reason.REQUEST_MALFORMED:
            raise said from error
        raise _wrong(str(error), said.failure.transaction_id if said is not None else "") from error
    for message in messages:
        await rpc.send(message)
    rpc.finish()


async def _refused(rpc: StreamedRpc) -> Failed | None:
    """Waits for the gateway's refusal of a call without a body; None when it does not come."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_VERDICT):
            await rpc.begun()
    return None if rpc.answer is None else Failed.of(rpc.answer)


def _unknown(method: str) -> Failed:
    return Failed(
        status.Failure(
            Code.UNAVAILABLE, f"the door cannot translate {method[:200]} yet: its provider has not described it",
            Reason.PROVIDER_UNREACHABLE, "door", "see `ndxp services`; try again in a second", retry_after=1,
        )
    )  # fmt: skip


def _wrong(why: str, transaction: str = "") -> Failed:
    return Failed(
        status.Failure(
            Code.INVALID_ARGUMENT, why, Reason.REQUEST_MALFORMED, "door",
            "send one JSON object as `ndxp services describe METHOD` shows it", transaction_id=transaction,
            message_vi="Yêu cầu không đúng định dạng của dịch vụ.",
        )
    )  # fmt: skip


async def _leave(rpc: StreamedRpc, receive: Receive) -> None:
    """Cancels the call when its caller goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    rpc.cancel()
