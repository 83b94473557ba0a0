"""Latencies as HDR histograms: 1 µs to 60 s with three digits, merged without loss, and exact in Locust's tables."""

import math
from collections import Counter
from typing import Any, Self

from hdrh.histogram import HdrHistogram

LOWEST, HIGHEST, DIGITS = 1, 60_000_000, 3
"""What a histogram tells apart: microseconds from lowest to highest, to so many significant digits."""

_GATHERED = 1000
"""Latencies that gather before they go into a histogram."""


class Latencies:
    """A histogram of latencies. Recorded in microseconds; what is above a minute counts as a minute."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(LOWEST, HIGHEST, DIGITS)
        self._noted: list[int] = []

    @classmethod
    def decode(cls, encoded: str) -> Self:
        """A histogram from its text (HDR V2, compressed, base64). An empty text is an empty histogram."""
        latencies = cls()
        latencies.add(encoded)
        return latencies

    @property
    def count(self) -> int:
        """How many latencies are recorded."""
        return int(self._whole().get_total_count())

    def record(self, microseconds: int, count: int = 1) -> None:
        """Records a latency. They gather before they go into the histogram, which takes longer one by one."""
        self._noted += [microseconds] * count
        if len(self._noted) >= _GATHERED:
            self._whole()

    def add(self, encoded: str) -> None:
        """Adds all of another histogram, given as text."""
        if encoded:
            self._histogram.decode_and_add(encoded.encode())

    def encode(self) -> str:
        """The histogram as text (HDR V2, compressed, base64)."""
        return str(self._whole().encode().decode())

    def percentile(self, percent: float) -> float:
        """The latency, in milliseconds, that so many percent do not exceed; 0 when nothing is recorded."""
        if not self.count:
            return 0.0
        # The library rounds the rank to the nearest, so that of 60 calls the slowest but one would be p99.
        rank = math.ceil(round(percent * self.count / 100, 6))
        return float(self._whole().get_value_at_percentile(100 * rank / self.count)) / 1000

    @property
    def highest(self) -> float:
        """The highest latency, in milliseconds; 0 when nothing is recorded."""
        return float(self._whole().get_max_value()) / 1000 if self.count else 0.0

    def _whole(self) -> Any:
        noted, self._noted = self._noted, []
        for microseconds, count in Counter(noted).items():
            self._histogram.record_value(min(max(microseconds, LOWEST), HIGHEST), count)
        return self._histogram


def three_digits(milliseconds: float) -> float:
    """A latency to three significant digits: as exact as the histograms, where Locust keeps whole milliseconds."""
    if milliseconds <= 0:
        return 0.0
    return round(milliseconds, 2 - math.floor(math.log10(milliseconds)))


def make_tables_exact(stats: Any) -> None:
    """Makes Locust's own tables as exact; ``stats`` is ``locust.stats``. Needed in the master and in every worker."""
    stats.bucket_response_time = three_digits
