"""Statistics of one member at one service in one period: counts, reasons, durations, sizes."""

import math
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.core.transaction import Origin, Record
from ndxp.errors import Code, code_name

MINUTE, DAY = 60, 86_400
"""Periods, in seconds; a day begins at midnight UTC."""

MOST_REASONS, OTHER = 100, "OTHER"
"""How many different reasons are counted separately; providers may send any text."""

_GROWTH = 1.02
_LOG = math.log(_GROWTH)
_Counted = TypeVar("_Counted", int, str)


@dataclass(slots=True)
class Rollup:
    """Sums of outcomes. Durations are µs at the gateway, kept as a histogram whose buckets grow by 2 %.

    ``answered`` are OK, ``failed`` are errors of the provider, ``refused`` are errors of the exchange; ``reasons``
    counts the last two by reason, or by code where there is no reason.
    """

    answered: int = 0
    failed: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    duration_sum: int = 0
    duration_min: int = 0
    duration_max: int = 0
    durations: dict[int, int] = field(default_factory=dict)
    request_bytes: int = 0
    response_bytes: int = 0

    @property
    def count(self) -> int:
        """All outcomes."""
        return self.answered + self.failed + self.refused

    def add(self, record: Record) -> None:
        """Adds an outcome."""
        duration = max(0, record.response_out_ts - record.request_in_ts)
        self.duration_min = min(self.duration_min, duration) if self.count else duration
        self.duration_max = max(self.duration_max, duration)
        self.duration_sum += duration
        _count(self.durations, _bucket(duration))
        if record.status_code == Code.OK:
            self.answered += 1
        else:
            self._give_reason(record.reason or code_name(record.status_code))
            if record.origin is Origin.PROVIDER:
                self.failed += 1
            else:
                self.refused += 1
        self.request_bytes += record.request_size
        self.response_bytes += record.response_size

    def merge(self, other: "Rollup") -> None:
        """Adds another rollup to this one."""
        if other.count:
            self.duration_min = min(self.duration_min, other.duration_min) if self.count else other.duration_min
            self.duration_max = max(self.duration_max, other.duration_max)
        self.answered += other.answered
        self.failed += other.failed
        self.refused += other.refused
        self.duration_sum += other.duration_sum
        self.request_bytes += other.request_bytes
        self.response_bytes += other.response_bytes
        for reason, number in other.reasons.items():
            self._give_reason(reason, number)
        for bucket, number in other.durations.items():
            _count(self.durations, bucket, number)

    def _give_reason(self, reason: str, number: int = 1) -> None:
        known = reason in self.reasons or len(self.reasons) < MOST_REASONS
        _count(self.reasons, reason if known else OTHER, number)

    def percentile(self, share: float) -> int:
        """The duration, in µs and within 1 %, below which this share (0 to 1) of the outcomes were; 0 for none."""
        rank, seen = share * self.count, 0
        for bucket in sorted(self.durations):
            seen += self.durations[bucket]
            if seen >= rank:
                return min(max(_middle(bucket), self.duration_min), self.duration_max)
        return 0


def _count(counts: dict[_Counted, int], what: _Counted, number: int = 1) -> None:
    counts[what] = counts.get(what, 0) + number


def _bucket(duration: int) -> int:
    return math.ceil(math.log(duration) / _LOG) if duration > 0 else -1


def _middle(bucket: int) -> int:
    return round(2 * _GROWTH**bucket / (_GROWTH + 1)) if bucket >= 0 else 0
