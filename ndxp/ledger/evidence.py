"""Evidence: a transaction's records with the proof that the ledger holds them, checked with a public key alone."""

import json
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ndxp.ledger.checkpoint import Checkpoint, Key, NoteRefused
from ndxp.ledger.merkle import ProofRefused, check_inclusion, leaf_hash

FORMAT = "ndxp-evidence/1"
"""What an evidence file says that it is."""


class EvidenceRefused(Exception):
    """The evidence cannot be read, or does not prove what it says; the text says where."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What evidence proves: these records stand in the ledger that signed the checkpoint, at these places from 1."""

    checkpoint: Checkpoint
    records: Sequence[tuple[int, dict[str, Any]]]


def check(text: str, keys: Iterable[Key]) -> Proven:
    """Checks an evidence file; raises EvidenceRefused."""
    try:
        evidence = json.loads(text)
        if evidence["format"] != FORMAT:
            raise EvidenceRefused(f"this is evidence of another kind: {str(evidence['format'])[:40]!r}")
        checkpoint = Checkpoint.open(evidence["checkpoint"], keys)
        records = [_check_record(given, checkpoint) for given in evidence["records"]]
    except NoteRefused as error:
        raise EvidenceRefused(f"checkpoint: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceRefused("not an evidence file as `ndxp log evidence` writes it") from error
    if not records or len({record["transaction_id"] for _, record in records}) != 1:
        raise EvidenceRefused("evidence is about the records of one transaction")
    return Proven(checkpoint, records)


def proof_of(encoded: Iterable[str]) -> list[bytes]:
    """Hashes from their base64 form; raises ProofRefused."""
    try:
        hashes = [b64decode(one, validate=True) for one in encoded]
    except BadBase64 as error:
        raise ProofRefused("the proof is not in base64") from error
    if any(len(one) != 32 for one in hashes):
        raise ProofRefused("a hash of the proof is not a SHA-256")
    return hashes


def _check_record(given: dict[str, Any], checkpoint: Checkpoint) -> tuple[int, dict[str, Any]]:
    index, record = int(given["index"]), json.loads(given["record"])
    leaf = leaf_hash(given["record"].encode())
    try:
        check_inclusion(leaf, index, checkpoint.size, proof_of(given["proof"]), checkpoint.root)
    except ProofRefused as error:
        raise EvidenceRefused(f"record {index + 1}: {error}; the record, its place or its proof was changed") from error
    return index + 1, record
