"""A ledger in this process as the source of an audit."""

from collections.abc import Sequence
from typing import Any

from gateway.ledger.reader import Reader


class Source:
    """The ledger as an auditor reads it.

    ``published`` is the note of the last checkpoint that the store knows, ``losses`` are signed statements.
    """

    def __init__(self, reader: Reader, published: str = "", losses: Sequence[str] = ()) -> None:
        self._reader = reader
        self._published = published
        self._losses = losses
        self.checkpoints = reader.checkpoints
        self.records = reader.lines

    def state(self) -> dict[str, Any]:
        """See ``ndxp.ledger.audit.Source``."""
        first, statement = self._reader.retention()
        return {
            "checkpoint": self._reader.latest_checkpoint(), "published": self._published, "first": first,
            "size": self._reader.last(), "retention": statement, "outside": self._reader.outside(),
            "losses": self._losses,
        }  # fmt: skip

    def tile(self, level: int, number: int) -> bytes:
        """A tile's hashes."""
        return self._reader.tile((level, number))
