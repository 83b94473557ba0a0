"""Whoever changes the ledger is found out: the audit names the place and what is wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.transaction import Phase
from gateway.ledger import tables
from gateway.ledger.reader import Reader, Search
from gateway.ledger.rollup import DAY, MINUTE
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.writer import Writer, add
from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.checkpoint import Checkpoint
from tests.support.records import record

RECORDS = 600


@pytest.fixture
def written(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A ledger of 600 records with a checkpoint over each hundred; the seventh is about two people."""
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
    about = {6: f"{'a' * 32} {'b' * 32}"}
    writer.append([record(user_id=f"u{number}", subjects=about.get(number, "")) for number in range(RECORDS)])
    return writer


def audit(ledger: Reader, signer: Signer, remembered: tuple[str, ...] = (), published: str = "") -> Audited:
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


def make_anew(connection: sa.Connection, clients: dict[int, str], count: int = RECORDS) -> None:
    """Somebody knows how rows and tree are made, and makes them anew: the first ``count``, some with other clients."""
    query = sa.select(tables.records).order_by("seq").limit(count)
    rows = [dict(one) for one in connection.execute(query).mappings()]
    for table in (tables.records, tables.tiles, tables.rollups, tables.subjects):
        connection.execute(sa.delete(table))
    connection.execute(sa.update(tables.tree).values(size=0))
    for row in rows:
        row["client"] = clients.get(row.pop("seq"), row["client"])
    add(connection, [tables.record({str(name): value for name, value in row.items()}) for row in rows])


