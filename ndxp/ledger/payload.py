"""Salted hashes of messages: a record has no message, but whoever gets the salt can check a message against it."""

from collections.abc import Sequence
from hashlib import sha256

from ndxp.mac import mac


def salt_of(key: bytes, transaction_id: str) -> bytes:
    """The salt of a transaction's hashes, 16 bytes; ``key`` is the exchange's own."""
    return mac(key, transaction_id.encode())[:16]


def salted(salt: bytes, plain: bytes) -> str:
    """The salted hash in hex, as the record has it, of a message or stream with this plain hash.

    Without the salt nobody can guess the message by trying, although a request is often little more than a number.
    """
    return sha256(salt + plain).hexdigest()


def plain_hash(messages: Sequence[bytes]) -> bytes:
    """SHA-256 of the one message; of a stream over all messages, each after its length (4 bytes, big endian)."""
    if len(messages) == 1:
        return sha256(messages[0]).digest()
    return sha256(b"".join(len(one).to_bytes(4, "big") + one for one in messages)).digest()
