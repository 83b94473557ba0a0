"""Sends calls again as ``ndxp.retries`` decides, for asyncio; for threads see ``ndxp.attempts_in_threads``."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

import grpc

from ndxp.retries import Attempts, Policy, Retries, passing
from ndxp.wire import metadata, status

_Given = TypeVar("_Given")
Send = Callable[[int], Awaitable[_Given]]
"""Sends the attempt of that number and gives its answer; raises grpc.RpcError without one."""


def policy_of(retries: Retries | bool) -> Policy | None:
    """The policy that a caller wants: one of his own, the usual one (True), or none (False)."""
    if isinstance(retries, Retries):
        return Policy(retries)
    return Policy(Retries()) if retries else None


async def repeat(attempts: Attempts, send: Send[_Given]) -> _Given:
    """Sends a call until it has its answer; raises grpc.RpcError when there is no further attempt."""
    while True:
        try:
            given = await (send(attempts.next()) if attempts.hedge is None else _hedged(attempts, attempts.hedge, send))
        except grpc.RpcError as error:
            pause = pause_after(error, attempts)
            if pause is None:
                raise
        else:
            attempts.answered()
            return given
        await asyncio.sleep(pause)


def pause_after(error: grpc.RpcError, attempts: Attempts) -> float | None:
    """Seconds until the next attempt; None when this failure is final."""
    failure = status.decode(error)
    return attempts.pause(failure.code, failure.retry_after, time.monotonic())


def is_final(ending: object) -> bool:
    """Whether a copy has ended with an answer, or with a failure that the other copy would have too."""
    if not isinstance(ending, grpc.RpcError):
        return True
    failure = status.decode(ending)
    return not passing(failure.code, failure.retry_after)


def named(pairs: metadata.Pairs | None, attempts: Attempts) -> list[metadata.Pair]:
    """The metadata of a call, with a message id that its attempts have in common."""
    own = list(pairs or ())
    if attempts.repeatable and not metadata.first(own, metadata.MESSAGE_ID):
        own.append((metadata.MESSAGE_ID, str(uuid4())))
    return own


def numbered(pairs: list[metadata.Pair], number: int) -> list[metadata.Pair]:
    """The metadata of one attempt: a later one says how many were before it."""
    return [*pairs, (metadata.ATTEMPTS_BEFORE, str(number - 1))] if number > 1 else pairs


def interceptors(policy: Policy | None, deadline: float) -> list[grpc.aio.ClientInterceptor]:
    """What sends calls with one request again; it comes before what begins a call.

    ``deadline`` is that of a unary call without one, in seconds.
    """
    return [] if policy is None else [_Unary(policy, deadline), _Stream(policy, deadline)]


class _Repeating:
    def __init__(self, policy: Policy, deadline: float) -> None:
        self._policy = policy
        self._deadline = deadline

    async def _call(self, continuation: Any, details: Any, request: Any, *, unary: bool) -> Any:
        within = self._deadline if details.timeout is None else details.timeout
        attempts = self._policy.begin(details.method.decode(), (request,), time.monotonic() + within)
        bounded = unary or details.timeout is not None
        pairs = named(details.metadata, attempts)

        async def send(number: int) -> Any:
            own = grpc.aio.Metadata(*numbered(pairs, number))
            left = attempts.ends - time.monotonic() if bounded else None
            call = await continuation(details._replace(timeout=left, metadata=own), request)
            try:
                if not unary:
                    return await _begun(call)
                await call
            except asyncio.CancelledError:
                call.cancel()
                raise
            return call

        return await repeat(attempts, send)


class _Unary(_Repeating, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._call(continuation, client_call_details, request, unary=True)


class _Stream(_Repeating, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._call(continuation, client_call_details, request, unary=False)


async def _begun(call: Any) -> Any:
    """The call, once its answers have begun; raises grpc.RpcError when it fails before.

    Headers are the beginning, as in gRPC's own retries: a stream may have nothing to say for long. A failure comes
    without headers; so may a stream, and then its first message is the beginning.
    """
    if await call.initial_metadata():
        return call
    answers = aiter(call)
    async for first in answers:
        return _from(first, answers)
    return call


async def _from(first: Any, answers: AsyncIterator[Any]) -> AsyncIterator[Any]:
    yield first
    async for answer in answers:
        yield answer


async def _hedged(attempts: Attempts, delay: float, send: Send[_Given]) -> _Given:
    """Sends a call, and a copy of it when there is no answer after ``delay``; the first answer ends the other one."""
    async with asyncio.TaskGroup() as group:
        first = group.create_task(_ending(send(attempts.next())))
        ended, waiting = await asyncio.wait({first}, timeout=delay)
        if not ended and attempts.may_copy():
            waiting.add(group.create_task(_ending(send(attempts.next()))))
        while waiting and not any(is_final(copy.result()) for copy in ended):
            ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for copy in waiting:
            copy.cancel()
    endings = [copy.result() for copy in ended]
    ending = next(filter(is_final, endings), endings[0])
    if isinstance(ending, Exception):
        raise ending
    return ending


async def _ending(sent: Awaitable[_Given]) -> _Given | Exception:
    """How a copy ends; the task group would wrap what it raises, such as TokenRefused."""
    try:
        return await sent
    except Exception as error:
        return error
