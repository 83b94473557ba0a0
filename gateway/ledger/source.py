"""A ledger in this process as the source of an audit."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gateway.ledger.reader import Reader


class Source:
    """The ledger as an auditor reads it.

    ``published`` is the note of the last checkpoint in the store, ``losses`` are signed statements.
    """

    def __init__(self, reader: Reader, published: str = "", losses: Sequence[str] = ()) -> None:
        self._reader = reader
        self._published = published
        self._losses = losses
        self.checkpoints = reader.checkpoints
        self.records = reader.lines

    def state(self) -> dict[str, Any]:
        """See ``ndxp.ledger.audit.Source``."""
        return {**self._reader.state(), "published": self._published, "losses": self._losses}

    def derived(self, mark: str) -> dict[str, Any]:
        """See ``ndxp.ledger.audit.Source``."""
        return asdict(self._reader.derived(mark))

    def tile(self, level: int, number: int) -> bytes:
        """A tile's hashes."""
        return self._reader.tile((level, number))
