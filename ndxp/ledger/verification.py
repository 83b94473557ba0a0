"""Verifies the ledger of a running exchange through its admin API: all of it, or that it has only grown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ndxp.admin import AdminApi
from ndxp.language import _
from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.checkpoint import Checkpoint, Key, KeyChange, Loss, NoteRefused
from ndxp.ledger.evidence import proof_of
from ndxp.ledger.merkle import ProofRefused, check_consistency
from ndxp.whole_file import whole_file

KEYS, REMEMBERED = "ledger-keys", "ledger-checkpoint"
"""The files of a run folder with the public keys, and with the checkpoint that was verified the last time."""

Progress = Callable[[int, int], None]
"""Gets the number of records read and of all."""

_NAMED = 3
_PATIENCE_FOR_A_PART = 3600.0
"""Seconds for one part of the check; one of them compares all indexes of the database with their tables."""


class RememberedRefused(Exception):
    """The checkpoint that was remembered does not hold; the text says why."""


class LedgerDamaged(Exception):
    """The ledger's small tables are damaged, so nothing can be proven; the text says how."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A ledger that has only grown: the older checkpoint, and the one of now."""

    before: Checkpoint
    now: Checkpoint


def keys_in(folder: Path) -> list[Key]:
    """The public keys in a run folder. Raises OSError and NoteRefused."""
    lines = (folder / KEYS).read_text(encoding="utf-8", errors="replace").splitlines()
    return [Key.parse(line) for line in lines if line.strip()]


def followed(api: AdminApi, keys: Iterable[Key]) -> list[Key]:
    """The keys and their successors: whoever trusts a key also trusts the next one, which it has named."""
    return KeyChange.follow(keys, api.get("/ledger/keys")["changes"])


def verify(api: AdminApi, keys: list[Key], remembered: Path, progress: Progress) -> Audited:
    """Audits the whole ledger, and remembers the checkpoint of one that holds in a file for the next time.

    Raises RememberedRefused, and whatever ``progress`` raises to end it.
    """
    kept = [remembered.read_text(encoding="utf-8", errors="replace")] if remembered.exists() else []
    try:
        audited = Audit(_Admin(api), keys, kept).run(progress)
    except NoteRefused as error:
        raise RememberedRefused(
            _("the remembered checkpoint in {remembered} does not hold: {error}", remembered=remembered, error=error)
        ) from error
    if not audited.findings and audited.checkpoint:
        with whole_file(remembered) as file:
            file.write(audited.checkpoint.encode())
    return audited


def only_grown(api: AdminApi, keys: list[Key], old: str, progress: Progress | None = None) -> Grown:
    """Proves that the ledger only adds to the one of an older signed checkpoint.

    First it checks a short proof over the tree; with ``progress`` it also compares every record with the tree. Raises
    NoteRefused, ProofRefused and LedgerDamaged.
    """
    before = Checkpoint.open(old, keys)
    state = api.get("/ledger", signed="true")
    refuse_damage(state)
    losses = Loss.all_of(state.get("losses", ()), keys)
    stated = "".join(f"; {loss.sentence}" for loss in losses if loss.covers(before))
    try:
        now = Checkpoint.open(state["checkpoint"], keys)
        if now.size < before.size:
            raise ProofRefused(
                _(
                    "the ledger ends at record {size}, the checkpoint covers {covered}",
                    size=now.size,
                    covered=before.size,
                )
            )
        proof = proof_of(api.get("/ledger/consistency", old=str(before.size), new=str(now.size)))
        check_consistency(before.size, now.size, proof, before.root, now.root)
        if progress is not None:
            _hold_records(api, keys, progress)
    except (NoteRefused, ProofRefused) as error:
        raise type(error)(f"{error}{stated}") from error
    return Grown(before, now)


def refuse_damage(state: dict[str, Any]) -> None:
    """Raises LedgerDamaged when the state of a ledger names damage."""
    if damage := state.get("damage"):
        raise LedgerDamaged(_("the ledger is damaged: {damage}; see `ndxp log verify`", damage="; ".join(damage)))


def _hold_records(api: AdminApi, keys: list[Key], progress: Progress) -> None:
    """Raises ProofRefused, which names records that differ from the tree."""
    audited = Audit(_Admin(api), keys).run(progress, derived=False)
    if audited.findings:
        named = "; ".join(finding.text for finding in audited.findings[:_NAMED])
        others = len(audited.findings) - _NAMED
        raise ProofRefused(
            _(
                "the tree has only grown, and the records are not those of the tree: {named}{more}; "
                "see `ndxp log verify`",
                named=named,
                more=_("; and {others} more", others=others) if others > 0 else "",
            )
        )


class _Admin:
    """The admin API as the source of an audit."""

    def __init__(self, api: AdminApi) -> None:
        self._api = api

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._api.get("/ledger", signed="true")
        return found

    def checkpoints(self, after: int, limit: int) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = self._api.get("/ledger/checkpoints", after=after, limit=limit)
        return found

    def records(self, after: int, limit: int) -> bytes:
        return self._api.read("/ledger/records", after=after, limit=limit)

    def tile(self, level: int, number: int) -> bytes:
        return self._api.read(f"/ledger/tiles/{level}/{number}")

    def derived(self, mark: str) -> dict[str, Any]:
        found: dict[str, Any] = self._api.send(
            "GET", "/ledger/derived", query={"after": mark}, patience=_PATIENCE_FOR_A_PART
        )
        return found
