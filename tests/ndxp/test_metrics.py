"""The page that a process shows to Prometheus."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from ndxp import metrics
from ndxp.metrics import DURATIONS, Histogram, shown
from tests.support.scrape import free_address


def rooms() -> list[Metric]:
    return [GaugeMetricFamily("rooms", "Rooms.", 3)]


async def fetch(address: str, path: str = "/metrics") -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://{address}{path}")


async def test_the_page_has_what_is_collected_and_the_process_itself() -> None:
    address = free_address()
    async with shown(address, rooms):
        answer = await fetch(address)
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert families["rooms"].samples[0].value == 3
    assert families["process_resident_memory_bytes"].samples[0].value > 1_000_000


async def test_what_others_know_is_asked_before_every_page() -> None:
    asked: list[int] = []

    async def refresh() -> None:
        asked.append(1)

    def collect() -> list[Metric]:
        return [GaugeMetricFamily("asked", "Times.", len(asked))]

    address = free_address()
    async with shown(address, collect, refresh=[refresh]):
        pages = [(await fetch(address)).text for _ in range(2)]
    assert "\nasked 1.0\n" in pages[0]
    assert "\nasked 2.0\n" in pages[1]


async def test_the_address_of_everything_is_that_of_ipv4_too() -> None:
    _, _, port = free_address().rpartition(":")
    async with shown(f"[::]:{port}", rooms):
        pages = [await fetch(f"{host}:{port}") for host in ("127.0.0.1", "[::1]")]
    assert [page.status_code for page in pages] == [200, 200]


async def test_an_address_that_is_not_named_shows_nothing() -> None:
    async with shown("", rooms):
        assert len(asyncio.all_tasks()) == 1


async def test_a_taken_address_is_a_sentence_that_names_it_and_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match=rf"cannot show metrics on {address}.*NDXP_METRICS_ADDRESS"):
            async with shown(address):
                pass


async def test_another_path_is_told_where_the_metrics_are() -> None:
    address = free_address()
    async with shown(address):
        answer = await fetch(address, "/")
    assert (answer.status_code, answer.text) == (404, "GET /metrics\n")


async def test_metrics_are_for_nobody_who_asks_by_a_name_of_the_public_dns() -> None:
    address = free_address()
    async with shown(address), httpx.AsyncClient() as client:
        for host in ("rebound.example.com", "localhost.example.com:9464"):
            answer = await client.get(f"http://{address}/metrics", headers={"Host": host})
            assert (answer.status_code, "python_info" in answer.text) == (421, False)
        for host in (address, "localhost:9464", "gateway:9464", "[::1]:9464", "gateway.ndxp.svc"):
            assert (await client.get(f"http://{address}/metrics", headers={"Host": host})).status_code == 200


@asynccontextmanager
async def silent(address: str) -> AsyncIterator[asyncio.StreamReader]:
    """A connection that says nothing."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield reader
    writer.close()


async def test_who_says_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_PATIENCE", 0.01)
    address = free_address()
    async with shown(address), silent(address) as reader:
        assert await asyncio.wait_for(reader.read(), 20) == b""


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET /metrics\n" * 1000])
async def test_who_talks_nonsense_gets_no_page_and_hurts_nobody(said: bytes) -> None:
    address = free_address()
    host, _, port = address.rpartition(":")
    async with shown(address):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(said)
        assert b"200 OK" not in await reader.read()
        writer.close()
        assert (await fetch(address)).status_code == 200


async def test_more_than_a_few_at_once_are_hung_up_on() -> None:
    address = free_address()
    async with shown(address), AsyncExitStack() as others:
        for _ in range(metrics._AT_ONCE):
            await others.enter_async_context(silent(address))
        with pytest.raises(httpx.HTTPError):
            await fetch(address)
    async with shown(address):
        assert (await fetch(address)).status_code == 200


def test_a_duration_counts_in_every_bucket_that_it_is_not_above() -> None:
    histogram = Histogram()
    for seconds in (0.0, 0.001, 0.0011, 1.5, 31.0):
        histogram.observe(seconds)
    family = HistogramMetricFamily("h", "H.", labels=("method",))
    histogram.add_to(family, ("m",))
    buckets = {s.labels["le"]: s.value for s in family.samples if s.name == "h_bucket"}
    assert (buckets["0.001"], buckets["0.002"], buckets["1.0"], buckets["2.0"]) == (2, 3, 3, 4)
    assert (buckets["30.0"], buckets["+Inf"]) == (4, 5)
    assert len(buckets) == len(DURATIONS) + 1
    [total] = [s.value for s in family.samples if s.name == "h_sum"]
    assert total == pytest.approx(32.5021)
