"""One call's way: decisions by its header list, passing its bytes, and recording its end before the caller gets it.

A call has a stream to its caller (``Relay``) and, after forwarding, one to its provider (``Attempt``). Both get events
from their connections and pass data on at once. A call that waits for the journal goes on when the journal answers.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.core.transaction import Call, Origin, Tally
from gateway.dataplane import faults, headers, pipeline
from gateway.dataplane.answer import Answer
from gateway.dataplane.attempt import Attempt
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.faults.attempt import DisturbedAttempt, open_copy
from gateway.dataplane.messages import Messages
from gateway.dataplane.onward import pairs_onward
from gateway.dataplane.pipeline import Claim, Steps, WorkerState
from gateway.dataplane.upstream import TRIES, Upstreams
from ndxp.clock import real_now
from ndxp.errors import Code, Reason, Refusal
from ndxp.http2 import ClientConnection, ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.http2.fields import Request
from ndxp.http2.parts import add_part
from ndxp.wire import metadata, status
from ndxp.wire.assertion import message_mark

if TYPE_CHECKING:
    from gateway.core.registry import Method
    from gateway.dataplane.certificates import Certificate
    from ndxp.wire.spans import Tracer

_HELD_ANSWER = 60 * 1024
"""Bytes of a unary answer that wait until its end is recorded; a larger answer is recorded first and then passed on.
This fits into the window of a stream, so no window must be given back meanwhile."""

_REPEATABLE = 64 * 1024
"""Bytes of a request that are kept until its answer begins, for a provider that has not taken the call."""

_MARGIN, _LONGEST_MARGIN = 0.05, 0.05
"""The gateway keeps this part of a caller's deadline, at most so many seconds, for its own answer. The provider gets
that maximum more, so that the gateway notices first that a deadline has passed."""

_UNREADABLE = 1.0
"""Seconds that an answer may wait for its caller to read it, when the deadline leaves less."""

_OTHER = "_OTHER"  # OpenTelemetry's name for an unknown method
_LOST = "the provider cannot be reached, or the connection broke before it answered"
_log = logging.getLogger("gateway")
_Method = TypeVar("_Method", bound=Callable[..., None])


class Relays:
    """The calls under way in this worker, and what they have in common."""

    def __init__(
        self, state: WorkerState, upstreams: Upstreams, deadlines: Deadlines, tracer: "Tracer | None" = None
    ) -> None:
        self.state = state
        self.upstreams = upstreams
        self.deadlines = deadlines
        self.tracer = tracer
        self.under_way: set[Relay] = set()
        self.now = asyncio.get_running_loop().time

    def accept(
        self, stream: Stream, request: Request | None, certificate: "Certificate | None", *, ended: bool
    ) -> "Relay":
        """Takes a call with its header list; None for a list that is too large to be read."""
        relay = Relay(self, stream, "" if request is None else _method(request.path))
        relay.begin(request, certificate, ended=ended)
        return relay

    def dismiss(self) -> None:
        """Ends the calls under way that would no longer be let in."""
        for relay in list(self.under_way):
            relay.dismiss()


def _guarded(method: _Method) -> _Method:
    """Ends the call when a step refuses it, and with INTERNAL for a defect; its connection goes on."""

    @wraps(method)
    def guarded(self: "Relay", *arguments: Any, **named: Any) -> None:
        try:
            method(self, *arguments, **named)
        except Refusal as refusal:
            self.refuse(refusal)
        except Exception as error:
            self.broken(error)

    return guarded  # type: ignore[return-value]


class Relay:
    """One call, as the user of its caller's stream.

    It is ``_ending`` while its outcome goes to the journal, and ``_ended`` after that.
    """

    __slots__ = (
        "_answer",
        "_arrived",
        "_attempt",
        "_claim",
        "_copy",
        "_ended",
        "_ending",
        "_head",
        "_holding",
        "_in",
        "_let_in",
        "_method",
        "_out",
        "_relays",
        "_request",
        "_request_ended",
        "_request_size",
        "_steps",
        "_stream",
        "_waits",
        "call",
        "tick",
    )

    def __init__(self, relays: Relays, stream: Stream, method: str) -> None:
        settings = relays.state.settings
        call = self.call = Call(method)
        self.tick = 0
        self._relays = relays
        self._stream: Stream | None = stream  # None when the caller has left, or has everything
        self._attempt: Attempt | None = None
        self._copy: Stream | None = None  # of a call that the provider gets twice on purpose
        self._answer = Answer(call)
        self._arrived = relays.now()
        self._head: headers.RequestHead
        self._claim = Claim((), None)
        self._method: Method | None = None
        self._in = Messages("a request", call.received, settings)
        self._out = Messages("an answer", call.sent, settings)
        self._request: list[bytes] = []  # what waits to be forwarded
        self._request_size = 0
        self._request_ended = False
        self._holding = 0  # bytes on the member's account
        self._steps: Steps | None = None
        self._waits: asyncio.Future[Any] | None = None
        self._let_in = self._ending = self._ended = False

    @property
    def identified(self) -> bool:
        """Whether the caller is known and may call."""
        return self._claim.identified

    # The request.

    @_guarded
    def begin(self, request: Request | None, certificate: "Certificate | None", *, ended: bool) -> None:
        """Decides on the call by its header list."""
        relays, call = self._relays, self.call
        relays.under_way.add(self)
        self._request_ended = ended
        if request is None:
            raise Refusal(Reason.METADATA_TOO_LARGE, "the header list is larger than this exchange reads")
        head = self._head = headers.RequestHead(request.fields)
        self._answer.use(head.content_type)
        self._claim = Claim(head.pairs, None, certificate)
        self._claim.remaining = head.remaining()  # if it is none, it is known all the same who claims to ask
        if relays.tracer is not None:
            sent = metadata.traceparent(head.pairs)
            call.span = relays.tracer.serve(self._name_of_span(), sent, call.request_in_ts)
        self._drive(pipeline.begin(relays.state, call, self._claim), self._decided)

    def _decided(self) -> None:
        """The call is let in: its request may come."""
        call, relays = self.call, self._relays
        self._let_in = True
        method = self._method = relays.state.snapshot.method(call.method)
        self._answer.held = method is not None and not method.server_streaming and (method.unary or bool(call.fields))
        remaining = self._claim.remaining
        if remaining is not None and remaining <= call.timeout:
            call.timeout -= min(_LONGEST_MARGIN, _MARGIN * remaining)
        relays.deadlines.add(self, self._arrived + call.timeout)
        if not self._is_single:
            self._enter()
        elif self._request_ended:
            self._requested()
        elif self._request_size and self._stream is not None:
            self._stream.consumed(self._request_size)

    @property
    def _is_single(self) -> bool:
        """Whether the request is one message, which is forwarded as a whole: the assertion is made for it."""
        return self._method is not None and not self._method.client_streaming

    @_guarded
    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data of the request."""
        if self._ending:
            return
        self._request_ended = ended
        if data:
            self._in.feed(data)
        if self._attempt is not None and self._attempt.stream is not None:
            self._send(self._attempt.stream, data)
            return
        if data:
            add_part(self._request, data)
            self._request_size += len(data)
            self._keep()
        if self._let_in and self._is_single:
            if ended:
                self._requested()
            elif self._stream is not None:
                self._stream.consumed(len(data))

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """Trailers of a request: gRPC does not use them, so they only end it."""
        self.on_data(b"", ended=True)

    def _requested(self) -> None:
        """The only message of the request is there."""
        if not self._in.whole or self.call.received.messages != 1:
            raise Refusal(
                Reason.REQUEST_MALFORMED,
                f"the request of {self.call.method} ended "
                + (f"after {self.call.received.messages} messages" if self._in.whole else "within a message"),
            )
        self._enter()

    def _enter(self) -> None:
        self._drive(pipeline.enter(self._relays.state, self.call, self._claim), self._forward)

    def _forward(self) -> None:
        call = self.call
        disturbed = call.fault and call.effects.changes_answer
        attempt = self._attempt = DisturbedAttempt(self, call.effects) if disturbed else Attempt(self)
        call.attempts += 1
        self._relays.upstreams.forward(call.address, attempt)

    @_guarded
    def connected(self, connection: ClientConnection, attempt: Attempt, scheme: str) -> None:
        """There is a connection to the provider: the request goes on."""
        call = self.call
        call.request_out_ts = real_now()
        within = max(0.0, self._arrived + call.timeout - self._relays.now()) + _LONGEST_MARGIN
        known = self._method is not None
        # A compressed message gets no mark: the agency sees it decompressed, and the gateway decompresses nothing.
        mark = message_mark(call.received.hash()) if self._is_single and not self._in.compressed else ""
        pairs = pairs_onward(self._relays.state, call, self._head.pairs, mark)
        constant, rest = headers.onward(call, self._head, pairs, scheme, within, recurs=known)
        stream = attempt.stream = connection.open(attempt, constant, rest)
        if call.effects.duplicate:
            self._copy = open_copy(connection, constant, rest)
            call.attempts += 1
        request, self._request = self._request, []
        if self._is_single and call.received.size <= _REPEATABLE:
            attempt.request = request
        self._request_size = 0
        for number, part in enumerate(request, 1):
            last = self._request_ended and number == len(request)
            if stream.send_data(part, end=last):
                self._passed(len(part))
            self._send_copy(part, end=last)
        if not request and self._request_ended:
            stream.send_data(b"", end=True)
            self._send_copy(b"", end=True)
        self._account()

    def _send(self, stream: Stream, data: bytes) -> None:
        """Passes on data of a stream of requests."""
        if not stream.open:
            return  # the provider has ended the call, and its status is on the way
        self._send_copy(data, end=self._request_ended)
        if stream.send_data(data, end=self._request_ended):
            self._passed(len(data))
        else:
            self._keep()

    def _send_copy(self, data: bytes, *, end: bool) -> None:
        if self._copy is not None:
            self._copy.send_data(data, end=end)

    def request_sent(self, size: int) -> None:
        """So many bytes of the request that had to wait have gone to the provider."""
        self._passed(size)
        self._account()

    def _passed(self, size: int) -> None:
        if not self._is_single and self._stream is not None:
            self._stream.consumed(size)

    # The answer.

    @_guarded
    def answer_began(self, fields: Fields) -> None:
        """The provider has sent the beginning of an answer."""
        method = self._method
        single = method is not None and not method.server_streaming
        self._answer.began(fields, says_withheld=not single)
        if not self._answer.held and self._stream is not None:
            self._answer.begin(self._stream)

    @_guarded
    def answer_data(self, data: bytes) -> None:
        """Data of the answer."""
        call, answer = self.call, self._answer
        call.response_in_ts = call.response_in_ts or real_now()
        if call.fields and not answer.held:
            answer.check_release()
        self._out.feed(data)
        if answer.held:
            answer.hold(data)
            self._keep()
            if call.fields:  # it waits as a whole, however large, because its end names the withheld fields
                self._taken_over(len(data))
            elif call.sent.size > _HELD_ANSWER and self._steps is None:
                self._release()
        elif self._stream is not None and self._stream.send_data(data):
            self._taken_over(len(data))
        else:
            self._keep()

    def _release(self) -> None:
        """Passes a large answer on from now on; its transaction is recorded before any of it leaves."""
        if self.call.journal_first:
            self._pass_held()
        else:
            self._drive(pipeline.record_request(self._relays.state, self.call), self._pass_held)

    def _pass_held(self) -> None:
        answer = self._answer
        answer.held = False
        if self._stream is not None:
            answer.begin(self._stream)
            self._taken_over(answer.send_parts(self._stream))
            self._account()

    @_guarded
    def answer_ended(self, ending: headers.Ending) -> None:
        """The provider has ended the call."""
        call, method = self.call, self._method
        call.response_in_ts = real_now() if method is not None and method.unary else call.response_in_ts or real_now()
        reason = ""
        if ending.code is Code.OK:
            if method is not None and not method.server_streaming and not (call.sent.messages and self._out.whole):
                self.provider_failed(Code.INTERNAL, "the provider answered OK without a message")
                return
        else:
            reason = status.reason_of(ending.details) if ending.details else ""
            self._drop_answer()
        self._answer.ended(ending)
        call.subjects = metadata.subjects(ending.pairs)
        call.replay_of = metadata.replay_of(ending.pairs)
        call.end(ending.code, Origin.PROVIDER, reason)
        self._finish()

    @_guarded
    def provider_done(self, then: Callable[[], None]) -> None:
        """The provider has ended the call, and meets the fault that waits here; ``then`` takes its end."""
        self.call.response_in_ts = real_now()
        self._drive(faults.after(self.call), then)

    def cut_off(self) -> None:
        """The answer is cut off here, by a fault that was set on purpose."""
        self.refuse(faults.refusal(self.call))

    @_guarded
    def not_taken(self, request: list[bytes] | None) -> None:
        """The provider has refused to take the call; ``request`` is what it was sent, if it can be sent again."""
        if request is not None and self.call.attempts < TRIES:
            self._request = request
            self._forward()
        else:
            self.unreachable("the provider did not take the call")

    @_guarded
    def provider_failed(self, code: Code, message: str) -> None:
        """The provider has ended the call in a way that is not gRPC's."""
        self._drop_answer()
        self._answer.failed(code, message)
        self.call.end(code, Origin.PROVIDER)
        self._finish()

    def unreachable(self, why: str) -> None:
        """There is no connection to the provider, or it is lost."""
        service = self.call.service
        refusal = Refusal(Reason.PROVIDER_UNREACHABLE, f"{service}: {why or _LOST}", metadata={"service": service})
        self.refuse(refusal)

    def overloaded(self, why: str) -> None:
        """Too many calls wait for the provider."""
        service = self.call.service
        self.refuse(Refusal(Reason.OVERLOADED, why, retry_after=0.5, metadata={"service": service}))

    # The end.

    def refuse(self, refusal: Refusal) -> None:
        """Ends the call with a refusal of the exchange."""
        if self._ended:
            return
        call = self.call
        call.end(refusal.code, Origin.GATEWAY, refusal.reason)
        if call.fault:
            refusal.metadata.setdefault("fault", call.fault)
        if not (self._breaks and call.effects.cut):
            self._drop_answer()
        self._answer.refused(refusal)
        if self._ending:  # its outcome could not be recorded; the caller gets this refusal instead
            self._answered()
        else:
            self._finish()

    def broken(self, error: Exception) -> None:
        """Ends the call because of a defect; the log gets place and type only, because the text may have payload."""
        place = "".join(traceback.format_tb(error.__traceback__)[-3:])
        _log.error(
            "transaction %s failed in the gateway: %s\n%s", self.call.transaction_id, type(error).__name__, place
        )
        if self._ended:
            if self._stream is not None:
                self._stream.reset(ErrorCode.INTERNAL_ERROR)
            self._close()
            return
        self.call.end(Code.INTERNAL, Origin.GATEWAY)
        self._drop_answer()
        self._answer.failed(Code.INTERNAL, "the gateway failed; its log tells more of this transaction")
        if self._ending:
            self._answered()
        else:
            self._finish()

    def dismiss(self) -> None:
        """Ends the call if it would no longer be let in."""
        if self._ending:
            return
        try:
            pipeline.check_still(self._relays.state, self.call)
        except Refusal as refusal:
            self.call.dismissal = refusal
            self.refuse(refusal)

    def overdue(self) -> None:
        """The deadline has passed."""
        call = self.call
        if self._ended:
            if self._stream is not None:  # its caller does not read the answer
                self._stream.reset(ErrorCode.CANCEL)
            self._close()
        elif not self._ending:
            if call.placed:
                message = f"{call.service}: the provider did not answer within the deadline"
            else:
                message = f"the caller sent no request within {call.timeout:.3g} s"
            self.refuse(Refusal(Reason.PROVIDER_TIMEOUT, message, metadata={"service": call.service}))

    def on_reset(self, code: int) -> None:
        """The caller has left, by cancelling or by its own deadline."""
        self.on_lost()

    def on_failure(self, failure: StreamFailure) -> None:
        """The caller broke a rule of HTTP/2."""
        self.on_lost()

    @_guarded
    def on_lost(self) -> None:
        """The caller is gone."""
        self._stream = None
        if self._ended:
            self._close()
        elif not self._ending:
            call, remaining = self.call, self._claim.remaining
            if remaining is not None and self._relays.now() - self._arrived >= remaining:
                call.end(Code.DEADLINE_EXCEEDED, Origin.GATEWAY, Reason.PROVIDER_TIMEOUT if call.attempts else "")
            else:
                call.end(Code.CANCELLED, Origin.GATEWAY)
            self._finish()

    def on_sent(self, size: int) -> None:
        """Answer bytes that had to wait have gone to the caller."""
        self._taken_over(size)
        self._account()
        if self._ended and self._stream is not None and not self._stream.open:
            self._close()

    def _drop_answer(self) -> None:
        """Discards the waiting part of an answer; it does not count."""
        if self._answer.size:
            self._answer.drop()
            self.call.sent = Tally()
            self._account()

    def _finish(self) -> None:
        """The outcome is known: it goes to the journal, and then to the caller."""
        self._ending = True
        waits, self._waits, self._steps = self._waits, None, None
        if waits is not None:
            waits.cancel()
        if self._attempt is not None:
            self._attempt.leave()
        if self._copy is not None and not self._request_ended:
            self._copy.reset(ErrorCode.CANCEL)
        self._copy = None
        try:
            self._drive(pipeline.finish(self._relays.state, self.call, self._claim), self._answered)
        except Refusal as refusal:
            self.refuse(refusal)
        except Exception as error:  # here too, because calls can be ended from outside: one defect ends one call
            self.broken(error)

    def _answered(self) -> None:
        """The end is recorded: the caller gets the rest of its answer."""
        self._ended = True
        call, relays = self.call, self._relays
        relays.under_way.discard(self)
        relays.state.traffic.count(call, relays.state.snapshot)
        if call.span is not None and call.client:  # a stranger leaves no span
            call.span.end(
                call.code, call.reason, transaction=call.transaction_id, client=call.client, service=call.service
            )
        if self._stream is not None:
            if self._breaks:
                self._break(self._stream)
            else:
                self._answer.end(self._stream)
            if self._stream.queued:
                self._account()
                relays.deadlines.add(self, max(self._arrived + call.timeout, relays.now() + _UNREADABLE))
                return
        self._close()

    @property
    def _breaks(self) -> bool:
        """Whether the call ends without a status, by a fault that was set on purpose."""
        effects = self.call.effects
        return self.call.reason == Reason.FAULT_INJECTED and (effects.drop or effects.reset or effects.cut)

    def _break(self, stream: Stream) -> None:
        """Ends the answer as a broken network would. The connection of the doors is not cut: it has calls of others."""
        if self.call.effects.drop and metadata.first(self._head.pairs, "user-agent") != metadata.DOORS:
            stream.abandon_connection()
        else:
            self._answer.break_off(stream)
            stream.reset(ErrorCode.INTERNAL_ERROR)

    def _close(self) -> None:
        """The call is over and drops all references."""
        self._relays.deadlines.discard(self)
        self._stream = self._attempt = None
        self._request, self._request_size = [], 0
        self._answer.drop()
        self._account()

    # How it goes on, and what it holds.

    def _drive(self, steps: Steps, then: Callable[[], None]) -> None:
        """Runs steps, then ``then``; when a step waits for a future, it goes on when the future is done."""
        self._steps = steps
        for waits in steps:
            if not waits.done():
                self._waits = waits
                waits.add_done_callback(partial(self._go_on, steps, then))
                return
        self._steps = self._waits = None
        then()

    @_guarded
    def _go_on(self, steps: Steps, then: Callable[[], None], waits: "asyncio.Future[Any]") -> None:
        if self._steps is steps and not waits.cancelled():
            self._drive(steps, then)

    def _keep(self) -> None:
        """Adds to the member's account. Raises Refusal (OVERLOADED) above the limit."""
        self._account()
        self._relays.state.admission.check_held(self.call.client)

    def _account(self) -> None:
        """Sets the call's part of the member's account: bytes that wait here and in the streams."""
        size = self._request_size + self._answer.size
        if self._stream is not None:
            size += self._stream.queued
        if self._attempt is not None:
            size += self._attempt.kept
        if self._copy is not None:
            size += self._copy.queued
        if size != self._holding:
            self._relays.state.admission.holding(self.call.client).held += size - self._holding
            self._holding = size

    def _taken_over(self, size: int) -> None:
        if self._attempt is not None:
            self._attempt.consumed(size)

    def _name_of_span(self) -> str:
        """The method if it is known; other paths are free text of the caller and stay out of traces."""
        call, snapshot = self.call, self._relays.state.snapshot
        if snapshot.method(call.method) is not None:
            return call.method
        return f"{call.contract if call.contract in snapshot.providers else _OTHER}/{_OTHER}"


def _method(path: str) -> str:
    """The method that a path names; empty when the path does not begin with a slash."""
    return path[1:] if path.startswith("/") else ""
