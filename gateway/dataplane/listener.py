"""The gateway's port: takes calls of any method, sends them through the pipeline and passes the bytes on."""

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc

from gateway.core.transaction import Call, Origin, Tally, now
from gateway.dataplane import pipeline
from gateway.dataplane.certificates import presented
from gateway.dataplane.pipeline import Asked, Exchange
from gateway.dataplane.upstream import Moved, Upstreams
from ndxp import metadata, status, streams
from ndxp.assertion import Assertion, message_mark, sign
from ndxp.errors import Code, Reason, Refusal

_EOF = grpc.aio.EOF
_OF_EACH_PAIR = 32
_ROUNDING = 0.99  # gRPC rounds a timeout up when it writes it, so that the caller leaves a little before it
_log = logging.getLogger("gateway")
_Context = grpc.aio.ServicerContext[Any, Any]
_CODES = {code: Code(code.value[0]) for code in grpc.StatusCode}
_OWN_MESSAGES = {
    Reason.PROVIDER_UNREACHABLE: "the provider cannot be reached, or the connection broke before it answered",
    Reason.PROVIDER_TIMEOUT: "the provider did not answer within the deadline",
    Reason.MESSAGE_TOO_LARGE: "the provider's answer is larger than this exchange passes on",
}


class Listener(grpc.GenericRpcHandler):
    """Handles every method that the server has no handler of its own for."""

    def __init__(self, exchange: Exchange, upstreams: Upstreams) -> None:
        self._exchange = exchange
        self._upstreams = upstreams
        self._under_way: dict[Call, asyncio.Task[Any]] = {}

    def dismiss(self) -> None:
        """Ends the calls under way that would not be let in any more."""
        for call, task in self._under_way.items():
            if call.dismissal is not None:
                continue
            try:
                pipeline.check_still(self._exchange, call)
            except Refusal as refusal:
                call.dismissal = refusal
                task.cancel()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        """The handler: a lean one for methods known to be unary, one for streams of any kind for all others.

        The lean one begins when gRPC has the whole message in memory: it is for those with a good token only.
        """
        name = handler_call_details.method.partition("/")[2]
        pairs: metadata.Pairs = handler_call_details.invocation_metadata or ()  # the context would make them anew
        method = self._exchange.snapshot.method(name)
        if method is not None and method.unary and self._trusted(pairs):

            async def unary(request: bytes, context: _Context) -> bytes:
                call = Call(name)
                call.received.add(request)
                return await self.handle(call, pairs, context, partial(self._forward_unary, request))

            return grpc.unary_unary_rpc_method_handler(unary)

        async def stream(_: Any, context: _Context) -> None:
            await self.handle(Call(name), pairs, context, self._forward_stream)

        return grpc.stream_stream_rpc_method_handler(stream)

    def _trusted(self, pairs: metadata.Pairs) -> bool:
        tokens = [value for key, value in pairs if key == metadata.AUTHORIZATION]
        try:
            return bool(tokens) and bool(self._exchange.tokens.verify(str(tokens[0]), time.time()))
        except Refusal:
            return False  # the pipeline says why

    async def handle(self, call: Call, pairs: metadata.Pairs, context: _Context, forward: "Forward") -> bytes:
        """One call from its arrival to its answer.

        ``pairs`` is the caller's metadata; ``forward`` passes on what is of the call's kind.
        """
        certificate = presented(context.auth_context()) if self._exchange.settings.tls_folder else None
        asked = Asked(pairs, context.time_remaining(), certificate)
        try:
            answer = await self._answer(call, asked, context, forward)
            try:
                await pipeline.finish(self._exchange, call, asked)
            except Refusal as refusal:
                answer = _refused(call, refusal)
        except BaseException:
            # A cancellation, or gRPC failing to send to a caller who has left: the call ends in the books all the same.
            await self._abandoned(call, asked)
            raise
        finally:
            self._exchange.traffic.count(call, self._exchange.snapshot)  # once, however it has ended
        context.set_trailing_metadata(answer.trailing_of(call))
        if call.code is not Code.OK:
            await context.abort(status.GRPC_CODES[call.code], answer.details)
        return answer.message

    async def _answer(self, call: Call, asked: Asked, context: _Context, forward: "Forward") -> "_Answer":
        """What the caller is answered; raises CancelledError or grpc.aio.BaseError when it has left."""
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment] # a handler runs in one
        self._under_way[call] = task
        try:
            self._check_metadata(asked)
            await pipeline.begin(self._exchange, call, asked)
            return await forward(call, asked, context)
        except Refusal as refusal:
            return _refused(call, refusal)
        except Moved:
            return _refused(call, _moved(call))
        except asyncio.CancelledError:
            if call.dismissal is None or task.uncancel():
                raise  # the caller has left
            return _refused(call, call.dismissal)
        except grpc.aio.BaseError:
            raise  # nothing can be sent to a caller who has left
        except Exception as error:  # a defect here is not the caller's leaving
            return _broken(call, error)
        finally:
            del self._under_way[call]

    async def _forward_unary(self, request: bytes, call: Call, asked: Asked, context: _Context) -> "_Answer":
        self._check_size("a request", request)
        onward = self._onward(call, asked)
        call.request_out_ts = now()
        try:
            reply = await self._upstreams.unary(call.address, call.method, request, call.timeout, onward)
        except grpc.aio.AioRpcError as error:
            answer = self._failed(call, error)
            initial, trailing = error.initial_metadata(), error.trailing_metadata()
        else:
            self._check_size("an answer", reply.message)
            answer = _Answer(reply.message)
            call.end(Code.OK, Origin.PROVIDER)
            initial, trailing = reply.initial, reply.trailing
        call.response_in_ts = now()
        if call.origin is Origin.PROVIDER:
            if call.code is Code.OK:
                withheld = _withheld(call, trailing)
                _check_release(call, withheld)
                answer.trailing += withheld
                call.sent.add(answer.message)
            call.subjects = metadata.subjects(trailing)
            answer.trailing += metadata.back(trailing)
        if own := metadata.back(initial):
            await _begin_answer(context, own)
        return answer

    async def _forward_stream(self, call: Call, asked: Asked, context: _Context) -> "_Answer":
        method = self._exchange.snapshot.method(call.method)
        # The only request of a call is read before it is forwarded: the assertion is made for it.
        first = None if method is None or method.client_streaming else await self._first(call, context)
        onward = self._onward(call, asked)
        call.request_out_ts = now()
        with self._upstreams.stream(call.address, call.method, call.timeout, onward) as rpc:
            try:
                async with asyncio.TaskGroup() as group:
                    requests = group.create_task(self._pump_requests(call, context, rpc, first))
                    answer = await self._pump_responses(call, context, rpc)
                    requests.cancel()
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None
        call.response_in_ts = call.response_in_ts or now()
        if call.origin is Origin.PROVIDER:
            trailing = await rpc.trailing_metadata()
            call.subjects = metadata.subjects(trailing)
            answer.trailing += metadata.back(trailing)
        return answer

    async def _first(self, call: Call, context: _Context) -> Any:
        try:
            async with asyncio.timeout(call.timeout):
                return await self._read(call, context)
        except TimeoutError:
            message = f"the caller sent no request within {call.timeout:.3g} s"
            raise Refusal(Reason.PROVIDER_TIMEOUT, message, metadata={"service": call.service}) from None

    async def _read(self, call: Call, context: _Context) -> Any:
        """The next request, counted in, or EOF."""
        message = await context.read()
        if message is not _EOF:
            self._check_size("a request", message)
            call.received.add(message)
            self._check_stream("the requests", call.received)
        return message

    async def _pump_requests(self, call: Call, context: _Context, rpc: Any, first: Any) -> None:
        """Passes on the requests; ``first`` is what was read before, None for nothing yet."""
        message = await self._read(call, context) if first is None else first
        while message is not _EOF:
            try:
                await rpc.write(message)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                return  # the provider has ended the call; whoever reads its responses learns how
            message = await self._read(call, context)
        method = self._exchange.snapshot.method(call.method)
        if method is None or method.client_streaming:
            await streams.no_doubt()
        await rpc.done_writing()

    async def _pump_responses(self, call: Call, context: _Context, rpc: Any) -> "_Answer":
        answer = _Answer()
        try:
            initial = await rpc.initial_metadata()
            method = self._exchange.snapshot.method(call.method)
            single = bool(call.fields) and method is not None and not method.server_streaming
            withheld = [] if single else _withheld(call, initial)
            transaction = (metadata.TRANSACTION_ID, call.transaction_id)
            await _begin_answer(context, [*metadata.back(initial), transaction, *withheld])
            while (message := await rpc.read()) is not _EOF:
                if single:
                    answer.trailing = withheld = await _withheld_behind(call, rpc)
                _check_release(call, withheld)
                call.response_in_ts = call.response_in_ts or now()
                self._check_size("an answer", message)
                call.sent.add(message)
                self._check_stream("the answers", call.sent)
                await context.write(message)
        except grpc.aio.AioRpcError as error:
            return self._failed(call, error)
        call.end(Code.OK, Origin.PROVIDER)
        return answer

    def _onward(self, call: Call, asked: Asked) -> list[metadata.Pair]:
        headers = call.headers
        call.attempts += 1
        pairs, traceparent = metadata.onward(asked.pairs), headers.get(metadata.TRACEPARENT, "")
        if call.span is not None:
            pairs, traceparent = call.span.onward(pairs), call.span.traceparent
        pairs += ((metadata.CLIENT, call.client), (metadata.TRANSACTION_ID, call.transaction_id))
        if key := self._exchange.provider_keys.get(call.service):
            assertion = Assertion(
                client=call.client,
                provider=call.service,
                method=call.method,
                transaction_id=call.transaction_id,
                user_id=headers.get(metadata.USER_ID, ""),
                purpose=headers.get(metadata.PURPOSE, ""),
                traceparent=traceparent,
                fields=",".join(call.fields),
                message=message_mark(call.received.hash()) if call.received.messages else "",
            )
            pairs.append((metadata.ASSERTION, sign(assertion, key)))
        return pairs

    def _check_size(self, what: str, message: bytes) -> None:
        limit = self._exchange.settings.max_message_bytes
        if len(message) > limit:
            raise Refusal(
                Reason.MESSAGE_TOO_LARGE, f"{what} of {len(message)} bytes; {limit} are allowed",
                metadata={"allowed": str(limit)},
            )  # fmt: skip

    def _check_stream(self, what: str, tally: Tally) -> None:
        settings = self._exchange.settings
        for count, limit, unit in (
            (tally.messages, settings.max_stream_messages, "messages"),
            (tally.size, settings.max_stream_bytes, "bytes"),
        ):
            if count > limit:
                raise Refusal(
                    Reason.STREAM_TOO_LARGE, f"{what} of this stream are more than {limit} {unit}",
                    metadata={"limit": unit, "allowed": str(limit)},
                )  # fmt: skip

    def _check_metadata(self, asked: Asked) -> None:
        limit = self._exchange.settings.max_metadata_bytes
        size = sum([len(key) + len(value) + _OF_EACH_PAIR for key, value in asked.pairs])
        if size > limit:
            largest = max(asked.pairs, key=lambda pair: len(pair[1]))[0][:64]
            raise Refusal(
                Reason.INVALID_METADATA, f"metadata of {size} bytes, most of them in {largest}; {limit} are allowed",
                metadata={"key": largest, "allowed": str(limit)},
            )  # fmt: skip

    def _failed(self, call: Call, error: grpc.aio.AioRpcError) -> "_Answer":
        overdue = now() - call.request_out_ts >= call.timeout * 1e6
        reason = self._upstreams.own_reason(call.address, error, overdue=overdue)
        if reason is not None:
            message = f"{call.service}: {_OWN_MESSAGES[reason]}"
            return _refused(call, Refusal(reason, message, metadata={"service": call.service}))
        packed = (error.trailing_metadata() or grpc.aio.Metadata()).get(metadata.STATUS_DETAILS)
        call.end(_CODES[error.code()], Origin.PROVIDER, status.reason_of(packed) if isinstance(packed, bytes) else "")
        return _Answer(details=error.details() or "")

    async def _abandoned(self, call: Call, asked: Asked) -> None:
        """The caller has left: by its deadline or by cancelling. Its record is written all the same."""
        if call.recorded:
            return  # it has ended already, and the journal has how
        waited = (now() - call.request_in_ts) / 1e6
        if asked.remaining is not None and waited >= asked.remaining * _ROUNDING:
            call.end(Code.DEADLINE_EXCEEDED, Origin.GATEWAY, Reason.PROVIDER_TIMEOUT if call.attempts else "")
        elif not call.code:
            call.end(Code.CANCELLED, Origin.GATEWAY)
        with contextlib.suppress(Refusal):
            await pipeline.finish(self._exchange, call, asked)


