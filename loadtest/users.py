"""Callers: make prepared calls with the caller's identity, and report their outcome."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from loadtest.calls import Prepared, Shape
from loadtest.consumers import Consumers
from ndxp.errors import Code
from ndxp.rpc import Answer, Lanes
from ndxp.wire import metadata
from ndxp.wire.status import reason_of

WRONG_ANSWER = "OK:WRONG_ANSWER"
"""The status of a malformed answer, or of one that contradicts the world; it is a failure."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call. ``status`` is CODE or CODE:REASON, ``size`` is the size of the messages in bytes."""

    status: str
    failed: bool
    transaction_id: str = ""
    size: int = 0


class Caller:
    """Makes prepared calls, one after the other or many at once. Its message ids are ``name`` and a number."""

    def __init__(self, lanes: Lanes, consumers: Consumers, *, deadline: float, name: str) -> None:
        self._lanes = lanes
        self._consumers = consumers
        self._deadline = deadline
        self._name = name
        self._count = 0

    def call(self, prepared: Prepared, ended: Callable[[Outcome], None]) -> None:
        """Makes a call; ``ended`` gets its outcome."""
        self._count += 1
        message_id = f"{self._name}-{self._count}"
        pairs = (
            *self._consumers.headers(prepared.client),
            (metadata.MESSAGE_ID, message_id),
            (metadata.PURPOSE, prepared.purpose),
            *(((metadata.SERVICE, prepared.provider),) if prepared.provider else ()),
        )
        self._lanes.ask(
            prepared.client,
            prepared.path,
            prepared.encode(message_id),
            pairs,
            self._deadline,
            lambda answer: ended(_outcome(prepared, answer)),
        )

    async def wait(self, prepared: Prepared) -> Outcome:
        """Makes a call and waits for its end."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.call(prepared, outcome.set_result)
        return await outcome


def _outcome(prepared: Prepared, answer: Answer) -> Outcome:
    transaction_id, reason = "", ""
    for key, value in answer.trailing:
        if key == metadata.TRANSACTION_ID:
            transaction_id = str(value)
        elif key == metadata.STATUS_DETAILS and isinstance(value, bytes):
            reason = reason_of(value)
    if answer.code is not Code.OK:
        status = f"{answer.code.name}:{reason}" if reason else answer.code.name
        return Outcome(status, failed=True, transaction_id=transaction_id)
    right = _is_right(prepared, answer)
    return Outcome("OK" if right else WRONG_ANSWER, not right, transaction_id, size=sum(map(len, answer.messages)))


def _is_right(prepared: Prepared, answer: Answer) -> bool:
    try:
        messages = [prepared.response.FromString(message) for message in answer.messages]
    except DecodeError:
        return False
    single = prepared.shape in (Shape.UNARY, Shape.IN)
    if single and len(messages) != 1:
        return False
    return prepared.right is None or prepared.right(messages[0] if single else messages)
