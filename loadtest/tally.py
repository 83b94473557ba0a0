"""What a generator counts, second by second, until it is reported."""

from typing import Any

import msgspec


class Answers(msgspec.Struct):
    """Answers of one series in one second; latencies in microseconds."""

    statuses: dict[str, int] = {}
    failures: int = 0
    response: list[int] = []
    service: list[int] = []


class Tick(msgspec.Struct):
    """One second of one generator. Requests count in the second they are due, answers in the second they come."""

    planned: int = 0
    sent: int = 0
    dropped: int = 0
    in_flight: int = 0
    answers: dict[str, Answers] = {}


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

    def finished(self, at: float) -> None:
        """A sent request is no longer under way."""
        self.in_flight -= 1
        self._tick(at)

    def answered(self, at: float, series: str, status: str, *, failed: bool, response: int, service: int) -> None:
        """An answer of a series came at this second; latencies in microseconds."""
        answers = self._tick(at).answers
        known = answers.get(series)
        if known is None:
            known = answers[series] = Answers()
        known.statuses[status] = known.statuses.get(status, 0) + 1
        known.failures += failed
        known.response.append(response)
        known.service.append(service)

    def take(self, now: float) -> Report:
        """Everything since the last time, and starts anew."""
        ticks, self._ticks = self._ticks, {}
        if int(now) not in ticks:
            ticks[int(now)] = Tick(in_flight=self.in_flight)
        return Report(through=int(now), ticks=ticks)

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
