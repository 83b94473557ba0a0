"""Latencies of finished runs: histograms of several series as one, their mean and their percentile spectrum."""

import math
from collections.abc import Iterable
from typing import Self

from loadtest.histograms import Latencies
from ndxp.plural import decimal


def shown(milliseconds: float | None) -> str:
    """A latency for people; a dash where no call succeeded."""
    return "–" if milliseconds is None else decimal(milliseconds, ",.1f")


class Latency(Latencies):
    """How long calls took, in ms."""

    @classmethod
    def merge(cls, encoded: Iterable[str]) -> Self:
        """Adds up histograms in the form of ``Series``; raises ValueError for an invalid one."""
        total = cls()
        for text in encoded:
            try:
                total.add(text)
            except Exception as error:  # the decoder passes on all errors of base64, zlib and struct
                raise ValueError(f"no HDR histogram: {text[:20]!r}") from error
        return total

    @property
    def mean(self) -> float:
        """The mean; 0 without calls."""
        return float(self._histogram.get_mean_value()) / 1000 if self.count else 0.0

    def known(self, percent: float) -> float | None:
        """The percentile, in ms; None without calls."""
        return self.percentile(percent) if self.count else None

    def spectrum(self, points: int = 200) -> list[tuple[float, float]]:
        """(percentile, ms), denser towards 100, as HDR plots draw it; only as far as the number of calls allows."""
        if not self.count:
            return []
        nines = math.log10(self.count)
        percents = [100 * (1 - 10 ** (-nines * step / points)) for step in range(points + 1)]
        return list(zip(percents, self.percentiles(percents), strict=True))