class _Answer:
    """What the caller gets: a message (unary), or the text and the trailing metadata of a status."""

    __slots__ = ("details", "message", "trailing")

    def __init__(self, message: bytes = b"", details: str = "") -> None:
        self.message = message
        self.details = details
        self.trailing: list[metadata.Pair] = []

    def trailing_of(self, call: Call) -> list[metadata.Pair]:
        """The provider's trailing metadata and the exchange's own."""
        own: list[metadata.Pair] = [(metadata.TRANSACTION_ID, call.transaction_id)]
        if call.code is not Code.OK:
            own.append((metadata.ERROR_ORIGIN, str(call.origin)))
        return [*self.trailing, *own]


def _broken(call: Call, error: Exception) -> _Answer:
    # The error's text may hold what was sent: the log gets its place and type only.
    place = "".join(traceback.format_tb(error.__traceback__)[-3:])
    _log.error("transaction %s failed in the gateway: %s\n%s", call.transaction_id, type(error).__name__, place)
    call.end(Code.INTERNAL, Origin.GATEWAY)
    return _Answer(details="the gateway failed; its log tells more of this transaction")


def _moved(call: Call) -> Refusal:
    message = f"{call.service}: the connection to the provider was closed, because it is registered elsewhere now"
    return Refusal(Reason.PROVIDER_UNREACHABLE, message, metadata={"service": call.service})


