"""A ledger in this process as the source of an audit."""

from typing import Any

from gateway.ledger.reader import Reader


class Source:
    """The ledger read in this process; ``published`` is the note of the last checkpoint that the store knows."""

    def __init__(self, reader: Reader, published: str = "") -> None:
        self._reader = reader
        self._published = published
        self.checkpoints = reader.checkpoints
        self.records = reader.lines

    def state(self) -> dict[str, Any]:
        first, statement = self._reader.retention()
        return {
            "checkpoint": self._reader.latest_checkpoint(), "published": self._published, "first": first,
            "size": self._reader.last(), "retention": statement, "outside": self._reader.outside(),
        }  # fmt: skip

    def tile(self, level: int, number: int) -> bytes:
        return self._reader.tile((level, number))
