"""Calls onward: an agency calls another one through the gateway, in its own name and within its caller's time."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.agency.caller import acting
from ndxp.attempts import named, numbered, repeat
from ndxp.client import Credentials, Exchange, TokenRefused, Tokens
from ndxp.errors import AgencyError, Code
from ndxp.retries import Policy, Retries
from ndxp.wire import metadata, status

LONGEST_WAIT = 10.0
"""Seconds that a call onward may take with all its attempts, however much time the caller has."""

_PASSING = {
    Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.ABORTED, Code.CANCELLED, Code.INTERNAL,
    Code.UNKNOWN,
}  # fmt: skip
_DECIDED = {Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.NOT_FOUND, Code.ALREADY_EXISTS}
_UNREADABLE = "what came cannot be read as the contract has it"
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer", bound=Message)
_Given = TypeVar("_Given")
_Pairs = list[metadata.Pair]


@dataclass(frozen=True, slots=True)
class OnwardMethod(Generic[_Answer]):
    """A method of another agency: unary, or with an answer for each request of a stream.

    ``described`` is the method in the contract, ``answer`` the type of its answer. ``purpose_of_call`` says in an error
    what the call is for ("the verification at the population database"); ``reason`` is the first part of the error's
    reason: VERIFICATION gives VERIFICATION_REFUSED and VERIFICATION_UNAVAILABLE.
    """

    described: MethodDescriptor
    answer: type[_Answer]
    purpose_of_call: str
    reason: str

    @property
    def path(self) -> str:
        """Where the method is on the wire."""
        return f"/{self.described.containing_service.full_name}/{self.described.name}"


@dataclass(frozen=True, slots=True)
class Answered(Generic[_Given]):
    """The other agency's answer, or its answers, and the transaction in which it was given."""

    answer: _Given
    transaction_id: str


class OnwardFailed(AgencyError):
    """A call onward has no answer. ``failure`` is what agency or gateway answered, None when nobody did."""

    def __init__(self, code: Code, reason: str, message: str, failure: status.Failure | None = None) -> None:
        super().__init__(code, reason, message)
        self.failure = failure

    @property
    def may_pass(self) -> bool:
        """Whether the same call may succeed later: nobody answered, or somebody who was busy, down or too slow."""
        return self.failure is None or self.failure.code in _PASSING

    @property
    def refusal(self) -> str:
        """The other agency's reason when it refuses what was asked, and always will; empty for every other failure."""
        failure = self.failure
        if failure is None or failure.code not in _DECIDED or failure.origin == "gateway":
            return ""
        return failure.reason or failure.code.name


class Onward:
    """Calls other agencies as the subsystem that is called or on an errand; reads its secret at the first call."""

    def __init__(self, *, gateway: str, control_url: str, credentials: Path) -> None:
        self._gateway = gateway
        self._control_url = control_url
        self._credentials = credentials
        self._tokens: dict[str, Tokens] = {}
        self._exchanges: dict[str, Exchange] = {}
        self._policy = Policy(Retries())

    async def call(
        self, method: OnwardMethod[_Answer], request: Message, *, purpose: str = "", provider: str = ""
    ) -> Answered[_Answer]:
        """Sends the request with the caller's remaining time and gives the answer; raises OnwardFailed without one.

        ``purpose`` is that of the running call unless another one is given. ``provider`` names the subsystem where
        several offer the contract. A call that failed for a moment is sent again, while there is time, when that cannot
        change anything twice (see ``ndxp.retries``).
        """
        send = partial(_send, method, request)
        return await self._repeat(method, send, (request,), purpose=purpose, provider=provider)

    async def call_each(
        self, method: OnwardMethod[_Answer], requests: Sequence[Message], *, purpose: str = "", provider: str = ""
    ) -> Answered[list[_Answer]]:
        """Sends the requests in one stream and gives the answer to each, in their order; otherwise as ``call``."""
        send = partial(_send_each, method, requests)
        return await self._repeat(method, send, requests, purpose=purpose, provider=provider)

    async def _repeat(
        self, method: OnwardMethod[Any], send: Callable[[Exchange, _Pairs, float], Awaitable[Answered[_Given]]],
        requests: Sequence[Message], *, purpose: str, provider: str,
    ) -> Answered[_Given]:  # fmt: skip
        timeout = min(acting().remaining, LONGEST_WAIT)
        if timeout <= 0:
            raise _no_answer(method, Code.DEADLINE_EXCEEDED, "no time was left for it")
        attempts = self._policy.begin(method.path, requests, time.monotonic() + timeout)
        pairs = named(acting().onward(purpose), attempts)
        if provider:
            pairs.append((metadata.SERVICE, provider))

        async def attempt(number: int) -> Answered[_Given]:
            exchange = await self._connected(method)
            return await send(exchange, numbered(pairs, number), attempts.ends - time.monotonic())

        try:
            return await repeat(attempts, attempt)
        except grpc.RpcError as error:
            raise _failed(method, status.decode(error)) from error

    async def close(self) -> None:
        """Closes the connections to the gateway."""
        for exchange in self._exchanges.values():
            await exchange.__aexit__()

    async def _connected(self, method: OnwardMethod[Any]) -> Exchange:
        subsystem = acting().provider
        try:
            if subsystem not in self._tokens:
                self._tokens[subsystem] = Tokens(self._control_url, Credentials.load(self._credentials, subsystem))
            await self._tokens[subsystem].get()
        except TokenRefused as error:
            _log.error("%s has no token for calls onward: %s", subsystem, error)
            why = "this agency got no token from the exchange (see its log)"
            raise _no_answer(method, Code.UNAVAILABLE, why) from error
        if subsystem not in self._exchanges:
            self._exchanges[subsystem] = Exchange(self._gateway, self._tokens[subsystem], retries=False)
        return self._exchanges[subsystem]