def add_bytes(connection: sa.Connection, level: int, number: int) -> None:
    c = tables.tiles.c
    where = sa.and_(c.level == level, c.number == number)
    hashes = bytes(connection.execute(sa.select(c.hashes).where(where)).scalar_one())
    connection.execute(sa.update(tables.tiles).where(where).values(hashes=hashes + bytes(32)))


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
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq == 256)), 256, "record 256 is missing",
    ),
    "the end cut off": (
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq > 590)), 591, "591 to 600 are missing",
    ),
    "the beginning cut off": (
        lambda c: c.execute(sa.delete(tables.records).where(tables.records.c.seq < 10)), 1, "1 to 9 are missing",
    ),
    "a row put behind the end": (lambda c: insert(c, 601), 601, "in the table and not in the tree"),
    "a row put before the beginning": (lambda c: insert(c, 0), 0, "in the table and not in the tree"),
    "a hash of the tree changed": (lambda c: change_tile(c, 0, 1, 3), 260, "is what was signed, but the tree's hash"),
    "an upper hash of the tree changed": (lambda c: change_tile(c, 1, 0, 1), 257, "hash 1 of tile 0 of level 1"),
    "a tile deleted": (
        lambda c: c.execute(sa.delete(tables.tiles).where(tables.tiles.c.number == 2)), 513, "are missing",
    ),
    "a value that no record has": (lambda c: change(c, 10, origin="nobody"), 10, "was changed"),
    "the tree cut": (lambda c: c.execute(sa.update(tables.tree).values(size=597)), 598, "or the tree cut"),
    "a checkpoint in place of another": (
        lambda c: c.execute(
            sa.update(tables.checkpoints).where(tables.checkpoints.c.size == 300).values(
                note=sa.select(tables.checkpoints.c.note).where(tables.checkpoints.c.size == 200).scalar_subquery()
            )
        ),
        300, "was put in place of another",
    ),
    "a checkpoint as the statement of a retention": (
        lambda c: (
            c.execute(sa.delete(tables.records).where(tables.records.c.seq < 300)),
            c.execute(
                sa.insert(tables.retentions).from_select(
                    ["first", "note"], sa.select(tables.checkpoints).where(tables.checkpoints.c.size == 300)
                )
            ),
        ),
        1, "no signed statement says so",
    ),
    "a pretended retention": (
        lambda c: (
            c.execute(sa.delete(tables.records).where(tables.records.c.seq < 50)),
            c.execute(sa.insert(tables.retentions).values(first=50, note="trust me")),
        ),
        1, "no signed statement says so",
    ),
    "a forged checkpoint": (
        lambda c: c.execute(
            sa.update(tables.checkpoints).values(note=sa.func.replace(tables.checkpoints.c.note, "00\n", "01\n"))
        ),
        0, "the latest checkpoint does not hold",
    ),
    "a checkpoint in the middle removed": (
        lambda c: c.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.size.in_((200, 300)))),
        101, "2 signed checkpoints before the one over 400 records were removed",
    ),
    "bytes added to a full tile": (lambda c: add_bytes(c, 0, 1), 257, "tile 1 of level 0 of the tree has 32 bytes too"),
    "bytes added to the last tile": (lambda c: add_bytes(c, 0, 2), 513, "tile 2 of level 0 of the tree has 32 bytes"),
    "bytes added to an upper tile": (lambda c: add_bytes(c, 1, 0), 1, "tile 0 of level 1 of the tree has 32 bytes too"),
    "a tile inserted": (
        lambda c: c.execute(sa.insert(tables.tiles).values(level=1, number=7, hashes=b"")), 0,
        "tile 7 of level 1 is in the table and not in the tree",
    ),
    "a second row in the table of the tree's size": (
        lambda c: c.execute(sa.insert(tables.tree).values(id=2, size=5)), 0, "the table tree has 2 rows",
    ),
    "no row in the table of the tree's size": (lambda c: c.execute(sa.delete(tables.tree)), 0, "tree has 0 rows"),
    "a table dropped": (lambda c: c.execute(sa.schema.DropTable(tables.rollups)), 0, "the table rollups is gone"),
    "the index of subjects emptied": (
        lambda c: c.execute(sa.delete(tables.subjects)), 7, "record 7 is about somebody whom the index of subjects",
    ),
    "somebody else in the index of subjects": (
        lambda c: c.execute(sa.insert(tables.subjects).values(subject="c" * 32, seq=8)), 8,
        "has an entry about record 8 that this record is not about",
    ),
    "the index of subjects about a record that is not there": (
        lambda c: c.execute(sa.insert(tables.subjects).values(subject="a" * 32, seq=900)), 900, "about record 900",
    ),
    "statistics of a day edited": (
        lambda c: c.execute(sa.update(tables.rollups).where(tables.rollups.c.period == DAY).values(answered=7)),
        0, "of 1970-01-01 UTC count 7 calls, and the records 600",
    ),
    "durations in the statistics of a minute edited": (
        lambda c: c.execute(
            sa.update(tables.rollups).where(tables.rollups.c.period == MINUTE).values(durations=b"\x81\x05\xcd\x02\x58")
        ),
        0, "of 1970-01-01 00:00 UTC are not what the records give",
    ),
    "statistics that are none any more": (
        lambda c: c.execute(sa.update(tables.rollups).values(reasons=b"x")), 0, "cannot be read",
    ),
    "statistics removed": (lambda c: c.execute(sa.delete(tables.rollups)), 0, "are gone: the records have 600 calls"),
    "statistics invented": (
        lambda c: c.execute(
            sa.insert(tables.rollups).from_select(
                [column.name for column in tables.rollups.c],
                sa.select(*(
                    sa.literal("VN/GOV/H01/one-stop") if column.name == "client" else column
                    for column in tables.rollups.c
                )),
            )
        ),
        0, "VN/GOV/H01/one-stop at VN/GOV/G01/demo of 1970-01-01 00:00 UTC count 600 calls, and the records 0",
    ),
    "an index dropped": (
        lambda c: c.exec_driver_sql("DROP INDEX records_by_client"), 0, "the index records_by_client is gone",
    ),
}  # fmt: skip

