"""An agency's door: lets in calls of the gateway only, and gives errors their form on the wire."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from ndxp.agency.caller import set_caller
from ndxp.agency.first_answer import FirstAnswer, note_in
from ndxp.agency.reflection import SERVICES
from ndxp.agency.release import released, withheld
from ndxp.agency.subject import SubjectKey, Subjects, collect_in
from ndxp.agency.traffic import Traffic
from ndxp.errors import DOMAIN, AccessLogUnavailable, AgencyError, Code, Reason, Refusal
from ndxp.wire import metadata, status, streams
from ndxp.wire.assertion import Assertion, AssertionRefused, KeyUnavailable, Verifier, audience, message_mark

if TYPE_CHECKING:
    from ndxp.agency.access_log import AccessLog  # the doors for HTTP have none, nor a database
    from ndxp.wire.spans import Tracer

_OPEN = frozenset({"grpc.health.v1.Health"})
_OTHER_MESSAGE = Refusal(Reason.GATEWAY_ONLY, "the gateway's assertion was made for another message")
_MALFORMED = AgencyError(Code.INVALID_ARGUMENT, "MALFORMED_MESSAGE", "the request is not a message of this method")
_UNLOGGED = frozenset({"ndxp.access_log.v1.AccessLogService", *SERVICES})

_log = logging.getLogger(__name__)
_Context = grpc.aio.ServicerContext[Any, Any]
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic for type checkers only
_Found: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
_Ended: TypeAlias = Callable[[Code], None]
"""Called once with the code with which a call ended."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What belongs to one of the agency's subsystems."""

    verifier: Verifier
    traffic: Traffic
    tracer: "Tracer | None"


class Door(grpc.aio.ServerInterceptor):
    """Checks the gateway's assertion before every method but health.

    It logs the access when the call is answered, releases only those fields of the answer that the caller's grant
    names, and puts the subjects of the answer into the trailing metadata. The names of withheld fields are in the
    trailing metadata of a single answer, and come before the first message of a stream. With a tracer every such call
    is a span. A call is for the subsystem that its assertion names; if it names none of them, the first refuses it.
    """

    def __init__(self, desks: Mapping[str, Desk], access_log: "AccessLog | None", subject_key: SubjectKey) -> None:
        self._desks = desks
        self._first = next(iter(desks.values()))
        self._access_log = access_log
        self._subject_key = subject_key

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Found]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Found:
        """Returns the method's handler behind the door, or one that refuses."""
        method = handler_call_details.method.lstrip("/")
        service = method.partition("/")[0]
        handler = await continuation(handler_call_details)
        if handler is None or service in _OPEN:
            return handler
        presented = assertion_in(handler_call_details)
        desk = self._first if len(self._desks) == 1 else self._desks.get(audience(presented), self._first)
        unary = not (handler.request_streaming or handler.response_streaming)
        ended = partial(desk.traffic.count, method, perf_counter() if unary else None)
        try:
            if not presented:
                raise AssertionRefused("the call carries no assertion of the gateway")
            assertion = desk.verifier.verify(presented, method)
        except AssertionRefused as error:
            return _same_kind(handler, _Refused(Refusal(Reason.GATEWAY_ONLY, str(error)), ended))
        except KeyUnavailable as error:
            unavailable = AgencyError(Code.UNAVAILABLE, "KEY_UNAVAILABLE", str(error))
            return _same_kind(handler, _Refused(unavailable, ended))
        access_log = None if service in _UNLOGGED else self._access_log
        behaviour, subjects = _behaviour(handler), Subjects(self._subject_key)
        if desk.tracer is None or service in SERVICES:
            return _same_kind(handler, _Answered(behaviour, assertion, access_log, subjects, ended))
        return _same_kind(handler, _Traced(behaviour, assertion, access_log, subjects, ended, desk.tracer))


