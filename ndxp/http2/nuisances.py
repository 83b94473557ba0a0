"""The account of a peer's nuisances: work that costs us something and has no use for the peer."""

import time

from ndxp.http2.errors import ConnectionFailure, ErrorCode

TOO_MANY_NUISANCES = "too many frames that carry no call"
"""The text for a peer whose account of nuisances is full."""


class Nuisances:
    """Fills with every nuisance and empties with time.

    It holds ``at_once`` nuisances, and ``per_second`` of them leave it in a second; ``text`` is sent to the peer when
    there are more.
    """

    __slots__ = ("_at", "_at_once", "_count", "_per_second", "_text")

    def __init__(self, at_once: float, per_second: float, text: str) -> None:
        self._at_once = at_once
        self._per_second = per_second
        self._text = text
        self._count = 0.0
        self._at = time.monotonic()

    def count(self, cost: float = 1.0) -> None:
        """Adds so many. Raises ConnectionFailure (ENHANCE_YOUR_CALM) when there are too many."""
        now = time.monotonic()
        self._count = max(0.0, self._count - (now - self._at) * self._per_second) + cost
        self._at = now
        if self._count > self._at_once:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, self._text)

    def forget(self) -> None:
        """Empties it."""
        self._count = 0.0
