"""Whether records are what was signed: each row is compared with the tree, and the tree with its checkpoint."""

from collections.abc import Sequence
from enum import StrEnum

from gateway.core.transaction import canonical
from gateway.ledger.reader import Entry, Reader
from gateway.ledger.statements import Statements
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.tree import TileMissing, Tree
from ndxp.ledger.checkpoint import Checkpoint, NoteRefused
from ndxp.ledger.merkle import ProofRefused, check_inclusion, leaf_hash


class Standing(StrEnum):
    """What the tree says about a record. ``RECORDED``: no checkpoint covers it yet; one follows within a second."""

    SIGNED = "signed"
    RECORDED = "recorded"
    CHANGED = "changed"
    UNPROVEN = "unproven"


_WRONG = {
    Standing.CHANGED: "is not what the tree holds at its place: it was changed in the database",
    Standing.UNPROVEN: "cannot be proven: the tree or its checkpoint was changed in the database",
}


class Standings:
    """Compares records with the ledger's tree; ``statements`` has the public keys of checkpoints."""

    def __init__(self, ledger: Reader, statements: Statements) -> None:
        self._ledger = ledger
        self._statements = statements

    def of(self, entries: Sequence[Entry]) -> list[Standing]:
        """What the tree says about each. Raises SQLAlchemy's errors."""
        if not entries:
            return []
        with self._ledger.tree() as (tree, note):
            try:
                checkpoint = Checkpoint.open(note, self._statements.public_keys()) if note else None
                if checkpoint is not None and tree.root(checkpoint.size) != checkpoint.root:
                    return [Standing.UNPROVEN] * len(entries)
            except (NoteRefused, TileMissing, IndexError):
                return [Standing.UNPROVEN] * len(entries)
            return [_standing(entry, tree, checkpoint) for entry in entries]

    def require(self, entries: Sequence[Entry]) -> None:
        """Raises LedgerDisagrees, which names the first record that is not what was recorded."""
        for entry, standing in zip(entries, self.of(entries), strict=True):
            if standing in _WRONG:
                raise LedgerDisagrees(
                    f"record {entry.seq} (transaction {entry.record.transaction_id}) {_WRONG[standing]}; "
                    "`ndxp log verify` says more"
                )


def _standing(entry: Entry, tree: Tree, checkpoint: Checkpoint | None) -> Standing:
    leaf, index = leaf_hash(canonical(entry.record)), entry.seq - 1
    if not 0 <= index < tree.size:
        return Standing.CHANGED
    try:
        if checkpoint is None or index >= checkpoint.size:
            return Standing.RECORDED if tree.leaf(index) == leaf else Standing.CHANGED
        check_inclusion(leaf, index, checkpoint.size, tree.inclusion(index, checkpoint.size), checkpoint.root)
    except TileMissing:
        return Standing.UNPROVEN
    except ProofRefused:
        return Standing.CHANGED if tree.leaf(index) != leaf else Standing.UNPROVEN
    return Standing.SIGNED