UNTYPED = {
    "text as the size of the tree": ("UPDATE tree SET size = 'x'", "the table tree has 1 rows"),
    "bytes as the size of the tree": ("UPDATE tree SET size = x'01'", "the table tree has 1 rows"),
    "text as the size of a checkpoint": ("UPDATE checkpoints SET size = 'x' WHERE size = 300", "the table checkpoints"),
    "bytes as a checkpoint": ("UPDATE checkpoints SET note = x'ff' WHERE size = 600", "the table checkpoints"),
    "text as the beginning of a retention": ("INSERT INTO retentions VALUES ('x', 'y')", "the table retentions"),
    "text as a tile": ("UPDATE tiles SET hashes = 'x' WHERE number = 0", "hashes of records 1 to 256 are missing"),
    "text as the number of a tile": ("INSERT INTO tiles VALUES (0, 'x', x'00')", "tile x of level 0"),
    "text as a time": ("UPDATE records SET request_in_ts = 'x' WHERE seq = 4", "record 4 (transaction"),
    "bytes as a name": ("UPDATE records SET client = x'ff' WHERE seq = 4", "record 4 (transaction"),
    "text as a count": ("UPDATE rollups SET answered = 'x'", "cannot be read"),
    "text as the place of a subject": ("UPDATE subjects SET seq = 'x'", "record 7 is about somebody"),
}
"""What SQLite lets somebody write; PostgreSQL holds no such values."""


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


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("tampering", UNTYPED)
def test_a_value_of_another_kind_is_found_and_breaks_no_question(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer, tampering: str
) -> None:
    statement, text = UNTYPED[tampering]
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql(statement)
    assert any(text in finding for finding in texts(audit(ledger, signer)))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("index", ["records_by_client", "records_by_time", "sqlite_autoindex_records_1"])
def test_an_index_that_was_emptied_under_its_name_is_found(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer, index: str
) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("CREATE INDEX empty ON retentions (first, note)")
        [empty] = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'empty'").scalars()
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql("DELETE FROM sqlite_master WHERE name = 'empty'")
        connection.exec_driver_sql(f"UPDATE sqlite_master SET rootpage = {empty} WHERE name = '{index}'")  # noqa: S608
    engine.dispose()  # who opens it anew reads the schema
    assert f"the index {index} does not have what its table has: what is read by it misses rows" in texts(
        audit(ledger, signer)
    )


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # PostgreSQL holds no such text
def test_an_unreadable_text_is_found_and_its_place_is_named(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE records SET user_id = CAST(x'75ff' AS TEXT) WHERE seq = 300"))
    [found] = audit(ledger, signer).findings
    assert (found.place, "record 300 (transaction" in found.text) == (300, True)
    assert ledger.search(Search(before=301, limit=1))[0].record.user_id == "u\ufffd"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_unreadable_text_does_not_prevent_removing_its_row(
    written: Writer, engine: sa.Engine, ledger: Reader
) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE records SET subjects = CAST(x'75ff' AS TEXT) WHERE seq = 300"))
    assert written.prune(2**62) == (RECORDS + 1, True)
    assert ledger.entries(0, 1) == []


def test_an_audit_of_many_gaps_asks_of_some_whether_they_were_removed_in_good_order(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ndxp.ledger.audit._MOST", 10)
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.delete(tables.records).where(tables.records.c.seq % 2 == 0))
    asked = []

    class Asked(Source):
        def state(self) -> dict[str, Any]:
            asked.append(1)
            return super().state()

    findings = Audit(Asked(ledger), signer.public_keys()).run().findings
    assert (len(asked), findings[0].place) == (1 + 10, 2)


def test_both_rows_of_a_swap_are_named(written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer) -> None:
    with engine.execution_options(write=True).begin() as connection:
        swap(connection, 5, 500)
    assert [finding.place for finding in audit(ledger, signer).findings] == [5, 500]


def test_the_first_bad_record_is_named_however_many_there_are(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.delete(tables.records).where(tables.records.c.seq.between(301, 420)))
        change(connection, 3, client="VN/GOV/H01/one-stop")
    found = [finding.text for finding in audit(ledger, signer).findings]
    assert found[0].startswith("record 3 ")
    assert found[1:] == ["records 301 to 420 are missing: deleted"]


@pytest.mark.parametrize("again", [False, True], ids=["while it runs", "after a restart"])
def test_a_ledger_rewritten_with_its_tree_gets_no_signature(
    written: Writer, engine: sa.Engine, signer: Signer, ledger: Reader, again: bool
) -> None:
    published = ledger.latest_checkpoint()
    with engine.execution_options(write=True).begin() as connection:
        make_anew(connection, {550: "VN/GOV/H01/one-stop"})
        connection.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.size >= 550))
    if again:
        with pytest.raises(LedgerDisagrees, match="are not those that were signed"):
            Writer(engine, signer).check(published)
    else:
        with pytest.raises(LedgerDisagrees, match="are not those that were signed"):
            written.append([record() for _ in range(100)])
    assert ledger.last() == RECORDS


