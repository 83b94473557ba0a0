"""Ledgers in SQLite and in PostgreSQL, and those who write and read them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from tests.support.stores import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty ledger goes; on PostgreSQL its tables are there already if the test takes it as ``engine``."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_ledger() if "engine" in request.fixturenames else postgres.new_database()


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """An empty ledger."""
    engine = open_ledger(url)
    yield engine
    engine.dispose()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """Signs for the ledger."""
    return Signer(tmp_path, "ndxp.example/test")


@pytest.fixture
def writer(engine: sa.Engine, signer: Signer) -> Writer:
    """Writes the ledger."""
    return Writer(engine, signer)


@pytest.fixture
def ledger(engine: sa.Engine) -> Reader:
    """Reads the ledger."""
    return Reader(engine)
