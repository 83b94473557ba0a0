"""Writes header blocks (RFC 7541).

A field of every call goes into the peer's table once and is an index of one byte from then on. Everything else is a
plain literal, without Huffman code, which would cost more than it saves.
"""

from ndxp.http2.fields import Field
from ndxp.http2.table import DEFAULT_TABLE_BYTES, ENTRY_BYTES, STATIC

_STATIC_INDEX = {field: index for index, field in enumerate(STATIC) if field[1]}
_STATIC_ENTRIES = len(STATIC)
_LARGEST_INDEX = 0x7E  # of one byte
_MOST_BLOCKS = 1000
_INCREMENTAL = b"\x40"
_EMPTY_TABLE = "\x20"


def _integer(number: int, mask: int, pattern: int) -> str:
    """An integer behind a pattern of bits (5.1), a character for each byte."""
    if number < mask:
        return chr(pattern | number)
    text, number = chr(pattern | mask), number - mask
    while number >= 0x80:
        text += chr(number & 0x7F | 0x80)
        number >>= 7
    return text + chr(number)


_LENGTHS = [_integer(length, 0x7F, 0) for length in range(1024)]


def _length(length: int) -> str:
    return _LENGTHS[length] if length < len(_LENGTHS) else _integer(length, 0x7F, 0)


def literal(name: str, value: str) -> str:
    """A field as a literal that no table keeps, here or later on its way, a character for each byte (latin-1).

    A field that came in this form must be passed on in it (RFC 7541, 6.2.3); fields that differ in every call would not
    profit from a table anyway.
    """
    return f"\x10{_length(len(name))}{name}{_length(len(value))}{value}"


class Encoder:
    """One direction's header blocks.

    Entries are added once and never removed: an index stays valid until the peer asks for a smaller table.
    """

    __slots__ = ("_allowed", "_blocks", "_entries", "_resized", "_used")

    def __init__(self) -> None:
        self._allowed = DEFAULT_TABLE_BYTES
        self._entries: dict[Field, int] = {}
        self._blocks: dict[tuple[Field, ...], bytes] = {}
        self._used = 0
        self._resized = b""  # a table size update for the beginning of the next block

    def allow(self, table_bytes: int) -> None:
        """Obeys the peer's SETTINGS_HEADER_TABLE_SIZE: empties the table, which is never larger than the default."""
        self._allowed = min(table_bytes, DEFAULT_TABLE_BYTES)
        self._entries.clear()
        self._blocks.clear()
        self._used = 0
        self._resized = (_EMPTY_TABLE + _integer(self._allowed, 0x1F, 0x20)).encode("latin-1")

    def encode(self, constant: tuple[Field, ...], rest: str) -> bytes:
        """A block of recurring fields, followed by fields from ``literal``.

        Raises UnicodeEncodeError for text that is not latin-1; then nothing has changed, so that the tables stay equal.
        """
        tail = rest.encode("latin-1")
        block = self._blocks.get(constant)
        if block is None:
            block = self._constant(constant)
        if self._resized:
            block, self._resized = self._resized + block, b""
        return block + tail

    def _constant(self, fields: tuple[Field, ...]) -> bytes:
        plain = [literal(*field).encode("latin-1") for field in fields]
        written, kept = b"", True
        for field, text in zip(fields, plain, strict=True):
            index = _STATIC_INDEX.get(field) or self._index(field)
            if index:
                written += bytes((0x80 | index,))
            elif self._keep(field):
                written += _INCREMENTAL + text[1:]
                kept = False  # the next time it is an index
            else:
                written += text
        if kept and len(self._blocks) < _MOST_BLOCKS:
            self._blocks[fields] = written
        return written

    def _index(self, field: Field) -> int:
        """The index of an entry, counted from the newest; 0 if there is none."""
        place = self._entries.get(field)
        return 0 if place is None else _STATIC_ENTRIES + len(self._entries) - 1 - place

    def _keep(self, field: Field) -> bool:
        """Adds an entry to the table if there is room for it and its index fits into one byte."""
        size = len(field[0]) + len(field[1]) + ENTRY_BYTES
        if self._used + size > self._allowed or _STATIC_ENTRIES + len(self._entries) > _LARGEST_INDEX:
            return False
        self._used += size
        self._entries[field] = len(self._entries)
        self._blocks.clear()  # all indexes have changed
        return True
