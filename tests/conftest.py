"""What tests of several folders start: a token office, a store; and where their folders are."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

from gateway.store import Store, connect
from tests.support.fakes import TokenOffice
from tests.support.stores import Postgres, Valkey

settings.register_profile("no asserted timings", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no asserted timings")

pytest.MonkeyPatch().setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
"""Clients of httpx share what they trust: to read all certificates of the machine for each of them takes 30 ms."""

_IN_MEMORY, _ENOUGH = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - pytest's folder in it is private; bytes


def pytest_configure() -> None:
    """Lets programs be interrupted, and puts the folders of tests into memory where there is room for them.

    The garbage collector is off while tests are collected: they make many objects and hardly any garbage.
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background lets its programs ignore it
    if "TMPDIR" in os.environ or not _IN_MEMORY.is_dir():
        return
    programs_run = not os.statvfs(_IN_MEMORY).f_flag & os.ST_NOEXEC
    if programs_run and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH:
        os.environ["TMPDIR"] = str(_IN_MEMORY)
        tempfile.tempdir = None  # it is read again; hundreds of databases keep a disk busy


def pytest_collection_finish() -> None:
    """Leaves what was collected out of every later search for garbage, because it stays to the end.

    The searches are rare: with the usual thresholds they take a sixth of the time.
    """
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
    gc.enable()


@pytest.fixture
def short_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a test whose name is short: there is a limit for the path of a socket in it."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture
def token_office() -> Iterator[TokenOffice]:
    """Tokens over HTTP, for one test."""
    office = TokenOffice()
    yield office
    office.close()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A store that can be killed and started again; it keeps its data."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def store(valkey: Valkey) -> AsyncIterator[Store]:
    """A client of the store that gives up at once when it is away, as the gateway's does."""
    client = connect(valkey.url)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """PostgreSQL, started when the first test asks for it."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[Postgres]:
    """PostgreSQL for one test, whose databases are dropped after it: hundreds of them keep a disk busy."""
    yield postgres_server
    postgres_server.drop()
