"""Who is calling: what the gateway's assertion says of the call that an agency is answering."""

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

    def onward(self, purpose: str = "") -> list[tuple[str, str]]:
        """Metadata for a call onward: it belongs to the same trace and names the transaction it is made for."""
        pairs = [(metadata.MESSAGE_ID, self.assertion.transaction_id)]
        if self.assertion.traceparent:
            pairs.append((metadata.TRACEPARENT, self.assertion.traceparent))
        if self.assertion.user_id:
            pairs.append((metadata.USER_ID, self.assertion.user_id))
        if stated := purpose or self.assertion.purpose:
            pairs.append((metadata.PURPOSE, stated))
        return pairs


_current: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """The caller of the method that is running; raises LookupError outside of one."""
    return _current.get()


def set_caller(assertion: Assertion, remaining: float | None) -> Caller:
    """Makes the call known to the method about to run; ``remaining`` is in seconds, None when not bounded."""
    current = Caller(assertion, monotonic() + (_NOT_BOUNDED if remaining is None else remaining))
    _current.set(current)
    return current
