"""What an agency's records need from a database: documents by kind and key, grouped by owner."""

from collections.abc import Sequence
from typing import Protocol


class Stored(Protocol):
    """A document: ``seq`` grows with every new one."""

    @property
    def seq(self) -> int:
        """Its place among the documents."""

    @property
    def key(self) -> str:
        """Its key, unique within its kind."""

    @property
    def body(self) -> bytes:
        """Its content, in the agency's own encoding."""


class Documents(Protocol):
    """The part of ``ndxp.agency.database.Transaction`` that records use, so that they need no SQL."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The body of a document, or None."""

    def own(self, kind: str, key: str) -> bytes | None:
        """The body of a document that belongs to the caller, or None."""

    def put(self, kind: str, key: str, body: bytes, *, owner: str = "") -> None:
        """Writes a new document, or replaces the one with this key."""

    def of(self, kind: str, owner: str, *, before: int | None = None, limit: int = 500) -> Sequence[Stored]:
        """An owner's documents, the latest first."""

    def own_of(self, kind: str, owner: str, *, before: int | None = None, limit: int = 500) -> Sequence[Stored]:
        """Those of an owner's documents that belong to the caller, the latest first."""


def next_count(documents: Documents, counter: str) -> int:
    """The next number of a counter, from 0 on; unique within the transaction's guarantees."""
    count = int(documents.get("counter", counter) or b"0")
    documents.put("counter", counter, str(count + 1).encode())
    return count
