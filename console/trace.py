"""The transactions of a trace as a tree: a call that a provider made while it answered another one is below that."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """The time from the first request to the last answer, in µs since 1970."""

    begin: int
    end: int

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Axis":
        """The axis on which all records (at least one) find their place."""
        times = [time for record in records for time in (record["request_in_ts"], record["response_out_ts"]) if time]
        return cls(min(times), max(times))

    def part(self, begin: int, end: int) -> tuple[float, float]:
        """Where a span begins and how long it is, in hundredths of the axis."""
        whole = max(1, self.end - self.begin)
        return 100 * (begin - self.begin) / whole, 100 * max(0, end - begin) / whole


def trace_of(record: Record) -> str:
    """The W3C trace id of a record; empty when the caller named none."""
    parts = str(record["traceparent"]).split("-")
    return parts[1] if len(parts) > 1 else ""


def tree(records: Sequence[Record]) -> list[tuple[int, Record]]:
    """The records with their depth in the tree, each below the one that it belongs to, in the order of time.

    A call belongs to the latest one that its caller was answering when it came.
    """
    ordered = sorted(records, key=lambda record: (record["request_in_ts"], -record["response_out_ts"]))
    below: dict[int, list[int]] = {}
    for place, record in enumerate(ordered):
        answering = [
            earlier for earlier in range(place)
            if ordered[earlier]["service"] == record["client"]
            and record["request_in_ts"] <= ordered[earlier]["response_out_ts"]
        ]  # fmt: skip
        below.setdefault(answering[-1] if answering else -1, []).append(place)

    def walk(place: int, depth: int) -> Iterator[tuple[int, Record]]:
        for each in below.get(place, ()):
            yield depth, ordered[each]
            yield from walk(each, depth + 1)

    return list(walk(-1, 0))