async def _begin_answer(context: _Context, pairs: list[metadata.Pair]) -> None:
    """Sends the initial metadata, to its end also when the call is dismissed meanwhile.

    grpc.aio would send it again with the status, which gRPC's core refuses; then the caller gets no status at all.
    """
    sending = asyncio.ensure_future(context.send_initial_metadata(pairs))
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait((sending,))
        sending.exception()  # heard: that nothing can be sent to who has left is no news for the log
        raise


def _withheld(call: Call, pairs: metadata.Pairs) -> list[metadata.Pair]:
    """What the caller learns of the fields that an answer leaves out: which, and under which grant.

    ``pairs`` is the provider's metadata; empty when the grant releases all, and when the provider says nothing of it.
    """
    said = metadata.withheld(pairs) if call.fields else None
    return [] if said is None else [(metadata.WITHHELD, said), (metadata.GRANT, call.grant)]


async def _withheld_behind(call: Call, rpc: Any) -> list[metadata.Pair]:
    """The same of the one answer to a stream of requests, which like any single answer says it in what follows it."""
    if await rpc.read() is not _EOF:
        return []  # it is no single answer
    return _withheld(call, await rpc.trailing_metadata())


def _check_release(call: Call, withheld: list[metadata.Pair]) -> None:
    """Raises Refusal (FIELDS_NOT_WITHHELD) when the provider does not say that it kept to the grant's fields."""
    if call.fields and not withheld:
        raise Refusal(
            Reason.FIELDS_NOT_WITHHELD,
            f"{call.service} does not say that it kept to the fields of grant {call.grant}; its answer is withheld",
            metadata={"service": call.service, "grant": call.grant},
        )


Forward = Callable[[Call, Asked, _Context], Awaitable[_Answer]]
"""How a call is passed on, by its kind."""


def _refused(call: Call, refusal: Refusal) -> _Answer:
    call.end(refusal.rule.code, Origin.GATEWAY, refusal.reason)
    answer = _Answer(details=refusal.message)
    answer.trailing = [(metadata.STATUS_DETAILS, status.encode(refusal))]
    return answer