@pytest.mark.parametrize("level", [0, 1])
def test_a_tile_that_was_cut_is_a_ledger_that_disagrees(
    written: Writer, engine: sa.Engine, ledger: Reader, level: int
) -> None:
    c = tables.tiles.c
    number = 2 if level == 0 else 0
    where = sa.and_(c.level == level, c.number == number)
    with engine.execution_options(write=True).begin() as connection:
        hashes = bytes(connection.execute(sa.select(c.hashes).where(where)).scalar_one())
        connection.execute(sa.update(tables.tiles).where(where).values(hashes=hashes[:-32]))
    with pytest.raises(LedgerDisagrees, match="lacks hashes"):
        written.append([record() for _ in range(100)])
    with pytest.raises(LedgerDisagrees, match="lacks hashes"):
        ledger.inclusion(10, RECORDS)


def test_rows_that_are_removed_during_an_audit_are_no_finding(
    writer: Writer, ledger: Reader, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
    writer.append([record(request_in_ts=number) for number in range(1, RECORDS + 1)])
    source = Source(ledger)

    def prune(done: int, _: int) -> None:
        if done == 256:
            writer.prune(before=400)

    monkeypatch.setattr("ndxp.ledger.audit._PAGE", 100)
    audited = Audit(source, signer.public_keys()).run(prune)
    assert (texts(audited), audited.first) == ([], 400)


def test_a_ledger_rewritten_with_its_tree_is_found_between_two_checkpoints(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    """Somebody knows how the tree is made, and makes it anew over changed records - but cannot sign."""
    with engine.execution_options(write=True).begin() as connection:
        make_anew(connection, {350: "VN/GOV/H01/one-stop"})
    [finding] = audit(ledger, signer).findings
    assert finding.place == 301
    assert "records 301 to 400 are not those that were signed" in finding.text


def test_an_older_copy_of_the_ledger_is_found_by_what_the_store_or_the_auditor_remembers(
    written: Writer, engine: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    latest = ledger.latest_checkpoint()
    with engine.execution_options(write=True).begin() as connection:
        make_anew(connection, {}, count=400)
        connection.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.size > 400))
    assert texts(audit(ledger, signer)) == []
    for audited in (audit(ledger, signer, published=latest), audit(ledger, signer, (latest,))):
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
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_SECONDS", 1e9)  # however long the audit takes
    writer.append([record(request_in_ts=number, user_id=f"u{number}") for number in range(1, RECORDS + 1)])
    evidence = ledger.inclusion(10, RECORDS)
    assert writer.prune(before=300) == (300, True)
    audited = audit(ledger, signer)
    assert (texts(audited), audited.first) == ([], 300)
    assert ledger.inclusion(10, RECORDS) == evidence
    writer.append([record(request_in_ts=RECORDS + 1), record(Phase.REQUEST)])
    assert writer.prune(before=10**9) == (RECORDS + 1, True), "what no checkpoint covers stays"


def test_rows_are_removed_in_parts_so_that_others_can_write_in_between(
    writer: Writer, ledger: Reader, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.writer._PRUNED_AT_ONCE", 100)
    writer.append([record(request_in_ts=number) for number in range(1, 251)])
    writer.sign_all()
    seen = []
    for _ in range(3):
        seen.append(writer.prune(before=240, for_seconds=0))
        assert (texts(audited := audit(ledger, signer)), audited.first) == ([], seen[-1][0])
    assert seen == [(101, False), (201, False), (240, True)]


def test_an_empty_ledger_holds(ledger: Reader, signer: Signer) -> None:
    audited = audit(ledger, signer)
    assert (audited.size, audited.findings) == (0, [])
