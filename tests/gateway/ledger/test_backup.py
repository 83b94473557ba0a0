"""Backups: one moment of a ledger that is written to, in a file that proves itself, and the way back."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.transaction import Record, canonical
from gateway.ledger import backup, tables
from gateway.ledger.backup import __main__ as backup_command
from gateway.ledger.backup import _at_one_moment, back_up
from gateway.ledger.reader import Reader, Search
from gateway.ledger.recorder import CHECKPOINT, Recorder, caught_up
from gateway.ledger.restore import __main__ as restore_command
from gateway.ledger.restore import restore
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store
from ndxp.ledger.audit import Audit
from ndxp.ledger.backup import Backup, BackupRefused
from ndxp.ledger.checkpoint import Checkpoint
from ndxp.ledger.merkle import check_consistency, check_inclusion, leaf_hash
from ndxp.process import end
from tests.ndxp.cli.command import Ran, captured
from tests.support.fakes import PATIENCE
from tests.support.records import record
from tests.support.stores import Postgres

RECORDS = 600


def quietly(_done: int, _of: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture
def records() -> list[Record]:
    """What the ledger has: names with characters of all kinds, and subjects."""
    return [record(user_id=f'Nguyễn "{number}"\n\x01', subjects=f"{number % 7:032x}") for number in range(RECORDS)]


@pytest.fixture
def written(writer: Writer, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A ledger of 600 records with a checkpoint over each hundred."""
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
    writer.append(records)
    return writer


@pytest.fixture
def file(engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path) -> Path:
    """A backup of that ledger."""
    path = tmp_path / "ledger.backup"
    assert back_up(engine, signer, path, quietly).records == RECORDS
    return path


@pytest.fixture
def other_kind(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of the other kind than the ledger's."""
    if not url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'other.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def restored(file: Path, other_kind: str, signer: Signer) -> Iterator[sa.Engine]:
    """The ledger, restored from its backup in a database of the other kind."""
    assert restore(file, other_kind, signer, signer.public_keys(), quietly).records == RECORDS
    engine = open_ledger(other_kind)
    yield engine
    engine.dispose()


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    engine = open_ledger(url)
    yield engine
    engine.dispose()


def everything(ledger: Reader) -> list[Record]:
    return [entry.record for entry in ledger.search(Search(after=0, limit=10_000))]


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)


