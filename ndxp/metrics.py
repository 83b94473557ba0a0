"""The metrics page of a process for Prometheus, at an address of its own, made for each request."""

import asyncio
import re
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ndxp import __version__
from ndxp.address import Address
from ndxp.hosts import trusted

DURATIONS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bounds in seconds: from a quick look-up to the default deadline of a call."""

_PATIENCE = 4.0
"""Seconds for one request, from the connection to the answer; Prometheus asks every 5."""

_AT_ONCE, _LONGEST = 8, 8192
_FOUND = f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE_PLAIN_0_0_4}\r\n"
_ELSEWHERE = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
_MISNAMED = "HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain\r\n"
_HOST = re.compile(rb"\r\nhost[ \t]*:([^\r\n]*)", re.IGNORECASE)


class Histogram:
    """Durations, counted by DURATIONS; the last of ``counts`` is for those above the last bound."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(DURATIONS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Counts one duration."""
        self.counts[bisect_left(DURATIONS, seconds)] += 1
        self.sum += seconds

    def add_to(self, family: HistogramMetricFamily, labels: Sequence[str] = ()) -> None:
        """Adds its samples to a family, with these values of the family's labels."""
        buckets, below = [], 0
        for bound, count in zip((*DURATIONS, "+Inf"), self.counts, strict=True):
            below += count
            buckets.append((str(bound), float(below)))
        family.add_metric(labels, buckets, sum_value=self.sum)


@asynccontextmanager
async def shown(
    address: str, *collects: Callable[[], Iterable[Metric]], refresh: Sequence[Callable[[], Awaitable[None]]] = ()
) -> AsyncIterator[None]:
    """Shows metrics, and those of prometheus_client's own registry, at ``host:port`` while in the block.

    An empty address shows nothing. ``collects`` give the metrics; ``refresh`` are called before every page, to fetch
    values from elsewhere, and must limit their own time. Raises OSError for an address in use.
    """
    if not address:
        yield
        return
    try:
        at = Address.parse(address, listening=True)
        page = _Page(at.host, collects, refresh)
        server = await asyncio.start_server(page.answer, at.hosts, at.port, limit=_LONGEST)
    except (OSError, ValueError) as error:
        raise OSError(f"cannot show metrics on {address}; is the port in use? See NDXP_METRICS_ADDRESS") from error
    async with server:
        yield


class _Read(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class _Page:
    """Answers requests: a few at once, each within a time limit, and one page after the other."""

    def __init__(
        self,
        name: str,
        collects: Sequence[Callable[[], Iterable[Metric]]],
        refresh: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        self._name = name
        self._collects = collects
        self._refresh = refresh
        self._making = asyncio.Lock()
        self._asking = 0

    def _collect(self) -> Iterable[Metric]:
        version = GaugeMetricFamily("ndxp_build_info", "The version that runs, as a label.", labels=("version",))
        version.add_metric((__version__,), 1)
        yield version
        for collect in self._collects:
            yield from collect()
        yield from REGISTRY.collect()  # metrics of the process itself, and those of an agency's author

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request; a malformed or missing request closes the connection."""
        self._asking += 1
        try:
            if self._asking <= _AT_ONCE:
                async with asyncio.timeout(_PATIENCE):
                    request = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._answer(request))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the process ends; asyncio's streams would log the cancellation as an error
        finally:
            self._asking -= 1
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        if request.split(b" ", 2)[:2] != [b"GET", b"/metrics"]:
            return _message(_ELSEWHERE, b"GET /metrics\n")
        if not all(trusted(host.decode("latin-1"), [self._name]) for host in _HOST.findall(request)):
            return _message(_MISNAMED, b"ask by the IP address, or the name in NDXP_METRICS_ADDRESS\n")
        async with self._making:
            for refresh in self._refresh:
                await refresh()
            # The numbers are read here, where nothing changes them meanwhile; formatting is most of the work.
            return _message(_FOUND, await asyncio.to_thread(generate_latest, _Read(list(self._collect()))))


def _message(head: str, body: bytes) -> bytes:
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