class _Answered:
    """One call of a method: runs it, logs the access, releases the answer, names its subjects, maps its errors."""

    def __init__(
        self, behaviour: Any, assertion: Assertion, access_log: "AccessLog | None", subjects: Subjects, ended: _Ended
    ) -> None:
        self._behaviour = behaviour
        self._assertion = assertion
        self._access_log = access_log
        self._subjects = subjects
        self._first = FirstAnswer()
        self._ended = ended
        self._logged = False
        self._code, self._reason = Code.CANCELLED, ""  # unless it ends in another way

    def read(self, deserialize: Any, message: bytes) -> Any:
        """The request; or the refusal, when the assertion was made for another request or the message is malformed."""
        if self._assertion.message not in ("", message_mark(sha256(message).digest())):
            return _OTHER_MESSAGE
        try:
            return deserialize(message)
        except DecodeError:
            return _MALFORMED

    async def answer(self, request: Any, context: _Context) -> Any:
        await self._begin(request, context)
        try:
            response = await self._behaviour(request, context)
            if fields := self._assertion.fields:
                _add_trailing(context, metadata.WITHHELD, withheld(response.DESCRIPTOR, fields))
                response = released(response, fields)
            await self._log_access(Code.OK)
        except asyncio.CancelledError:
            self._ended(Code.CANCELLED)
            await self._log_access(Code.CANCELLED)
            raise
        except Exception as error:
            await self._fail(error, context)
        self._ended(Code.OK)
        self._name_subjects(context)
        self._code = Code.OK
        return response

    async def stream(self, request: Any, context: _Context) -> AsyncGenerator[Any, None]:
        await self._begin(request, context)
        try:
            fields, announced = self._assertion.fields, False
            async for response in self._behaviour(request, context):
                if fields and not announced:
                    announced = True
                    await context.send_initial_metadata(((metadata.WITHHELD, withheld(response.DESCRIPTOR, fields)),))
                yield released(response, fields) if fields else response
            await self._log_access(Code.OK)
        except (asyncio.CancelledError, GeneratorExit):
            self._ended(Code.CANCELLED)
            await self._log_access(Code.CANCELLED)
            raise
        except Exception as error:
            await self._fail(error, context)
        self._ended(Code.OK)
        self._name_subjects(context)
        self._code = Code.OK

    async def _begin(self, request: Any, context: _Context) -> None:
        if isinstance(request, Refusal):
            await self._abort(context, request)
        if isinstance(request, AgencyError):
            await self._fail(request, context)
        set_caller(self._assertion, context.time_remaining())
        collect_in(self._subjects)
        note_in(self._first)

    def _name_subjects(self, context: _Context) -> None:
        if named := str(self._subjects):
            _add_trailing(context, metadata.SUBJECT, named)
        if self._first.transaction_id:
            _add_trailing(context, metadata.REPLAY_OF, self._first.transaction_id)

    async def _fail(self, error: Exception, context: _Context) -> NoReturn:
        if isinstance(error, AssertionRefused):
            await self._abort(context, Refusal(Reason.GATEWAY_ONLY, str(error)))
        self._name_subjects(context)
        if isinstance(error, AccessLogUnavailable):
            reason = "ACCESS_LOG_UNAVAILABLE"
            await self._abort(context, AgencyError(Code.UNAVAILABLE, reason, str(error)))
        if isinstance(error, DecodeError):
            error = _MALFORMED  # a request in a stream
        if not isinstance(error, AgencyError):
            # The text of an unexpected error may have personal data: the log gets its place and type only.
            method, transaction = self._assertion.method, self._assertion.transaction_id
            place = "".join(traceback.format_tb(error.__traceback__)[-3:])
            about = {"transaction_id": transaction}
            _log.error("%s of %s failed: %s\n%s", method, transaction, type(error).__name__, place, extra=about)
            error = AgencyError(Code.INTERNAL, "INTERNAL", f"the agency failed; its log tells more of {transaction}")
        with contextlib.suppress(AccessLogUnavailable):
            await self._log_access(error.code)
        await self._abort(context, error)

    async def _abort(self, context: _Context, error: Refusal | AgencyError) -> NoReturn:
        self._code, self._reason = _code(error), str(error.reason)
        self._ended(self._code)
        domain = self._assertion.method.partition("/")[0] if isinstance(error, AgencyError) else DOMAIN
        await _abort(context, error, domain=domain)

    async def _log_access(self, code: Code) -> None:
        if self._access_log is not None and not self._logged:
            self._logged = True
            if not await self._access_log.add(self._assertion, code) and code is Code.OK:
                raise AssertionRefused("the gateway's assertion was presented before; it is good for one call")


