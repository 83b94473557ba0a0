"""The circuit breaker of one provider's address: after repeated failures it gets no calls for a moment."""

from ndxp.errors import Reason, Refusal

FAILURES = 5
"""Failures in a row that open the circuit."""

PAUSE = 2.0
"""Seconds until one call may try again."""


class Circuit:
    """Closed; or open, and then one call in every pause may try. ``now`` is seconds on any steady clock."""

    __slots__ = ("_failures", "_open_until")

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    @property
    def open(self) -> bool:
        """Whether it is open, also while one call tries."""
        return self._failures >= FAILURES

    def enter(self, address: str, now: float) -> None:
        """Lets a call through; while it is open, raises Refusal (CIRCUIT_OPEN) with the time to wait."""
        if not self.open:
            return
        if now < self._open_until:
            raise Refusal(
                Reason.CIRCUIT_OPEN,
                f"the provider at {address} failed {self._failures} times in a row",
                retry_after=max(0.1, self._open_until - now),
            )
        self._open_until = now + PAUSE

    def succeeded(self) -> None:
        """The provider answered, with any status."""
        self._failures = 0

    def failed(self, now: float) -> None:
        """The provider could not be reached."""
        self._failures += 1
        self._open_until = now + PAUSE
