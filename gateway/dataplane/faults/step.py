"""The step "fault": which effects a call meets, and what they do to it before and after the provider.

Without a rule, and without a caller who asks for a fault, none of this runs.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import redis

from gateway.core import validity
from gateway.core.effects import NONE, EffectError, Effects, parse
from gateway.core.faults import Fault
from gateway.core.transaction import Call
from gateway.store import Store
from ndxp.errors import RULES, Code, Reason, Refusal
from ndxp.wire import metadata

if TYPE_CHECKING:
    from gateway.dataplane.pipeline import Steps, WorkerState

_PREFIX = "ndxp:fault:"
_PATIENCE = 1.0
_LONGEST_COUNT = 7 * 86_400
"""Seconds after which a counter is forgotten when nothing has counted on it."""

_MOST_COUNTED = 10_000


class FaultCounts:
    """Numbers the calls that match a rule. All workers count together in the store; without it each by itself."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._own: dict[str, int] = {}

    async def next(self, name: str, ends_in: float) -> int:
        """The number of the next call on this counter, from 1; the rule ends in so many seconds."""
        if self._store is not None:
            try:
                async with asyncio.timeout(_PATIENCE), self._store.pipeline(transaction=True) as pipe:
                    pipe.incr(_PREFIX + name)
                    pipe.expire(_PREFIX + name, int(min(max(1.0, ends_in), _LONGEST_COUNT)))
                    return int((await pipe.execute())[0])
            except (redis.RedisError, TimeoutError):
                pass
        if len(self._own) >= _MOST_COUNTED:
            self._own.clear()
        self._own[name] = self._own.get(name, 0) + 1
        return self._own[name]


def check_caller(allowed: bool, call: Call) -> None:
    """Raises Refusal (INVALID_METADATA) when the caller asks for a fault that it cannot have."""
    text = call.headers.get(metadata.FAULT)
    if text is None:
        return
    try:
        if not allowed:
            raise EffectError("this exchange takes no faults from callers (NDXP_FAULTS_BY_CALLER); use a rule")
        parse(text, by_caller=True)
    except EffectError as error:
        raise Refusal(
            Reason.INVALID_METADATA, f"{metadata.FAULT}: {error}", metadata={"key": metadata.FAULT}
        ) from error


def choose(state: "WorkerState", call: Call) -> "Steps":
    """Sets the effects that the call meets: those that its caller asks for, or those of the first rule that fits.

    The address for the call comes from the first rule that has one, beside other effects.
    """
    headers, now = call.headers, time.time()
    names: list[str] = []
    effects, to = NONE, ""
    if asked := headers.get(metadata.FAULT):
        effects = parse(asked, by_caller=True)
        names.append(metadata.FAULT_OF_CALLER)
    purpose, message_id = headers.get(metadata.PURPOSE, ""), headers.get(metadata.MESSAGE_ID, "")
    snapshot = state.snapshot
    for rule, given in snapshot.faults.matching(
        call.client, snapshot.names, call.service, call.method, purpose, message_id, now
    ):
        does_more = given != Effects(to=given.to)
        wanted = (effects == NONE and does_more) or (given.to and not to)
        number = 0
        if rule.counts:  # also where it is not wanted: the same calls have the same numbers then
            counting = asyncio.ensure_future(state.fault_counts.next(*_counter(rule, call, message_id, now)))
            yield counting
            number = counting.result()
        if not wanted or (rule.counts and not rule.chooses(number)):
            continue
        to = to or given.to
        effects = given if effects == NONE and does_more else effects
        names.append(rule.id)
    if names:
        call.fault = ",".join(names)
        call.effects = replace(effects, to=to)
        call.address = to or call.address


def _counter(rule: Fault, call: Call, message_id: str, now: float) -> tuple[str, float]:
    return rule.counted_by(call.client, message_id), validity.end(rule.valid_until) - now


def before(call: Call) -> "Steps":
    """What happens before the provider gets the call. Raises Refusal when the call ends so."""
    if not call.effects.after:
        yield from _happen(call)


def after(call: Call) -> "Steps":
    """What happens when the provider has answered. Raises Refusal when the call ends so."""
    if call.effects.after:
        yield from _happen(call)


def _happen(call: Call) -> Iterator["asyncio.Future[Any]"]:
    effects = call.effects
    if effects.delay is not None:
        yield _pause(effects.delay.seconds(Random(call.transaction_id)))
    if effects.ends:
        raise refusal(call)


def refusal(call: Call) -> Refusal:
    """How a call ends by the fault that it meets.

    The record always has FAULT_INJECTED, also where the caller reads another reason.
    """
    effects, retry_after, shown = call.effects, call.effects.retry_after, call.effects.reason
    code = effects.code or (Code.UNAVAILABLE if effects.drop else Code.INTERNAL)
    what = f"{code.name} was set for this call"
    if effects.refuse is not None:
        rule, shown = RULES[effects.refuse], str(effects.refuse)
        code, what = rule.code, f"{rule.meaning} (set for this call)"
        retry_after = 1.0 if code in (Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE) else None
    elif effects.drop or effects.reset or effects.cut:
        what = "the connection breaks here"
    if effects.after:
        what += "; the provider has answered, and its answer is lost"
    return Refusal(
        Reason.FAULT_INJECTED, f"fault {call.fault}: {what}", retry_after=retry_after, metadata={"fault": call.fault},
        code=code, shown=shown,
    )  # fmt: skip


def _pause(seconds: float) -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, _end, over)
    return over


def _end(over: "asyncio.Future[None]") -> None:
    if not over.done():  # the call may have ended before
        over.set_result(None)
