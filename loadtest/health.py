"""The health of a generator process: its loop's lag, late sending and CPU, which decide whether its figures count."""

import asyncio
import os
import socket
import time

from loadtest.histograms import Latencies
from loadtest.results import Generator

TICK = 0.02
"""Seconds between two looks at the loop's lag."""


class Health:
    """Measures from ``start`` until ``stop``. ``late`` records how long after its due time each call was sent."""

    def __init__(self) -> None:
        self._lag, self.late = Latencies(), Latencies()
        self._ticker: asyncio.Task[None] | None = None
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """Begins to measure."""
        self._wall, self._cpu = time.monotonic(), time.process_time()
        self._ticker = asyncio.create_task(self._tick())

    def stop(self) -> None:
        """Stops measuring; harmless when it has stopped already."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
            self._wall, self._cpu = time.monotonic() - self._wall, time.process_time() - self._cpu

    def report(self, in_flight_max: int) -> Generator:
        """What was measured, once it has stopped."""
        return Generator(
            name=f"{socket.gethostname()}:{os.getpid()}",
            pid=os.getpid(),
            cpu=round(self._cpu / self._wall, 4) if self._wall else 0.0,
            lag_p99_ms=self._lag.percentile(99),
            lag_max_ms=self._lag.highest,
            late_p99_ms=self.late.percentile(99),
            in_flight_max=in_flight_max,
        )

    async def _tick(self) -> None:
        while True:
            due = time.monotonic() + TICK
            await asyncio.sleep(TICK)
            self._lag.record(round((time.monotonic() - due) * 1e6))