class _Traced(_Answered):
    """A call inside a span; the method's own calls to other agencies are spans below it."""

    def __init__(
        self,
        behaviour: Any,
        assertion: Assertion,
        access_log: "AccessLog | None",
        subjects: Subjects,
        ended: _Ended,
        tracer: "Tracer",
    ) -> None:
        super().__init__(behaviour, assertion, access_log, subjects, ended)
        self._tracer = tracer

    async def answer(self, request: Any, context: _Context) -> Any:
        with self._span():
            return await super().answer(request, context)

    async def stream(self, request: Any, context: _Context) -> AsyncGenerator[Any, None]:
        with self._span():
            async with contextlib.aclosing(super().stream(request, context)) as responses:
                async for response in responses:
                    yield response

    @contextlib.contextmanager
    def _span(self) -> Iterator[None]:
        assertion = self._assertion
        span = self._tracer.serve(assertion.method, assertion.traceparent)
        span.make_current()
        try:
            yield
        finally:
            span.end(
                self._code, self._reason, transaction=assertion.transaction_id, client=assertion.client,
                service=assertion.provider,
            )  # fmt: skip


class _Refused:
    def __init__(self, refusal: Refusal | AgencyError, ended: _Ended) -> None:
        self._refusal = refusal
        self._ended = ended

    async def stream(self, _: Any, context: _Context) -> AsyncIterator[Any]:
        self._ended(_code(self._refusal))
        await _abort(context, self._refusal)
        yield


async def _abort(context: _Context, error: Refusal | AgencyError, *, domain: str = DOMAIN) -> NoReturn:
    _add_trailing(context, metadata.STATUS_DETAILS, status.encode(error, domain=domain))
    await context.abort(status.GRPC_CODES[_code(error)], error.message)


def _code(error: Refusal | AgencyError) -> Code:
    return error.code if isinstance(error, AgencyError) else error.rule.code


def _add_trailing(context: _Context, key: str, value: str | bytes) -> None:
    context.set_trailing_metadata((*context.trailing_metadata(), (key, value)))


def assertion_in(details: grpc.HandlerCallDetails) -> str:
    """The assertion of a call; empty when it has none, or several."""
    found = [value for key, value in details.invocation_metadata or () if key == metadata.ASSERTION]
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""


def _behaviour(handler: _Handler) -> Any:
    method: Any = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    if not handler.request_streaming:
        return method
    if handler.response_streaming:
        return lambda requests, context: method(_whole(requests, streams.await_cancellation), context)
    return lambda requests, context: method(_whole(requests, partial(streams.confirm_half_close, context)), context)


async def _whole(requests: AsyncIterator[Any], certain: Callable[[], Awaitable[None]]) -> AsyncIterator[Any]:
    """The requests of a stream; it ends normally only when the caller has closed it, not when the caller has left."""
    async for request in requests:
        yield request
    await certain()


def _same_kind(handler: _Handler, call: _Answered | _Refused) -> _Handler:
    """A handler of the same kind and messages with another behaviour; the request of a refused call is not read."""
    if isinstance(call, _Refused):
        return grpc.stream_stream_rpc_method_handler(call.stream)
    read: Any = handler.request_deserializer
    if not handler.request_streaming:
        read = partial(call.read, read)
    codec = {"request_deserializer": read, "response_serializer": handler.response_serializer}
    if handler.request_streaming:
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(call.stream, **codec)
        return grpc.stream_unary_rpc_method_handler(call.answer, **codec)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(call.stream, **codec)
    return grpc.unary_unary_rpc_method_handler(call.answer, **codec)
