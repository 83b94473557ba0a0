"""The lesson on a copy of the ledger: whatever is changed, the audit names it, or a kept checkpoint does."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from console.exchange import Refused
from console.pages.ledger.lesson import WORDS
from console.tampering import KINDS, Lesson, make_copy, tamper
from gateway.ledger.backup import back_up
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from ndxp.ledger.backup import Backup
from ndxp.ledger.checkpoint import Key
from ndxp.ledger.verification import keys_in
from ndxp.testing import RunningExchange
from tests.support.records import record

RECORDS = 600


def quietly(_done: int, _of: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Key]]:
    """A backup of a ledger of 600 records with a checkpoint over each hundred, and the keys of the ledger."""
    folder = tmp_path_factory.mktemp("lesson")
    signer = Signer(folder, "ndxp.example/test")
    engine = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 100)
        Writer(engine, signer).append([record(purpose="treatment") for _ in range(RECORDS)])
    back_up(engine, signer, folder / "original.backup", quietly)
    engine.dispose()
    return folder / "original.backup", signer.public_keys()


def changed(original: tuple[Path, list[Key]], folder: Path, kind: str, place: int) -> Lesson:
    """A lesson on a copy, at a place."""
    file, keys = original
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("console.tampering._somewhere", lambda _: place)
        return tamper(kind, Path(shutil.copy(file, folder)), keys, quietly, 0.0)


@pytest.mark.parametrize(
    ("kind", "finding"),
    [
        ("field", "was changed: it is not the record that was signed"),
        ("removed", "is missing: deleted"),
        ("hash", "is what was signed, but the tree's hash of it was changed"),
    ],
)
@pytest.mark.parametrize("place", [2, 256, 600])
def test_a_change_is_found_at_its_place(
    original: tuple[Path, list[Key]], tmp_path: Path, kind: str, finding: str, place: int
) -> None:
    lesson = changed(original, tmp_path, kind, place)
    assert [found.place for found in lesson.findings] == [place]
    assert finding in lesson.findings[0].text
    assert lesson.alone == lesson.findings
    assert lesson.transaction
    assert all(change.before != change.after for change in lesson.changes)


@pytest.mark.parametrize(("place", "hashes"), [(2, 2), (300, 2), (600, 1)])
def test_a_tree_that_was_made_anew_fits_the_row_and_no_checkpoint(
    original: tuple[Path, list[Key]], tmp_path: Path, place: int, hashes: int
) -> None:
    lesson = changed(original, tmp_path, "both", place)
    assert len(lesson.changes) == 1 + hashes
    [finding] = lesson.findings
    assert "are not those that were signed: the tree was changed" in finding.text


@pytest.mark.parametrize(("place", "size"), [(50, 0), (101, 100), (513, 500), (600, 500)])
def test_a_ledger_that_was_put_back_holds_by_itself_and_not_against_a_kept_checkpoint(
    original: tuple[Path, list[Key]], tmp_path: Path, place: int, size: int
) -> None:
    lesson = changed(original, tmp_path, "cut", place)
    assert [(change.before, change.after) for change in lesson.changes] == [("600", str(size))]
    assert lesson.alone == []
    [finding] = lesson.findings
    assert "was rolled back" in finding.text
    assert finding.place == size + 1


def test_a_ledger_with_one_record_is_too_short_for_a_lesson(tmp_path: Path) -> None:
    signer = Signer(tmp_path, "ndxp.example/test")
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Writer(engine, signer).append([record()])
    back_up(engine, signer, tmp_path / "copy.backup", quietly)
    engine.dispose()
    with pytest.raises(Refused, match="too few records"):
        tamper("field", tmp_path / "copy.backup", signer.public_keys(), quietly, 0.0)


def test_the_copy_is_one_of_the_exchange_that_runs_and_without_one_it_is_said_why(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    make_copy(exchange.folder, tmp_path / "copy.backup", quietly)
    with Backup(tmp_path / "copy.backup") as copy:
        assert not copy.audit(keys_in(exchange.folder)).findings
    assert (tmp_path / "copy.backup").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="is there already"):
        make_copy(exchange.folder, tmp_path / "copy.backup", quietly)


def test_an_exchange_elsewhere_has_its_ledger_elsewhere(exchange: RunningExchange, tmp_path: Path) -> None:
    replace(exchange.state, folder=str(tmp_path), attached=True).write()
    with pytest.raises(Refused, match="attached to an exchange elsewhere"):
        make_copy(tmp_path, tmp_path / "copy.backup", quietly)


def test_every_kind_of_change_has_its_words() -> None:
    assert list(WORDS) == list(KINDS)
