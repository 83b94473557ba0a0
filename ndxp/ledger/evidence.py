"""Evidence: a transaction's records with the proof that the ledger holds them, checked with a public key alone."""

import json
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ndxp.language import _
from ndxp.ledger.checkpoint import Checkpoint, Key, NoteRefused
from ndxp.ledger.merkle import ProofRefused, check_inclusion, leaf_hash
from ndxp.ledger.payload import plain_hash, salted

FORMAT = "ndxp-evidence/1"
"""The value of ``format`` in an evidence file."""


class EvidenceRefused(Exception):
    """The evidence cannot be read, or does not prove what it says; the text says where."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What evidence proves: the signed ledger holds these records, at these places counted from 1."""

    checkpoint: Checkpoint
    records: Sequence[tuple[int, dict[str, Any]]]
    salt: bytes | None = None

    def check_messages(self, direction: str, messages: Sequence[bytes]) -> None:
        """Checks that these were the messages of the transaction, ``direction`` "request" or "response".

        Raises EvidenceRefused when they were not, and when the evidence came without the salt.
        """
        if self.salt is None:
            raise EvidenceRefused(_("the evidence came without the salt; `ndxp log evidence --salt` writes it"))
        recorded = self.records[-1][1].get(f"{direction}_hash", "")
        if recorded != salted(self.salt, plain_hash(messages)):
            asked = direction == "request"
            raise EvidenceRefused(
                _("the request was another one than this") if asked else _("the response was another one than this")
            )


def check(text: str, keys: Iterable[Key]) -> Proven:
    """Checks an evidence file; raises EvidenceRefused."""
    try:
        evidence = json.loads(text)
        if evidence["format"] != FORMAT:
            raise EvidenceRefused(_("this is evidence of another kind: {kind!r}", kind=str(evidence["format"])[:40]))
        checkpoint = Checkpoint.open(evidence["checkpoint"], keys)
        records = [_check_record(given, checkpoint) for given in evidence["records"]]
        salt = bytes.fromhex(evidence["salt"]) if "salt" in evidence else None
    except NoteRefused as error:
        raise EvidenceRefused(_("checkpoint: {error}", error=error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceRefused(_("not an evidence file as `ndxp log evidence` writes it")) from error
    places = [seq for seq, _ in records]
    if len({record["transaction_id"] for _, record in records}) != 1 or places != sorted(set(places)):
        raise EvidenceRefused(_("evidence is about the records of one transaction, in their order"))
    return Proven(checkpoint, records, salt)


def proof_of(encoded: Iterable[str]) -> list[bytes]:
    """Hashes from their base64 form; raises ProofRefused."""
    try:
        hashes = [b64decode(one, validate=True) for one in encoded]
    except BadBase64 as error:
        raise ProofRefused(_("the proof is not in base64")) from error
    if any(len(one) != 32 for one in hashes):
        raise ProofRefused(_("a hash of the proof is not a SHA-256"))
    return hashes


def _check_record(given: dict[str, Any], checkpoint: Checkpoint) -> tuple[int, dict[str, Any]]:
    index, record = given["index"], json.loads(given["record"])
    if type(index) is not int:
        raise TypeError
    leaf = leaf_hash(given["record"].encode())
    try:
        check_inclusion(leaf, index, checkpoint.size, proof_of(given["proof"]), checkpoint.root)
    except ProofRefused as error:
        raise EvidenceRefused(
            _("record {number}: {error}; the record, its place or its proof was changed", number=index + 1, error=error)
        ) from error
    return index + 1, record
