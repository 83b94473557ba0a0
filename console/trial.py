"""A call that somebody tries as a member: its question, its answers as they come, and how it ended."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from console.exchange import Refused
from ndxp import calling, messages
from ndxp.client import Exchange, TokenRefused, Tokens
from ndxp.errors import Code
from ndxp.wire import metadata, status

LONGEST = 300.0
"""Most seconds that a call may take."""
MOST_ANSWERS = 200
"""So many answers of a stream are shown; then the call is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and as whom. ``text`` is the request as JSON."""

    method: MethodDescriptor
    requests: list[Message]
    text: str
    member: str
    provider: str = ""
    purpose: str = ""
    message_id: str = ""
    deadline: float = 10.0

    @property
    def name(self) -> str:
        """The method, "package.Service/Method"."""
        return f"{self.method.containing_service.full_name}/{self.method.name}"

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The metadata of the call. Raises Refused when gRPC cannot carry it."""
        named = {
            metadata.SERVICE: self.provider, metadata.PURPOSE: self.purpose, metadata.MESSAGE_ID: self.message_id
        }  # fmt: skip
        try:
            return calling.pairs(named)
        except calling.NotCarried as error:
            raise Refused(str(error)) from error


@dataclass(slots=True)
class Call:
    """A call under way, or one that has ended: then ``seconds`` is what it took.

    ``cut`` says that it was ended because there were more answers than are shown, ``stopped`` that somebody ended it.
    """

    question: Question
    answers: list[Any] = field(default_factory=list)
    said: calling.Said = field(default_factory=calling.Said)
    failure: status.Failure | None = None
    seconds: float | None = None
    cut: bool = False
    stopped: bool = False
    _rpc: Any = None

    async def make(self, gateway: str, tokens: Tokens, changed: Callable[[], None]) -> None:
        """Makes the call, and tells of each answer and of the end. Raises Refused before it begins."""
        pairs = self.question.pairs()
        began = time.monotonic()
        try:
            await self._receive(gateway, tokens, pairs, changed)
        except TokenRefused as error:
            self.failure = status.Failure(Code.UNAUTHENTICATED, str(error))
        except asyncio.CancelledError:
            if not self.stopped:
                raise
        except grpc.RpcError as error:
            self.failure = status.decode(error)
        finally:
            self._rpc = None
            self.seconds = time.monotonic() - began
            changed()

    def stop(self) -> None:
        """Ends it; the provider is told."""
        if self._rpc is not None:
            self.stopped = True
            self._rpc.cancel()

    @property
    def transaction_id(self) -> str:
        """Its transaction; empty when the exchange did not say it."""
        return self.failure.transaction_id if self.failure is not None else self.said.transaction_id

    @property
    def outcome(self) -> str:
        """The code of its status and the reason."""
        if self.failure is not None:
            return f"{self.failure.code.name} {self.failure.reason}".strip()
        return "CANCELLED" if self.stopped or self.cut else "OK"

    async def _receive(
        self, gateway: str, tokens: Tokens, pairs: tuple[tuple[str, str], ...], changed: Callable[[], None]
    ) -> None:
        asked = self.question
        async with Exchange(gateway, tokens, deadline=asked.deadline, retries=False) as exchange:
            self._rpc = rpc = calling.begin(
                exchange.channel, asked.name, asked.method, asked.requests, asked.deadline, pairs
            )
            found = list[Message]()
            async for answer in rpc:
                if not asked.method.server_streaming:
                    found.append(answer)
                    continue
                self.said = calling.Said.of(dict(await rpc.initial_metadata()))
                self.answers.append(messages.shown(answer, self.said.withheld))
                changed()
                if len(self.answers) >= MOST_ANSWERS:
                    self.cut = True
                    return
            self.said = calling.Said.of({**dict(await rpc.initial_metadata()), **dict(await rpc.trailing_metadata())})
            self.answers += [messages.shown(answer, self.said.withheld) for answer in found]
