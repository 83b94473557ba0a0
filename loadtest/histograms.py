"""Latencies as HDR histograms: 1 µs to 60 s with three digits, merged without loss, and exact in Locust's tables."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

from hdrh.histogram import HdrHistogram

LOWEST, HIGHEST, DIGITS = 1, 60_000_000, 3
"""The range of a histogram: lowest and highest value in microseconds, and the number of significant digits."""

_GATHERED = 1000
"""How many latencies are collected before they go into a histogram together."""


class Latencies:
    """A histogram of latencies, recorded in microseconds; more than a minute counts as a minute."""

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
        """Records a latency. They go into the histogram in batches, because one by one takes longer."""
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
        """The percentile in milliseconds; 0 when nothing is recorded."""
        [found] = self.percentiles([percent])
        return found

    def percentiles(self, percents: Iterable[float]) -> list[float]:
        """Several percentiles, in one walk through the histogram."""
        count = self.count
        if not count:
            return [0.0 for _ in percents]
        # The library rounds the rank to the nearest, so p99 of 60 calls would be the second slowest.
        shares = [100 * math.ceil(round(percent * count / 100, 6)) / count for percent in percents]
        found = self._whole().get_percentile_to_value_dict(shares)
        return [float(found[share]) / 1000 for share in shares]

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
    """A latency with three significant digits, as exact as the histograms; Locust itself keeps whole milliseconds."""
    if milliseconds <= 0:
        return 0.0
    return round(milliseconds, 2 - math.floor(math.log10(milliseconds)))


def make_tables_exact(stats: Any) -> None:
    """Makes Locust's own tables as exact; ``stats`` is ``locust.stats``. Call it in the master and in every worker."""
    stats.bucket_response_time = three_digits