async def _send(
    method: OnwardMethod[_Answer], request: Message, exchange: Exchange, pairs: _Pairs, seconds: float
) -> Answered[_Answer]:
    send = exchange.channel.unary_unary(
        method.path,
        request_serializer=type(request).SerializeToString,
        response_deserializer=method.answer.FromString,
    )
    call = send(request, timeout=seconds, metadata=grpc.aio.Metadata(*pairs))
    answer: _Answer | None = await call  # grpc.aio gives None for bytes that are no message
    if answer is None:
        raise _no_answer(method, Code.UNAVAILABLE, _UNREADABLE)
    return Answered(answer, await _transaction_id(call))


async def _send_each(
    method: OnwardMethod[_Answer], requests: Sequence[Message], exchange: Exchange, pairs: _Pairs, seconds: float
) -> Answered[list[_Answer]]:
    send: Any = exchange.channel.stream_stream(
        method.path,
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=method.answer.FromString,
    )
    call = send(iter(requests), timeout=seconds, metadata=grpc.aio.Metadata(*pairs))
    answers = [answer async for answer in call]
    if None in answers:
        raise _no_answer(method, Code.UNAVAILABLE, _UNREADABLE)
    if len(answers) != len(requests):
        raise _no_answer(method, Code.UNAVAILABLE, f"it gave {len(answers)} answers to {len(requests)} questions")
    return Answered(answers, await _transaction_id(call))


async def _transaction_id(call: Any) -> str:
    """The transaction of a call that has ended."""
    return str((await call.trailing_metadata()).get(metadata.TRANSACTION_ID) or "")


def _failed(method: OnwardMethod[Any], failure: status.Failure) -> OnwardFailed:
    """What the caller gets to know: hop, reason and transaction, and never the inner message."""
    hop = failure.hop or failure.origin or "the way to the gateway"
    why = f"{hop} answered {failure.reason or failure.code.name}"
    if failure.transaction_id:
        why += f" in transaction {failure.transaction_id}"
    if failure.code is Code.PERMISSION_DENIED:
        return OnwardFailed(
            Code.FAILED_PRECONDITION, f"{method.reason}_REFUSED",
            f"{method.purpose_of_call} was refused to this agency: {why}; nothing was stored; it needs a grant for "
            f"{method.described.name}", failure,
        )  # fmt: skip
    code = Code.DEADLINE_EXCEEDED if failure.code is Code.DEADLINE_EXCEEDED else Code.UNAVAILABLE
    return _no_answer(method, code, why, failure)


def _no_answer(method: OnwardMethod[Any], code: Code, why: str, failure: status.Failure | None = None) -> OnwardFailed:
    message = f"{method.purpose_of_call} failed: {why}; nothing was stored; retry with the same request_id"
    return OnwardFailed(code, f"{method.reason}_UNAVAILABLE", message, failure)
