"""How a record holds what was said without holding it: salted hashes of messages, opened by who is given the salt."""

from collections.abc import Sequence
from hashlib import sha256

from ndxp.mac import mac


def salt_of(key: bytes, transaction_id: str) -> bytes:
    """The salt of a transaction's hashes, 16 bytes; ``key`` is the exchange's own."""
    return mac(key, transaction_id.encode())[:16]


def salted(salt: bytes, plain: bytes) -> str:
    """What the record has, in hex, for a message or stream with this plain hash.

    Without the salt nobody can try out what the message may have been: a request often holds little but a number.
    """
    return sha256(salt + plain).hexdigest()


def plain_hash(messages: Sequence[bytes]) -> bytes:
    """SHA-256 of the one message; of a stream, over each message with its length before it (4 bytes, big endian)."""
    if len(messages) == 1:
        return sha256(messages[0]).digest()
    return sha256(b"".join(len(one).to_bytes(4, "big") + one for one in messages)).digest()
