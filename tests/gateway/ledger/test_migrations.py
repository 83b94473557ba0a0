"""The schema: a new ledger has what the steps lead to, and records of the version before come along."""

import re

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.core.transaction import Phase, Record
from gateway.ledger import tables
from gateway.ledger.migrations import upgrade
from gateway.ledger.reader import Reader, Search
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from ndxp.ledger.audit import Audit
from tests.support.records import record

BEFORE = [record(Phase.REQUEST if number % 3 == 0 else Phase.OUTCOME, request_in_ts=number) for number in range(1, 301)]


def bare(url: str) -> sa.Engine:
    """The database without migrations."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


@pytest.fixture
def version_before(url: str) -> str:
    """A ledger of the schema's first version with records, and gaps in their numbers."""
    engine = bare(url)
    upgrade(engine, "0001")
    before = sa.Table("records", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        for number, one in enumerate(BEFORE):
            values = {name: getattr(one, name) for name in tables.FIELDS if name in before.c}
            connection.execute(sa.insert(before).values(seq=2 * number + 1, **values))
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("DROP TABLE alembic_version"))  # as it was before there were versions
    engine.dispose()
    return url


def everything(reader: Reader) -> list[Record]:
    return [entry.record for entry in reader.search(Search(after=0, limit=1000))]


def test_records_of_the_version_before_are_there_numbered_and_in_the_tree(version_before: str, signer: Signer) -> None:
    engine = open_ledger(version_before)
    writer, reader = Writer(engine, signer), Reader(engine)
    assert everything(reader) == [one for one in BEFORE if one.phase is Phase.OUTCOME]
    assert reader.last() == len(BEFORE)
    writer.append([record()])
    writer.sign()
    audited = Audit(Source(reader), signer.public_keys()).run()
    assert (audited.size, audited.findings) == (len(BEFORE) + 1, [])
    engine.dispose()


def test_the_steps_lead_to_the_tables_that_the_code_knows(url: str) -> None:
    engine = bare(url)
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    assert version == tables.SCHEMA
    engine.dispose()


_DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'",
    "postgresql": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT table_name || '.' || column_name, concat_ws(' ', data_type, collation_name, is_nullable)
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
}


def definitions(engine: sa.Engine) -> dict[str, list[str]]:
    """All rows of a database, and how it defines tables and indexes, whatever the order of the columns.

    Two ways to write "not equal" count as one, and so does an index of PostgreSQL that got a 1 because an older table
    had its name. SQLite's own table of sequences stays when the table that had one is gone. What a step adds to a table
    of SQLite has a default, which nothing uses: every row is written with all its columns.
    """
    every = sa.MetaData()
    every.reflect(engine)
    with engine.connect() as connection:
        defined = connection.execute(sa.text(_DEFINITIONS[engine.dialect.name])).all()
        rows = {table.name: [str(row) for row in connection.execute(sa.select(table))] for table in every.sorted_tables}
    for name, text in defined:
        parts = re.split(r",|\n", re.sub(r" DEFAULT '[^']*'", "", text.replace("!=", "<>").replace("key1", "key")))
        rows[f"{name} is".replace("key1", "key")] = sorted(stripped for part in parts if (stripped := part.strip()))
    return rows


def test_a_new_ledger_is_as_the_steps_make_it(url: str) -> None:
    open_ledger(url).dispose()
    engine = bare(url)
    new = definitions(engine)
    every = sa.MetaData()
    every.reflect(engine)
    every.drop_all(engine)
    upgrade(engine)
    assert new == definitions(engine)
    assert new["tree"] == ["(1, 0)"]
    assert len(new) > 20
    engine.dispose()


def test_a_ledger_of_newer_software_is_left_alone(url: str) -> None:
    engine = open_ledger(url)
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ValueError, match="9999"):
        open_ledger(url)


def test_a_step_that_fails_changes_nothing(version_before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("gateway.ledger.statistics.add", fail)
    with pytest.raises(RuntimeError):
        open_ledger(version_before)
    monkeypatch.undo()
    engine = open_ledger(version_before)
    assert Reader(engine).last() == len(BEFORE)
    engine.dispose()
