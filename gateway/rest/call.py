"""One call to the data plane, as every door makes it: the header first, then the body, unless the gateway refuses."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias
from weakref import WeakValueDictionary

from starlette.datastructures import Headers
from starlette.types import Receive

from gateway.rest.bodies import Bodies
from gateway.rest.failures import Failed, refused, wrong
from gateway.rest.known import Known
from gateway.rest.traffic import Traffic
from gateway.settings import RestSettings
from ndxp.errors import Code, Reason
from ndxp.messages import WrongRequest
from ndxp.rpc import Answer, Lanes, StreamedRpc
from ndxp.wire import metadata, status
from ndxp.wire.metadata import Pair

_SMALL = 512
"""Bytes of a body that is translated at once: unpacked, it has a thousand times as many at most. For a larger one the
loop would not serve other callers for seconds."""

_TRANSLATORS = 4
"""Threads that translate larger bodies."""

_TOGETHER = 100
"""Messages that are sent at once."""

_VERDICT = 5.0
"""Seconds that the gateway gets to refuse a call whose body cannot be translated; it usually takes a millisecond."""

_MOST_METADATA, _MOST_PAIRS = 32 * 1024, 100
"""What a call may have of metadata: bytes, as HTTP/2 counts them, and pairs. The gateway refuses less than this too,
and for far more it ends the connection, with the calls of other callers on it."""

_PASSED_ON = frozenset({metadata.AUTHORIZATION, metadata.TRACEPARENT, "tracestate", "baggage"})
"""Header fields that become metadata, besides ``x-ndxp-*``. Cookies and the like are between a caller and the door."""

_MILLISECONDS = re.compile(r"\d{1,10}", re.ASCII)

Translate: TypeAlias = Callable[[bytes], Sequence[bytes]]
"""From the body of a request to encoded messages; raises WrongRequest."""


class Calls:
    """Makes calls for the doors."""

    def __init__(self, lanes: Lanes, known: Known, settings: RestSettings, traffic: Traffic) -> None:
        self._lanes = lanes
        self._traffic = traffic
        self.known = known
        self.bodies = Bodies(known, settings)
        self._translators = ThreadPoolExecutor(_TRANSLATORS, "translator")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def pairs(self, headers: Headers) -> list[Pair]:
        """The metadata of a call whose request has these header fields, with its deadline. Raises Failed."""
        found: list[Pair] = [(k, v) for k, v in headers.items() if k.startswith(metadata.PREFIX) or k in _PASSED_ON]
        if (stated := headers.get("connect-timeout-ms")) is not None:
            if not _MILLISECONDS.fullmatch(stated):
                raise wrong("connect-timeout-ms must be a number of milliseconds, of at most ten digits")
            found.append(("grpc-timeout", f"{stated}m" if len(stated) <= 8 else f"{int(stated) // 1000}S"))
        elif (stated := headers.get("grpc-timeout")) is not None:
            found.append(("grpc-timeout", stated))
        return found

    @asynccontextmanager
    async def opened(self, method: str, pairs: Sequence[Pair]) -> AsyncIterator[StreamedRpc]:
        """A call of "package.Service/Method" whose request is not sent yet. Raises Failed when it cannot be made.

        It is counted, and traced, and cancelled when the block is left before its end.
        """
        if len(pairs) > _MOST_PAIRS or metadata.size(pairs) > _MOST_METADATA:
            limits = f"{_MOST_PAIRS} header fields for the exchange, or more than {_MOST_METADATA} bytes of them"
            raise refused(Reason.METADATA_TOO_LARGE, f"there are more than {limits}")
        described = self.known.method(method)
        with self._traffic.begin(method, described, pairs) as passage:
            try:
                rpc = await self._lanes.stream(f"/{method}", passage.onward(pairs), known=described is not None)
            except ConnectionError as error:
                passage.answer = Answer(Code.UNAVAILABLE)
                failure = status.Failure(
                    Code.UNAVAILABLE, str(error), Reason.PROVIDER_UNREACHABLE, "door", "see `ndxp status`; try again"
                )
                raise Failed(failure) from error
            try:
                yield rpc
            finally:
                rpc.cancel()
                passage.answer = replace(rpc.answer or passage.answer, leading=rpc.leading)

    @asynccontextmanager
    async def begun(
        self, method: str, pairs: Sequence[Pair], receive: Receive, translate: Translate
    ) -> AsyncIterator[StreamedRpc]:
        """A call of "package.Service/Method" whose request is sent. Raises Failed when it cannot be made.

        The call is cancelled when the caller goes away, and when the block is left before its end.
        """
        described = self.known.method(method)
        async with self.opened(method, pairs) as rpc:
            if described is None:
                raise await _refused(rpc) or _unknown(method)
            async with self.bodies.read(rpc, receive, pairs) as body:
                if body is not None:
                    await _send(rpc, self._translated(body, translate, pairs), single=not described.client_streaming)
            leaving = asyncio.create_task(_leave(rpc, receive))
            try:
                yield rpc
            finally:
                leaving.cancel()

    async def ask(self, method: str, pairs: Sequence[Pair], receive: Receive, translate: Translate) -> Answer:
        """The answer of a call that is answered with one message. Raises Failed when the call fails."""
        async with self.begun(method, pairs, receive, translate) as rpc:
            messages = [message async for message in rpc.messages()]
            answer = ended(rpc)
            if len(messages) != 1:
                raise Failed(
                    status.Failure(
                        Code.INTERNAL, f"the provider answered with {len(messages)} messages instead of one",
                        hop="agency", transaction_id=str(metadata.first(answer.trailing, metadata.TRANSACTION_ID)),
                    )
                )  # fmt: skip
            return replace(answer, messages=messages, leading=rpc.leading)

    async def _translated(self, body: bytes, translate: Translate, pairs: Sequence[Pair]) -> Sequence[bytes]:
        """The messages of a body: of a large one beside the loop, and of each caller one after the other."""
        if len(body) <= _SMALL:
            return translate(body)
        turn = self._turns.setdefault(self.bodies.caller(pairs), asyncio.Lock())
        async with turn:
            return await asyncio.get_running_loop().run_in_executor(self._translators, translate, body)


def ended(rpc: StreamedRpc) -> Answer:
    """The end of a call whose messages were read. Raises Failed unless it has succeeded."""
    answer = rpc.answer or Answer(Code.CANCELLED)
    if answer.code is not Code.OK:
        raise Failed.of(answer)
    return answer


async def _send(rpc: StreamedRpc, translated: Awaitable[Sequence[bytes]], *, single: bool) -> None:
    """Sends the messages of a body.

    For a body that cannot be translated the gateway gets no message: it then refuses a call of a ``single`` message,
    and records it.
    """
    try:
        messages = await translated
    except WrongRequest as error:
        if not single:
            raise wrong(str(error)) from error
        rpc.finish()
        refusal = await _refused(rpc)
        if refusal is not None and refusal.failure.reason != Reason.REQUEST_MALFORMED:
            raise refusal from error
        raise wrong(str(error), refusal.failure.transaction_id if refusal is not None else "") from error
    for start in range(0, len(messages), _TOGETHER):
        await rpc.send(*messages[start : start + _TOGETHER])
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


async def _leave(rpc: StreamedRpc, receive: Receive) -> None:
    """Cancels the call when its caller goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    rpc.cancel()
