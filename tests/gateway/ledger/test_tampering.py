"""Whoever changes the ledger is found out: the audit names the place and what is wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.transaction import Phase
from gateway.ledger import tables
from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.writer import Writer, add
from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.checkpoint import Checkpoint
from tests.gateway.ledger.source import Source
from tests.records import record

RECORDS = 600


@pytest.fixture
def written(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A ledger of 600 records with a checkpoint over each hundred."""
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
    writer.append([record(user_id=f"u{number}") for number in range(RECORDS)])
    return writer


def audit(ledger: Reader, signer: Signer, remembered: tuple[str, ...] = (), published: int = RECORDS) -> Audited:
    return Audit(Source(ledger, published), signer.public_keys(), remembered).run()


def texts(audited: Audited) -> list[str]:
    return [finding.text for finding in audited.findings]


def row(seq: int) -> sa.Select[Any]:
    return sa.select(tables.records).where(tables.records.c.seq == seq)


def change(connection: sa.Connection, seq: int, /, **values: Any) -> None:
    connection.execute(sa.update(tables.records).where(tables.records.c.seq == seq).values(values))


def swap(connection: sa.Connection, one: int, other: int) -> None:
    for before, after in ((one, -1), (other, one), (-1, other)):
        change(connection, before, seq=after)


def insert(connection: sa.Connection, seq: int) -> None:
    [found] = connection.execute(row(7)).mappings()
    connection.execute(sa.insert(tables.records).values({**found, "seq": seq, "transaction_id": "another"}))


def change_tile(connection: sa.Connection, level: int, number: int, place: int) -> None:
    c = tables.tiles.c
    where = sa.and_(c.level == level, c.number == number)
    hashes = bytes(connection.execute(sa.select(c.hashes).where(where)).scalar_one())
    changed = hashes[: place * 32] + bytes(32) + hashes[place * 32 + 32 :]
    connection.execute(sa.update(tables.tiles).where(where).values(hashes=changed))


TAMPERINGS: dict[str, tuple[Callable[[sa.Connection], Any], int, str]] = {
    "a field changed": (lambda c: change(c, 300, client="VN/GOV/H01/one-stop"), 300, "record 300 (transaction"),
    "a time changed by 1 µs": (lambda c: change(c, 1, request_in_ts=1001), 1, "was changed"),
    "a subject removed": (lambda c: change(c, 600, subjects="x"), 600, "was changed"),
    "two rows swapped": (lambda c: swap(c, 5, 500), 5, "was moved: it belongs to place 500"),
    "a row deleted": (
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq == 256)), 256, "it was deleted",
    ),
    "the end cut off": (
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq > 590)), 591, "it was deleted",
    ),
    "the beginning cut off": (
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq < 10)), 1, "it was deleted",
    ),
    "a row put behind the end": (lambda c: insert(c, 601), 601, "it is in the table and not in the tree"),
    "a row put before the beginning": (lambda c: insert(c, 0), 0, "it is in the table and not in the tree"),
    "a hash of the tree changed": (lambda c: change_tile(c, 0, 1, 3), 260, "is what was signed, but the tree's hash"),
    "an upper hash of the tree changed": (lambda c: change_tile(c, 1, 0, 1), 257, "hash 1 of tile 0 of level 1"),
    "a tile deleted": (
        lambda c: c.execute(sa.delete(tables.tiles).where(tables.tiles.c.number == 2)), 513, "are missing",
    ),
    "a pretended retention": (
        lambda c: (
            c.execute(sa.delete(tables.records).where(tables.records.c.seq < 50)),
            c.execute(sa.insert(tables.retentions).values(first=50, note="trust me")),
        ),
        1, "no signed statement says why",
    ),
    "a forged checkpoint": (
        lambda c: c.execute(sa.update(tables.checkpoints).values(note=sa.text("replace(note, 'A', 'B')"))),
        0, "does not hold",
    ),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found_and_its_place_is_named(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer, tampering: str
) -> None:
    assert texts(audit(ledger, signer)) == []
    tamper, place, text = TAMPERINGS[tampering]
    with engine.execution_options(write=True).begin() as connection:
        tamper(connection)
    audited = audit(ledger, signer)
    assert audited.findings[0].place == place
    assert text in audited.findings[0].text


def test_both_rows_of_a_swap_are_named(written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer) -> None:
    with engine.execution_options(write=True).begin() as connection:
        swap(connection, 5, 500)
    assert [finding.place for finding in audit(ledger, signer).findings] == [5, 500]


def test_a_ledger_rewritten_with_its_tree_is_found_between_two_checkpoints(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    """Somebody knows how the tree is made, and makes it anew over changed records - but cannot sign."""
    with engine.execution_options(write=True).begin() as connection:
        rows = [dict(one) for one in connection.execute(sa.select(tables.records).order_by("seq")).mappings()]
        for table in (tables.records, tables.tiles, tables.rollups):
            connection.execute(sa.delete(table))
        connection.execute(sa.update(tables.tree).values(size=0))
        rows[349]["client"] = "VN/GOV/H01/one-stop"
        add(connection, [tables.record({str(k): v for k, v in one.items() if k != "seq"}) for one in rows])
    [finding] = audit(ledger, signer).findings
    assert finding.place == 301
    assert "records 301 to 400 are not those that were signed" in finding.text


def test_an_older_copy_of_the_ledger_is_found_by_what_the_store_or_the_auditor_remembers(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    latest = ledger.latest_checkpoint()
    with engine.execution_options(write=True).begin() as connection:
        rows = [dict(one) for one in connection.execute(sa.select(tables.records).order_by("seq")).mappings()]
        for table in (tables.records, tables.tiles, tables.rollups):
            connection.execute(sa.delete(table))
        connection.execute(sa.update(tables.tree).values(size=0))
        add(connection, [tables.record({str(k): v for k, v in one.items() if k != "seq"}) for one in rows[:400]])
        connection.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.size > 400))
    assert texts(audit(ledger, signer, published=400)) == []
    for audited in (audit(ledger, signer), audit(ledger, signer, (latest,), published=400)):
        assert audited.findings[0].place == 401
        assert "records 401 to 600 are gone" in audited.findings[0].text


def test_a_remembered_checkpoint_of_another_history_is_found(written: Writer, ledger: Reader, signer: Signer) -> None:
    other = signer.checkpoint(Checkpoint(signer.name, 250, bytes(32)))
    [finding] = audit(ledger, signer, (other,)).findings
    assert "are not those that were signed" in finding.text


def test_rows_removed_in_good_order_are_no_finding(
    writer: Writer, ledger: Reader, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
    writer.append([record(request_in_ts=number, user_id=f"u{number}") for number in range(1, RECORDS + 1)])
    evidence = ledger.inclusion(10, RECORDS)
    assert writer.prune(before=300) == 300
    audited = audit(ledger, signer)
    assert (texts(audited), audited.first) == ([], 300)
    assert ledger.inclusion(10, RECORDS) == evidence
    writer.append([record(request_in_ts=RECORDS + 1), record(Phase.REQUEST)])
    assert writer.prune(before=10**9) == RECORDS + 1, "what no checkpoint covers stays"


def test_an_empty_ledger_holds(ledger: Reader, signer: Signer) -> None:
    audited = audit(ledger, signer, published=0)
    assert (audited.size, audited.findings) == (0, [])
