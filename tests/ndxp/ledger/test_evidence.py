"""Evidence: holds with the file and a public key, and falls with every change."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.ledger.tree import Place, Tree
from ndxp.ledger.checkpoint import Checkpoint, Key, sign_note
from ndxp.ledger.evidence import FORMAT, EvidenceRefused, check
from ndxp.ledger.merkle import leaf_hash
from ndxp.ledger.payload import plain_hash, salted

NAME = "ndxp.example/test"
SALT = bytes(16)
RECORDS = [
    json.dumps({
        "transaction_id": f"tx-{number // 2}", "phase": "request" if number % 2 == 0 else "outcome",
        "request_hash": salted(SALT, plain_hash([b"question"])),
        "response_hash": salted(SALT, plain_hash([b"answer", b"after answer"])),
    })
    for number in range(20)
]  # fmt: skip


@pytest.fixture(scope="module")
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def keys(private: Ed25519PrivateKey) -> list[Key]:
    return [Key(NAME, private.public_key().public_bytes_raw())]


@pytest.fixture
def evidence(private: Ed25519PrivateKey) -> dict[str, Any]:
    """Of the request and the outcome of tx-4, the records 9 and 10."""
    tiles: dict[Place, bytes] = {}
    tree = Tree(0, tiles.__getitem__)
    tree.append([leaf_hash(record.encode()) for record in RECORDS])
    checkpoint = Checkpoint(NAME, len(RECORDS), tree.root())
    return {
        "format": FORMAT,
        "records": [
            {
                "index": index,
                "record": RECORDS[index],
                "proof": [b64encode(one).decode() for one in tree.inclusion(index, len(RECORDS))],
            }
            for index in (8, 9)
        ],
        "checkpoint": sign_note(str(checkpoint), NAME, [private]),
    }


def test_evidence_proves_its_records_at_their_places(evidence: dict[str, Any], keys: list[Key]) -> None:
    proven = check(json.dumps(evidence), keys)
    assert proven.checkpoint.size == 20
    assert [(seq, record["phase"]) for seq, record in proven.records] == [(9, "request"), (10, "outcome")]


def test_with_the_salt_evidence_tells_whether_a_message_was_the_one(evidence: dict[str, Any], keys: list[Key]) -> None:
    proven = check(json.dumps({**evidence, "salt": SALT.hex()}), keys)
    proven.check_messages("request", [b"question"])
    proven.check_messages("response", [b"answer", b"after answer"])
    for direction, messages in (("request", [b"another"]), ("response", [b"answer"]), ("response", [])):
        with pytest.raises(EvidenceRefused, match="another one"):
            proven.check_messages(direction, messages)


def test_without_the_salt_nothing_is_told_of_messages(evidence: dict[str, Any], keys: list[Key]) -> None:
    with pytest.raises(EvidenceRefused, match="--salt"):
        check(json.dumps(evidence), keys).check_messages("request", [b"question"])


def swap(evidence: dict[str, Any]) -> None:
    first, second = evidence["records"]
    first["record"], second["record"] = second["record"], first["record"]


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "record": lambda e: e["records"][0].update(record=e["records"][0]["record"].replace("tx-4", "tx-5")),
    "space in a record": lambda e: e["records"][0].update(record=e["records"][0]["record"] + " "),
    "place": lambda e: e["records"][0].update(index=10),
    "place outside": lambda e: e["records"][0].update(index=20),
    "negative place": lambda e: e["records"][0].update(index=-1),
    "place of infinity": lambda e: e["records"][0].update(index=float("inf")),
    "place that is a fraction": lambda e: e["records"][0].update(index=8.0),
    "a record twice": lambda e: e["records"].append(e["records"][1]),
    "place that is no number": lambda e: e["records"][0].update(index="x"),
    "step of the proof": lambda e: e["records"][0]["proof"].__setitem__(0, e["records"][1]["proof"][0]),
    "short proof": lambda e: e["records"][0]["proof"].pop(),
    "long proof": lambda e: e["records"][0]["proof"].append(e["records"][0]["proof"][0]),
    "proof that is no base64": lambda e: e["records"][0].update(proof=["!"]),
    "proof of short hashes": lambda e: e["records"][0].update(proof=["AAAA"]),
    "proof that is no list": lambda e: e["records"][0].update(proof=7),
    "swapped records": swap,
    "size in the checkpoint": lambda e: e.update(checkpoint=e["checkpoint"].replace("\n20\n", "\n21\n")),
    "no checkpoint": lambda e: e.pop("checkpoint"),
    "empty checkpoint": lambda e: e.update(checkpoint=""),
    "no records": lambda e: e.update(records=[]),
    "records of nothing": lambda e: e.update(records=None),
    "format": lambda e: e.update(format="ndxp-evidence/9"),
    "salt that is no hex": lambda e: e.update(salt="x"),
    "salt that is no text": lambda e: e.update(salt=7),
    "no format": lambda e: e.pop("format"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_evidence_proves_nothing(evidence: dict[str, Any], keys: list[Key], change: str) -> None:
    CHANGES[change](evidence)
    with pytest.raises(EvidenceRefused):
        check(json.dumps(evidence), keys)


@pytest.mark.parametrize("text", ["", "x", "[]", "7", "null", '"x"', "[" * 100_000])
def test_what_is_no_evidence_is_refused(text: str, keys: list[Key]) -> None:
    with pytest.raises(EvidenceRefused):
        check(text, keys)


def test_another_ledgers_key_proves_nothing(evidence: dict[str, Any]) -> None:
    stranger = Key(NAME, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(EvidenceRefused, match="no key that is known"):
        check(json.dumps(evidence), [stranger])


def test_records_of_two_transactions_are_no_evidence(
    evidence: dict[str, Any], keys: list[Key], private: Ed25519PrivateKey
) -> None:
    tiles: dict[Place, bytes] = {}
    tree = Tree(0, tiles.__getitem__)
    tree.append([leaf_hash(record.encode()) for record in RECORDS])
    evidence["records"][1] = {
        "index": 11,
        "record": RECORDS[11],
        "proof": [b64encode(one).decode() for one in tree.inclusion(11, 20)],
    }
    with pytest.raises(EvidenceRefused, match="one transaction"):
        check(json.dumps(evidence), keys)
