"""What a generator counts, second by second, until it is reported."""

from typing import Any

import msgspec


class Calls(msgspec.Struct):
    """Calls of one series: planned and dropped in the second they were due, the rest when they ended; times in µs.

    ``response`` and ``service`` are those of successful calls, ``failed`` is the response time of the others.
    """

    planned: int = 0
    dropped: int = 0
    statuses: dict[str, int] = {}
    failures: int = 0
    response: list[int] = []
    service: list[int] = []
    failed: list[int] = []


class Tick(msgspec.Struct):
    """One second of one generator. Requests count in the second they are due, answers in the second they come."""

    planned: int = 0
    sent: int = 0
    dropped: int = 0
    in_flight: int = 0
    series: dict[str, Calls] = {}


class Report(msgspec.Struct):
    """What a generator has counted since its last report. Seconds before ``through`` are complete."""

    through: int
    ticks: dict[int, Tick]


class Tally:
    """Counts of one generator process, by the second since the run began."""

    def __init__(self) -> None:
        self._ticks: dict[int, Tick] = {}
        self.in_flight = 0
        self.in_flight_max = 0

    def sent(self, at: float) -> None:
        """A request that was due at this second has been sent."""
        tick = self._tick(at)
        tick.planned += 1
        tick.sent += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight, self.in_flight_max)
        tick.in_flight = max(self.in_flight, tick.in_flight)

    def dropped(self, at: float) -> None:
        """A request that was due at this second could not be sent."""
        tick = self._tick(at)
        tick.planned += 1
        tick.dropped += 1

    def due(self, at: float, series: str, *, dropped: bool = False) -> None:
        """Counts a call that was due at this second, sent or dropped, for a series."""
        calls = self._calls(at, series)
        calls.planned += 1
        calls.dropped += dropped

    def finished(self, at: float) -> None:
        """A sent request is no longer under way."""
        self.in_flight -= 1
        self._tick(at)

    def answered(self, at: float, series: str, status: str, *, failed: bool, response: int, service: int) -> None:
        """An answer of a series came at this second; latencies in microseconds."""
        calls = self._calls(at, series)
        calls.statuses[status] = calls.statuses.get(status, 0) + 1
        if failed:
            calls.failures += 1
            calls.failed.append(response)
            return
        calls.response.append(response)
        calls.service.append(service)

    def take(self, now: float) -> Report:
        """Everything since the last report; begins a new one."""
        ticks, self._ticks = self._ticks, {}
        if int(now) not in ticks:
            ticks[int(now)] = Tick(in_flight=self.in_flight)
        return Report(through=int(now), ticks=ticks)

    def _calls(self, at: float, series: str) -> Calls:
        known = self._tick(at).series
        calls = known.get(series)
        if calls is None:
            calls = known[series] = Calls()
        return calls

    def _tick(self, at: float) -> Tick:
        second = int(at)
        tick = self._ticks.get(second)
        if tick is None:
            tick = self._ticks[second] = Tick(in_flight=self.in_flight)
        return tick


def pack(report: Report) -> dict[str, Any]:
    """A report as plain data, for Locust's messages."""
    return {"report": msgspec.msgpack.encode(report)}


def unpack(data: dict[str, Any]) -> Report:
    """A report out of a message."""
    return msgspec.msgpack.decode(data["report"], type=Report)