def test_a_backup_is_one_moment_of_a_ledger_that_is_written_to(
    engine: sa.Engine, written: Writer, signer: Signer, ledger: Reader, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.backup"
    more = iter([[record()], [record() for _ in range(300)]])

    def show(_done: int, _of: int) -> None:  # called when records are copied and the tree is not
        for batch in more:
            written.append(batch)

    assert back_up(engine, signer, file, show).signed == RECORDS
    assert ledger.last() == RECORDS + 301
    with Backup(file) as made:
        state, audited = made.state(), made.audit(signer.public_keys())
    assert (state["size"], Checkpoint.parse(state["checkpoint"]).size, state["outside"]) == (RECORDS, RECORDS, [])
    assert (audited.size, audited.checkpoints, audited.findings) == (RECORDS, 6, [])


def test_a_backup_waits_for_a_moment_when_all_is_signed(
    engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.append([record()])

    def sleep(_: float) -> None:
        written.sign_all()

    monkeypatch.setattr("gateway.ledger.backup.time.sleep", sleep)
    made = back_up(engine, signer, tmp_path / "ledger.backup", quietly)
    assert (made.records, made.signed) == (RECORDS + 1, RECORDS + 1)


def test_what_nobody_signs_is_in_the_backup_too_and_said_to_be_unsigned(
    engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.append([record()])
    monkeypatch.setattr(backup, "_PATIENCE", 0.0)
    made = back_up(engine, signer, tmp_path / "ledger.backup", quietly)
    assert (made.records, made.signed) == (RECORDS + 1, RECORDS)


def test_a_backup_is_its_owners_and_holds_no_private_key(file: Path, tmp_path: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    key = (tmp_path / "ledger-key.pem").read_bytes().splitlines()[1]
    assert key not in file.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["ledger.backup"]


def test_a_ledger_restored_into_the_other_kind_of_database_is_the_same(
    restored: sa.Engine, ledger: Reader, records: list[Record]
) -> None:
    again = Reader(restored)
    assert everything(again) == records
    assert again.checkpoints() == ledger.checkpoints()
    assert again.statistics(60, since=0, until=60) == ledger.statistics(60, since=0, until=60) != []
    found = again.search(Search(subject=f"{3:032x}", limit=1000))
    assert [entry.seq for entry in found] == [seq for seq in range(RECORDS, 0, -1) if (seq - 1) % 7 == 3]


def test_a_backup_of_postgresql_may_be_written_slowly(postgres: Postgres) -> None:
    engine = open_ledger(postgres.new_database())
    with _at_one_moment(engine) as connection:
        limit = connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar()
    engine.dispose()
    assert limit == "0"


def test_evidence_and_checkpoints_of_before_the_backup_are_good_of_the_restored_ledger(
    restored: sa.Engine, ledger: Reader, signer: Signer
) -> None:
    checkpoint = Checkpoint.parse(ledger.latest_checkpoint())
    inclusion, canonical = ledger.inclusion(300, RECORDS), ledger.lines(299, 1).partition(b" ")[2].rstrip(b"\n")
    again = Writer(restored, signer)
    again.check(ledger.latest_checkpoint())
    again.append([record()])
    again.sign_all()
    now = Checkpoint.open(Reader(restored).latest_checkpoint(), signer.public_keys())
    check_inclusion(leaf_hash(canonical), 299, RECORDS, inclusion, checkpoint.root)
    proof = Reader(restored).consistency(RECORDS, now.size)
    check_consistency(RECORDS, now.size, proof, checkpoint.root, now.root)
    assert Audit(Source(Reader(restored), ledger.latest_checkpoint()), signer.public_keys()).run().findings == []


def test_what_was_recorded_before_the_backup_is_not_recorded_again_in_the_restored_ledger(
    restored: sa.Engine, signer: Signer, records: list[Record]
) -> None:
    again = Writer(restored, signer)
    again.append([*records[-5:], record()])
    assert Reader(restored).last() == RECORDS + 1


async def test_a_ledger_is_moved_without_a_loss_while_the_journal_takes_calls(
    store: Store, engine: sa.Engine, writer: Writer, signer: Signer, other_kind: str, tmp_path: Path
) -> None:
    known, meanwhile, file = [record() for _ in range(40)], [record() for _ in range(40)], tmp_path / "moved.backup"
    await store.xadd(STREAM, {str(number): canonical(one) for number, one in enumerate(known)})
    recording = asyncio.create_task(Recorder(store, writer, "before").run())
    assert await caught_up(store, PATIENCE)
    await end([recording])
    await store.xadd(STREAM, {str(number): canonical(one) for number, one in enumerate((known[-1], *meanwhile))})
    assert back_up(engine, signer, file, quietly).signed == len(known)
    restore(file, other_kind, signer, signer.public_keys(), quietly)
    with opened(other_kind) as moved:
        recorder = Recorder(store, Writer(moved, signer), "after")
        recording = asyncio.create_task(recorder.run())
        assert await caught_up(store, PATIENCE)
        await end([recording])
        assert everything(Reader(moved)) == [*known, *meanwhile]
        published = (await store.get(CHECKPOINT)).decode()
        audited = Audit(Source(Reader(moved), published), signer.public_keys()).run()
    assert (audited.size, audited.findings, audited.losses) == (80, [], [])


def test_rows_that_were_removed_in_good_order_stay_provable(
    engine: sa.Engine, written: Writer, signer: Signer, other_kind: str, tmp_path: Path
) -> None:
    written.append([record(request_in_ts=2_000_000_000)])
    written.sign_all()
    written.prune(1_000_000_000)
    file = tmp_path / "pruned.backup"
    back_up(engine, signer, file, quietly)
    assert not restore(file, other_kind, signer, signer.public_keys(), quietly).statistics_proven
    with opened(other_kind) as again:
        audited = Audit(Source(Reader(again)), signer.public_keys()).run()
        days = Reader(again).statistics(86_400, since=0, until=86_400)
    assert (audited.first, audited.size, audited.findings) == (RECORDS + 1, RECORDS + 1, [])
    assert sum(day.rollup.count for day in days) == RECORDS + 1


def test_after_a_change_of_keys_the_first_one_is_enough_for_a_backup(
    engine: sa.Engine, written: Writer, signer: Signer, other_kind: str, tmp_path: Path
) -> None:
    first = signer.public_keys()
    signer.rotate()
    written.append([record()])
    written.sign_all()
    written.append([record()])
    written.sign_all()
    file, elsewhere = tmp_path / "ledger.backup", tmp_path / "elsewhere"
    elsewhere.mkdir()
    back_up(engine, signer, file, quietly)
    new = Signer(elsewhere, signer.name)  # the private keys are gone with the run folder
    restore(file, other_kind, new, first, quietly)
    assert new.public_keys()[:2] == signer.public_keys()
    with opened(other_kind) as again:
        Writer(again, new).check("")


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE records SET client = 'VN/GOV/H01/one-stop' WHERE seq = 300", "record 300"),
        ("DELETE FROM records WHERE seq = 256", "record 256 is missing"),
        ("DELETE FROM records WHERE seq > 590", "591 to 600 are missing"),
        ("UPDATE tree SET size = 590", "the tree was cut to 590"),
        ("UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1", "record 257"),
        ("UPDATE checkpoints SET note = replace(note, '600', '601') WHERE size = 600", "does not hold"),
        ("UPDATE checkpoints SET note = x'ff00' WHERE size = 600", "does not hold"),
        ("UPDATE records SET client = x'ff00' WHERE seq = 7", "record 7"),
        ("DELETE FROM checkpoints", "no checkpoint"),
        ("UPDATE backup SET value = 'x' WHERE name = 'losses'", "is no backup"),
        ("UPDATE backup SET value = 'x' WHERE name = 'format'", "of another kind"),
        ("UPDATE backup SET value = '9999' WHERE name = 'schema'", "9999"),
        ("DROP TABLE tiles", "is no backup"),
    ],
)
def test_a_backup_that_was_changed_is_refused_with_the_place(
    file: Path, other_kind: str, signer: Signer, statement: str, place: str
) -> None:
    change(file, statement)
    with pytest.raises(BackupRefused, match=place):
        restore(file, other_kind, signer, signer.public_keys(), quietly)
    with opened(other_kind) as untouched:
        assert Reader(untouched).last() == 0


def test_a_backup_that_was_cut_off_is_refused(file: Path, other_kind: str, signer: Signer) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(BackupRefused, match="cut off or damaged"):
        restore(file, other_kind, signer, signer.public_keys(), quietly)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(200)])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(BackupRefused, match="is no backup"):
        Backup(path)


