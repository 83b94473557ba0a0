"""The account of a peer's nuisances: work that brings the peer nothing and costs us something."""

import time

from ndxp.http2.errors import ConnectionFailure, ErrorCode
from ndxp.http2.limits import Limits


class Nuisances:
    """Fills with every nuisance and empties with time, as ``Limits`` says."""

    __slots__ = ("_at", "_at_once", "_count", "_per_second")

    def __init__(self, limits: Limits) -> None:
        self._at_once = limits.nuisances_at_once
        self._per_second = limits.nuisances_per_second
        self._count = 0.0
        self._at = time.monotonic()

    def count(self, cost: float = 1.0) -> None:
        """Adds so many. Raises ConnectionFailure (ENHANCE_YOUR_CALM) when there are too many."""
        now = time.monotonic()
        self._count = max(0.0, self._count - (now - self._at) * self._per_second) + cost
        self._at = now
        if self._count > self._at_once:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry no call")
