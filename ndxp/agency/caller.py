"""Who is calling: what the gateway's assertion says of the call that an agency is answering.

An agency also works when nobody calls: on a dossier that has become due, for example. Then it is on an errand.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic

from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion

_NOT_BOUNDED = 30.0


@dataclass(frozen=True, slots=True)
class Caller:
    """The calling subsystem and the transaction; ``deadline`` is on the monotonic clock, in seconds."""

    assertion: Assertion
    deadline: float

    @property
    def client(self) -> str:
        """Identifier of the calling subsystem."""
        return self.assertion.client

    @property
    def provider(self) -> str:
        """Identifier of the subsystem that is called, for an agency that runs as several."""
        return self.assertion.provider

    @property
    def remaining(self) -> float:
        """Seconds that are left for the answer; for a call onward to another agency."""
        return max(0.0, self.deadline - monotonic())

    def begin_trace(self) -> str:
        """The traceparent of a matter that begins with this call: that of the call, or a new one if it has none."""
        return self.assertion.traceparent or metadata.new_traceparent()

    def onward(self, purpose: str = "") -> list[tuple[str, str]]:
        """Metadata for a call onward: it belongs to the same trace and names the transaction it is made for."""
        call = self.assertion
        return _pairs(call.transaction_id, call.traceparent, call.user_id, purpose or call.purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What an agency does by itself: as which of its subsystems, and what its calls onward say.

    ``traceparent`` is that of the call with which the matter began: so all that is done in one matter, by whichever
    agency, is one trace. ``message_id`` is the agency's own name for the matter, such as the code of a dossier.
    """

    provider: str
    traceparent: str = ""
    message_id: str = ""
    user_id: str = ""
    purpose: str = ""

    @property
    def remaining(self) -> float:
        """Seconds for a call onward: nobody waits for it."""
        return _NOT_BOUNDED

    def onward(self, purpose: str = "") -> list[tuple[str, str]]:
        """Metadata for a call onward."""
        return _pairs(self.message_id, self.traceparent, self.user_id, purpose or self.purpose)


_current: ContextVar[Caller | Errand] = ContextVar("caller")


def caller() -> Caller:
    """The caller of the method that is running; raises LookupError outside of one."""
    current = _current.get()
    if isinstance(current, Errand):
        raise LookupError("nobody calls: this is an errand")
    return current


def acting() -> Caller | Errand:
    """Why the agency is at work: the call that it answers, or its errand; raises LookupError outside of both."""
    return _current.get()


def transaction_under_way() -> str:
    """The transaction of the call that is being answered; empty outside of a call."""
    current = _current.get(None)
    return current.assertion.transaction_id if isinstance(current, Caller) else ""


@contextmanager
def on_errand(errand: Errand) -> Iterator[None]:
    """Within it the agency acts by itself."""
    token = _current.set(errand)
    try:
        yield
    finally:
        _current.reset(token)


def _pairs(message_id: str, traceparent: str, user_id: str, purpose: str) -> list[tuple[str, str]]:
    return metadata.carried(
        {
            metadata.MESSAGE_ID: message_id,
            metadata.TRACEPARENT: traceparent,
            metadata.USER_ID: user_id,
            metadata.PURPOSE: purpose,
        }
    )


def set_caller(assertion: Assertion, remaining: float | None) -> Caller:
    """Makes the call known to the method about to run; ``remaining`` is in seconds, None when not bounded."""
    current = Caller(assertion, monotonic() + (_NOT_BOUNDED if remaining is None else remaining))
    _current.set(current)
    return current
