"""Reads header blocks (RFC 7541).

Names and values are text with one character for each byte (latin-1), so that values outside ASCII lose nothing. gRPC's
own clients send most fields as plain literals, which are slices here.
"""

from ndxp.http2 import huffman
from ndxp.http2.errors import ConnectionFailure, ErrorCode, FieldsTooLarge
from ndxp.http2.fields import Field, Fields
from ndxp.http2.limits import FAR_TOO_LARGE
from ndxp.http2.table import DEFAULT_TABLE_BYTES, ENTRY_BYTES, STATIC

_INDEXED, _INCREMENTAL, _TABLE_SIZE = 0x80, 0x40, 0x20
_STATIC_ENTRIES = len(STATIC)
_MOST_RESIZES = 2
"""Changes of the table's size at the beginning of a block: to the smallest size since the last block, and to the
present one (4.2)."""
_LARGEST_SHIFT = 21
"""Integers of more than 28 bits after their prefix are refused: no valid length or index is so large."""


class Decoder:
    """Decodes the header blocks of one direction; ``field_bytes`` is the largest header list that it returns.

    A larger one is read to its end and not kept, because the table must stay equal to the peer's.
    """

    __slots__ = ("_field_bytes", "_newest_last", "_table_bytes", "_used")

    def __init__(self, field_bytes: int) -> None:
        self._field_bytes = field_bytes
        self._newest_last: list[Field] = []
        self._table_bytes = DEFAULT_TABLE_BYTES
        self._used = 0

    def decode(self, block: bytes) -> Fields:
        """The fields of a block, in their order.

        Raises ConnectionFailure (COMPRESSION_ERROR) for a malformed block, FieldsTooLarge for one that is too large,
        and ConnectionFailure (ENHANCE_YOUR_CALM) for one that is far too large.
        """
        try:
            return self._decode(block)
        except (IndexError, huffman.HuffmanError) as error:
            raise _broken("a header block does not hold") from error

    def _decode(self, block: bytes) -> Fields:
        found: Fields = []
        text = block.decode("latin-1")
        at, end, size = 0, len(block), 0
        resizes = unkept = 0
        most = self._field_bytes
        table = self._newest_last
        while at < end:
            first = block[at]
            at += 1
            if first >= _INDEXED:
                index = first & 0x7F
                if index == 0x7F:
                    index, at = _integer(block, at, 0x7F)
                if not index:
                    raise IndexError(index)
                field = STATIC[index] if index < _STATIC_ENTRIES else table[_STATIC_ENTRIES - 1 - index]
            elif first & 0xE0 == _TABLE_SIZE:
                resizes += 1
                if size or resizes > _MOST_RESIZES:
                    raise _broken("a table changes its size in the middle of a header block, or too often")
                at = self._resize(block, first, at)
                continue
            else:
                field, at = self._literal(block, text, first, at)
            size += len(field[0]) + len(field[1]) + ENTRY_BYTES
            if size <= most:
                found.append(field)
            else:
                unkept += 1
                if size > most * FAR_TOO_LARGE:
                    raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "a header list is far larger than allowed")
        if unkept:
            raise FieldsTooLarge(len(found) + unkept)
        return found

    def _literal(self, block: bytes, text: str, first: int, at: int) -> tuple[Field, int]:
        """A field that is written out: its name too, or the index of one."""
        keep = first & _INCREMENTAL
        mask = 0x3F if keep else 0x0F
        index = first & mask
        if index:
            if index == mask:
                index, at = _integer(block, at, mask)
            entry = STATIC[index] if index < _STATIC_ENTRIES else self._newest_last[_STATIC_ENTRIES - 1 - index]
            name = entry[0]
        elif (length := block[at]) < 0x7F:  # short and no Huffman code, as nearly all are
            at += 1 + length
            name = text[at - length : at]
        else:
            name, at = _string(block, text, at)
        if (length := block[at]) < 0x7F:
            at += 1 + length
            value = text[at - length : at]
        else:
            value, at = _string(block, text, at)
        if at > len(block):
            raise IndexError(at)
        if keep:
            self._add((name, value))
        return (name, value), at

    def _resize(self, block: bytes, first: int, at: int) -> int:
        size = first & 0x1F
        if size == 0x1F:
            size, at = _integer(block, at, 0x1F)
        if size > DEFAULT_TABLE_BYTES:  # what this side's SETTINGS allow
            raise _broken("a table becomes larger than allowed")
        self._table_bytes = size
        self._evict()
        return at

    def _add(self, field: Field) -> None:
        self._newest_last.append(field)
        self._used += len(field[0]) + len(field[1]) + ENTRY_BYTES
        if self._used > self._table_bytes:
            self._evict()

    def _evict(self) -> None:
        while self._used > self._table_bytes:
            name, value = self._newest_last.pop(0)
            self._used -= len(name) + len(value) + ENTRY_BYTES


def _integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """An integer that does not fit into its prefix (5.1), and where it ends."""
    value, shift = mask, 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > _LARGEST_SHIFT:
            raise _broken("an integer is too large")


def _string(block: bytes, text: str, at: int) -> tuple[str, int]:
    """A string that is long or in Huffman code (5.2), and where it ends."""
    first = block[at]
    length, at = first & 0x7F, at + 1
    if length == 0x7F:
        length, at = _integer(block, at, 0x7F)
    end = at + length
    if end > len(block):
        raise IndexError(end)
    return huffman.decode(block[at:end]) if first & 0x80 else text[at:end], end


def _broken(text: str) -> ConnectionFailure:
    return ConnectionFailure(ErrorCode.COMPRESSION_ERROR, text)
