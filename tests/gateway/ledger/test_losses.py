"""A ledger that is shorter than what was signed goes on when that is stated, and says so for ever."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.keys import load_or_create
from gateway.ledger import statistics, tables
from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.statements import CHANGES, LOSSES
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.writer import Writer
from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.checkpoint import Checkpoint, Loss, NoteRefused, Retention, sign_note
from tests.support.records import record

KEPT, SIGNED = 100, 300


@pytest.fixture
def notes(writer: Writer, ledger: Reader, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """An older copy, of 100 records, of a ledger of which 300 were signed; gives the checkpoints by size."""
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_RECORDS", 50)
    writer.append([record() for _ in range(KEPT)])
    of_copy = dict(ledger.checkpoints())
    lost = {size: Checkpoint(signer.name, size, bytes([size % 256]) * 32) for size in (150, 250, SIGNED)}
    return {**of_copy, **{size: signer.checkpoint(checkpoint) for size, checkpoint in lost.items()}}


def roll_back(engine: sa.Engine) -> None:
    """Puts the first 100 records back as an older copy of the database has them."""
    with engine.execution_options(write=True).begin() as connection:
        for table, place in ((tables.records, "seq"), (tables.checkpoints, "size")):
            connection.execute(sa.delete(table).where(table.c[place] > KEPT))
        tiles = tables.tiles
        connection.execute(sa.update(tiles).values(hashes=sa.func.substr(tiles.c.hashes, 1, 32 * KEPT)))
        connection.execute(sa.delete(tiles).where(tiles.c.level > 0))
        connection.execute(sa.update(tables.tree).values(size=KEPT))
        connection.execute(sa.delete(tables.rollups))
        statistics.add(connection, [entry.record for entry in Reader(connection).entries(0, KEPT)])


def audit(ledger: Reader, signer: Signer, published: str = "", *remembered: str) -> Audited:
    return Audit(Source(ledger, published, signer.losses()), signer.public_keys(), remembered).run()


def test_a_shorter_ledger_goes_on_only_when_the_loss_is_stated(
    writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str]
) -> None:
    with pytest.raises(LedgerDisagrees, match="ndxp log accept-loss"):
        writer.check(notes[SIGNED])
    stated = writer.accept_loss(notes[SIGNED])
    assert (stated.kept, stated.lost.size) == (KEPT, SIGNED)
    writer.check(notes[SIGNED])
    writer.append([record() for _ in range(60)])
    assert Checkpoint.parse(ledger.latest_checkpoint()).size > KEPT


def test_the_audit_of_a_ledger_with_a_stated_loss_names_it_and_finds_nothing_wrong(
    writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str]
) -> None:
    writer.accept_loss(notes[SIGNED])
    for published in (notes[SIGNED], ""):
        for remembered in (notes[50], notes[KEPT], notes[150], notes[250], notes[SIGNED]):
            audited = audit(ledger, signer, published, remembered)
            assert audited.findings == []
            [said] = audited.losses
            assert f"records {KEPT + 1} to {SIGNED}" in said
    writer.append([record() for _ in range(400)])  # others are in the lost ones' places now
    for remembered in (notes[50], notes[250], notes[SIGNED]):
        assert audit(ledger, signer, ledger.latest_checkpoint(), remembered).findings == []


def test_a_stated_loss_excuses_nothing_else(
    writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str]
) -> None:
    writer.accept_loss(notes[SIGNED])
    changed = signer.checkpoint(Checkpoint(signer.name, KEPT - 10, bytes(32)))
    later = signer.checkpoint(Checkpoint(signer.name, SIGNED + 1, bytes(32)))
    assert "are not those that were signed" in audit(ledger, signer, "", changed).findings[0].text
    assert "rolled back" in audit(ledger, signer, "", later).findings[0].text
    assert "rolled back" in audit(ledger, signer, notes[150]).findings[0].text  # published, and not the stated one
    with pytest.raises(LedgerDisagrees):
        writer.check(later)
    with pytest.raises(LedgerDisagrees):
        writer.check(notes[150])


@pytest.mark.parametrize("times", [1, 2])
def test_a_second_roll_back_within_the_lost_range_is_found(
    times: int, engine: sa.Engine, writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str]
) -> None:
    for _ in range(times):  # stated once, or again after the ledger had grown
        writer.accept_loss(notes[SIGNED])
        writer.check(notes[SIGNED])
        writer.append([record() for _ in range(100)])
        remembered = ledger.latest_checkpoint()
        assert audit(ledger, signer, remembered, remembered, notes[150]).findings == []
        notes[SIGNED] = signer.checkpoint(replace(Checkpoint.parse(remembered), size=SIGNED, root=b"2" * 32))
        roll_back(engine)  # by somebody with database and store, who has no key
        writer.check("")
    writer.append([record() for _ in range(150)])
    found = audit(ledger, signer, ledger.latest_checkpoint(), remembered)
    assert "are not those that were signed" in found.findings[0].text
    assert not any(loss.covers(Checkpoint.parse(remembered)) for loss in signer.stated())  # `ndxp log consistency`


def test_a_statement_that_was_removed_is_missed(
    writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str]
) -> None:
    writer.accept_loss(notes[SIGNED])
    writer.append([record() for _ in range(60)])
    [finding] = Audit(Source(ledger), signer.public_keys()).run().findings
    assert "loss 1 is not shown any more" in finding.text


def test_statements_of_before_losses_were_counted_excuse_what_was_signed_before_too(
    writer: Writer, ledger: Reader, signer: Signer, notes: dict[int, str], tmp_path: Path
) -> None:
    lost = str(Checkpoint.parse(notes[SIGNED])).partition("\n")[2]
    private = load_or_create(tmp_path / "ledger-key.pem")
    signer.add_note(LOSSES, sign_note(f"{signer.name} loss\n{KEPT}\n{lost}2026-01-01\n", signer.name, [private]))
    writer.check(notes[SIGNED])
    assert audit(ledger, signer, notes[SIGNED], notes[250]).findings == []
    writer.append([record() for _ in range(60)])
    assert Checkpoint.parse(ledger.latest_checkpoint()).losses == 1


@pytest.mark.parametrize("cut", [1, 40, 150])
def test_a_statement_cut_off_during_writing_is_ignored_and_the_next_one_is_whole(
    cut: int, writer: Writer, signer: Signer, notes: dict[int, str], tmp_path: Path
) -> None:
    writer.accept_loss(notes[SIGNED])
    signer.rotate()
    whole = signer.losses(), signer.key_changes()
    for name, place in ((LOSSES, 0), (CHANGES, 1)):
        with (tmp_path / name).open("ab") as file:
            file.write(whole[place][0].encode().partition(b"\xe2")[0][-cut:] + b"\xe2")  # within a letter
    writer.check(notes[SIGNED])
    assert (signer.losses(), signer.key_changes()) == whole
    signer.lose(KEPT, Checkpoint.parse(notes[250]))
    assert [loss.lost.size for loss in signer.stated()] == [SIGNED, 250]


def test_what_is_no_statement_does_not_stop_the_recorder(writer: Writer, signer: Signer, notes: dict[int, str]) -> None:
    signer.add_note(LOSSES, "half a note")
    writer.accept_loss(notes[SIGNED])
    writer.check(notes[SIGNED])


def test_a_statement_that_nobody_known_has_signed_excuses_nothing(
    ledger: Reader, signer: Signer, notes: dict[int, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Signer(tmp_path_factory.mktemp("stranger"), signer.name)
    stranger.lose(KEPT, Checkpoint.parse(notes[SIGNED]))
    found = Audit(Source(ledger, notes[SIGNED], stranger.losses()), signer.public_keys()).run()
    assert any("a statement of a loss does not hold" in finding.text for finding in found.findings)
    assert any("rolled back" in finding.text for finding in found.findings)


def test_a_loss_cannot_be_accepted_where_nothing_is_lost(writer: Writer, notes: dict[int, str], signer: Signer) -> None:
    for published in ("", notes[50], notes[KEPT]):
        with pytest.raises(ValueError, match="nothing that was signed is missing"):
            writer.accept_loss(published)
    writer.accept_loss(notes[SIGNED])
    with pytest.raises(ValueError, match="nothing that was signed is missing"):
        writer.accept_loss(notes[SIGNED])
    assert len(signer.losses()) == 1


def test_a_statement_of_a_loss_is_nothing_else_and_nothing_else_is_one(
    signer: Signer, notes: dict[int, str], writer: Writer
) -> None:
    stated = writer.accept_loss(notes[SIGNED])
    [note] = signer.losses()
    keys = signer.public_keys()
    assert Loss.open(note, keys) == stated
    for other in (notes[SIGNED], signer.retention(5)):
        with pytest.raises(NoteRefused):
            Loss.open(other, keys)
    for kind in (Checkpoint, Retention):
        with pytest.raises(NoteRefused):
            kind.open(note, keys)
