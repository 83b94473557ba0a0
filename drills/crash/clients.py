"""The clients: each has its own thread and connection, makes one call after the other, and notes every answer."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Self

import grpc

from drills.crash.calls import Calls, Send
from ndxp.client import OPTIONS
from ndxp.errors import BEFORE_ADMISSION, Code, Reason
from ndxp.wire import metadata, status

_DEADLINE = 8.0
_RETRY = 0.1
# The drill measures how long the exchange is away, not how long a client's library waits before its next attempt.
_RECONNECT = tuple(
    (f"grpc.{name}_reconnect_backoff_ms", ms) for name, ms in (("initial", 100), ("min", 100), ("max", 500))
)
_UNRECORDED = BEFORE_ADMISSION | {Reason.JOURNAL_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status from the exchange. ``at`` is on the monotonic clock, in seconds.

    ``recorded``: the ledger must have the transaction. It need not if the exchange could not record it or did not let
    the call in.
    """

    transaction_id: str
    ok: bool
    recorded: bool
    at: float


@dataclass(frozen=True, slots=True)
class Call:
    """A call: how often it was sent, how long it took in all (seconds), and whether it was served in the end."""

    attempts: int
    seconds: float
    served: bool


class Client:
    """One caller with an access token. ``answers`` and ``done`` grow while it runs.

    For ``patience`` seconds a call is sent again, the same request with the same request_id, when it was UNAVAILABLE or
    the answer did not come from the exchange: a proxy that loses a gateway gives another status.
    """

    def __init__(self, target: str, token: str, calls: Calls, patience: float = 0.0) -> None:
        self.answers: list[Answer] = []
        self.done: list[Call] = []
        self._patience = patience
        self._target = target
        self._identity = (metadata.AUTHORIZATION, f"Bearer {token}")
        self._calls = calls
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begins to call."""
        self._thread.start()

    def stop(self) -> None:
        """Lets the call under way end."""
        self._ended.set()

    def join(self) -> None:
        """Returns when it has ended."""
        self._thread.join()

    def served_since(self, moment: float) -> bool:
        """Whether a call was answered with OK after a moment."""
        return any(answer.ok and answer.at > moment for answer in self.answers[-20:])

    def outage(self) -> float:
        """The longest time between two calls answered with OK, in seconds."""
        times = [answer.at for answer in self.answers if answer.ok]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def _run(self) -> None:
        with grpc.insecure_channel(self._target, options=(*OPTIONS, *_RECONNECT)) as channel:
            while not self._ended.wait(self._calls.pause()):
                self.done.append(self._serve(self._calls.draw(channel)))

    def _serve(self, send: Send) -> Call:
        began, attempts = time.monotonic(), 0
        while True:
            attempts += 1
            try:
                self._note(send((self._identity,), _DEADLINE))
            except grpc.RpcError as error:
                failure = status.decode(error)
                self._note_failure(failure)
                again = failure.code is Code.UNAVAILABLE or not failure.transaction_id
                if again and time.monotonic() - began < self._patience:
                    time.sleep(_RETRY)
                    continue
                return Call(attempts, time.monotonic() - began, served=False)
            return Call(attempts, time.monotonic() - began, served=True)

    def _note(self, call: grpc.Call) -> None:
        found = [value for key, value in call.trailing_metadata() or () if key == metadata.TRANSACTION_ID]
        self.answers.append(Answer(str(found[0]), ok=True, recorded=True, at=time.monotonic()))

    def _note_failure(self, failure: status.Failure) -> None:
        if failure.transaction_id:  # without it the answer did not come from the exchange
            exempt = failure.origin == "gateway" and failure.reason in _UNRECORDED
            self.answers.append(Answer(failure.transaction_id, ok=False, recorded=not exempt, at=time.monotonic()))


class Load:
    """Clients that call during a ``with`` statement."""

    def __init__(self, target: str, token: str, calls: Sequence[Calls], patience: float = 0.0) -> None:
        self._clients = [Client(target, token, each, patience) for each in calls]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        for client in self._clients:
            client.stop()
        for client in self._clients:
            client.join()

    def served_since(self, moment: float) -> bool:
        """Whether every client had a call answered with OK after a moment."""
        return all(client.served_since(moment) for client in self._clients)

    @property
    def answers(self) -> list[Answer]:
        """The answers that the clients got."""
        return [answer for client in self._clients for answer in client.answers]

    @property
    def done(self) -> list[Call]:
        """Their calls."""
        return [call for client in self._clients for call in client.done]

    @property
    def outage(self) -> float:
        """The longest time that a client was without an answer OK, in seconds."""
        return max(client.outage() for client in self._clients)
