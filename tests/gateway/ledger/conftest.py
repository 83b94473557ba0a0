"""Ledgers in SQLite and in PostgreSQL, and those who write and read them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from tests.support.stores import Postgres


@pytest.fixture(scope="session")
def without_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without records in SQLite: a copy of it is there sooner than its tables are made."""
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"
    open_ledger(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, without_records: Path) -> str:
    """Where an empty ledger goes; its tables are there already if the test takes it as ``engine``."""
    has_tables = "engine" in request.fixturenames
    if request.param == "sqlite":
        file = tmp_path / "ledger.db"
        if has_tables:
            shutil.copy(without_records, file)
        return f"sqlite:///{file}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_ledger() if has_tables else postgres.new_database()


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