def test_keys_that_did_not_sign_prove_no_backup(file: Path, other_kind: str, signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "stranger").mkdir()
    stranger = Signer(tmp_path / "stranger", signer.name)
    with pytest.raises(BackupRefused, match="no key that is known here"):
        restore(file, other_kind, stranger, stranger.public_keys(), quietly)


def test_a_ledger_that_is_not_empty_is_not_restored_into(
    file: Path, url: str, signer: Signer, ledger: Reader, written: Writer
) -> None:
    written.append([record()])
    with pytest.raises(BackupRefused, match="has 601 records"):
        restore(file, url, signer, signer.public_keys(), quietly)
    assert ledger.last() == RECORDS + 1


def test_a_restore_that_breaks_off_leaves_an_empty_ledger(
    file: Path, other_kind: str, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, rows_of = tables.insert, iter(range(3))

    def fail(connection: sa.Connection, table: sa.Table, rows: list[tuple[object, ...]]) -> None:
        next(rows_of)
        insert(connection, table, rows)

    monkeypatch.setattr(tables, "insert", fail)
    with pytest.raises((StopIteration, RuntimeError)):
        restore(file, other_kind, signer, signer.public_keys(), quietly)
    monkeypatch.undo()
    assert restore(file, other_kind, signer, signer.public_keys(), quietly).records == RECORDS


def test_a_restore_that_is_stopped_while_it_verifies_leaves_an_empty_ledger(
    file: Path, other_kind: str, signer: Signer
) -> None:
    ended: list[int] = []

    def stop(done: int, of: int) -> None:
        if done == of:
            ended.append(done)
        if len(ended) == 3:  # the backup is verified, the records are copied, the ledger is verified
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(file, other_kind, signer, signer.public_keys(), stop)
    with opened(other_kind) as engine:
        assert Reader(engine).last() == 0
    assert restore(file, other_kind, signer, signer.public_keys(), quietly).records == RECORDS


def test_a_restore_whose_keys_cannot_be_kept_leaves_an_empty_ledger(
    file: Path, other_kind: str, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(signer, "adopt", fail)
    with pytest.raises(OSError, match="No space"):
        restore(file, other_kind, signer, signer.public_keys(), quietly)
    monkeypatch.undo()
    assert restore(file, other_kind, signer, signer.public_keys(), quietly).records == RECORDS


def test_subjects_and_statistics_are_made_of_the_records_whatever_the_backup_says(
    file: Path, other_kind: str, signer: Signer, ledger: Reader
) -> None:
    change(
        file,
        "DELETE FROM subjects WHERE seq < 300",
        "UPDATE subjects SET subject = 'ffffffffffffffffffffffffffffffff'",
        "DELETE FROM rollups WHERE period = 60",
        "UPDATE rollups SET answered = 7",
    )
    assert restore(file, other_kind, signer, signer.public_keys(), quietly).statistics_proven
    with opened(other_kind) as engine:
        again = Reader(engine)
        found = again.search(Search(subject=f"{3:032x}", limit=1000))
        assert [entry.seq for entry in found] == [seq for seq in range(RECORDS, 0, -1) if (seq - 1) % 7 == 3]
        assert again.search(Search(subject="f" * 32)) == []
        for period in (60, 86_400):
            expected = ledger.statistics(period, since=0, until=period)
            assert again.statistics(period, since=0, until=period) == expected != []


def test_a_ledger_that_does_not_hold_gives_no_backup(
    engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path
) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.update(tables.records).where(tables.records.c.seq == 77).values(client="x"))
    with pytest.raises(BackupRefused, match="record 77"):
        back_up(engine, signer, tmp_path / "ledger.backup", quietly)
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


def test_a_backup_that_is_stopped_midway_leaves_no_file(
    engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path
) -> None:
    def show(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(engine, signer, tmp_path / "ledger.backup", show)
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


MAINS = {"backup": backup_command.main, "restore": restore_command.main}
Run = Callable[..., Ran]


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a module of the ledger as a command."""
    monkeypatch.setenv("NDXP_RUN_FOLDER", str(tmp_path))
    monkeypatch.setenv("NDXP_LEDGER_URL", url)
    return lambda module, *words: captured(MAINS[module], module, *words)


def test_a_file_that_is_there_is_not_overwritten(run: Run, file: Path) -> None:
    before = file.read_bytes()
    assert "overwrites nothing" in run("backup", file).complaint
    assert file.read_bytes() == before


def test_a_file_that_was_made_meanwhile_is_not_overwritten(
    engine: sa.Engine, written: Writer, signer: Signer, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.backup"

    def show(_done: int, _of: int) -> None:
        file.write_text("mine", encoding="utf-8")

    with pytest.raises(BackupRefused, match="overwrites nothing"):
        back_up(engine, signer, file, show)
    assert file.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["ledger.backup"]


@pytest.mark.usefixtures("run")
def test_a_disk_that_is_full_leaves_nothing_behind(written: Writer, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    command = [sys.executable, "-P", "-m", "gateway.ledger.backup", str(folder / "ledger.backup")]
    # More than the ledger's own files next to it need for being read, less than the backup.
    limited = ["/bin/sh", "-c", 'ulimit -f 128; exec "$@"', "sh", *command]
    ran = subprocess.run(limited, capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert "disk" in Ran(ran.returncode, ran.stdout, ran.stderr).complaint
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_line(run: Run, written: Writer, tmp_path: Path) -> None:
    assert "No such file" in run("backup", tmp_path / "missing" / "ledger.backup").complaint
    assert "there is no file" in run("restore", tmp_path / "missing").complaint


def test_a_backup_and_its_way_back_by_command(run: Run, written: Writer, other_kind: str, tmp_path: Path) -> None:
    file = tmp_path / "ledger.backup"
    made = run("backup", file)
    assert (made.code, f"{RECORDS} records are in" in made.out) == (0, True), made.err
    again = run("restore", file, "--into", other_kind)
    assert (again.code, f"{RECORDS} records are restored" in again.out) == (0, True), again.err
    assert "unproven" not in again.out


def test_a_restore_says_that_statistics_of_removed_rows_are_unproven(
    run: Run, written: Writer, other_kind: str, tmp_path: Path
) -> None:
    written.append([record(request_in_ts=2_000_000_000), record()])
    written.sign_all()
    written.prune(1_000_000_000)
    assert run("backup", tmp_path / "ledger.backup").code == 0
    assert "unproven" in run("restore", tmp_path / "ledger.backup", "--into", other_kind).out


def test_a_ledger_that_is_not_there_is_a_line(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(BackupRefused, match="there is no ledger"):
        backup.existing(f"sqlite:///{tmp_path / 'missing.db'}")
    assert not (tmp_path / "missing.db").exists()
