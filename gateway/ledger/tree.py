"""The ledger's Merkle tree (RFC 9162) in tiles: which tiles to write when it grows, its root, and its proofs.

A tile has up to 256 hashes, as in C2SP tlog-tiles: level 0 has the leaf hashes, and a hash of level L+1 stands for a
full tile of level L. A full tile never changes, so a batch rewrites at most one tile of each level, and a root or proof
needs the tiles of one path: both are O(log n).
"""

from collections.abc import Callable, Iterable, Mapping

from ndxp.ledger.merkle import EMPTY_ROOT, node_hash, perfect_root

WIDTH = 256
"""Hashes in a full tile."""

_HASH, _BITS = 32, 8


class TileMissing(Exception):
    """A tile of the tree is missing or has too few hashes; the text says which tile."""


Place = tuple[int, int]
"""Level and number of a tile."""

Read = Callable[[Place], bytes]
"""Gives a tile's hashes, concatenated; empty for a tile that does not exist."""


class Tree:
    """A tree of ``size`` leaves over stored tiles; each tile is read once. Its methods raise TileMissing."""

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[Place, bytes] = {}
        self._perfects: dict[tuple[int, int], bytes] = {}

    def leaf(self, index: int) -> bytes:
        """The hash of a leaf."""
        return self._range(index, index + 1)

    def append(self, leaves: Iterable[bytes]) -> Mapping[Place, bytes]:
        """Adds leaf hashes; returns the tiles that have changed and must be stored."""
        changed: dict[Place, bytes] = {}
        before, added, level = self.size, list(leaves), 0
        self.size += len(added)
        while added:
            number, filled = divmod(before >> (_BITS * level), WIDTH)
            above = []
            while added:
                kept = self._tile((level, number), filled)[: filled * _HASH] if filled else b""
                taken, added = added[: WIDTH - filled], added[WIDTH - filled :]
                tile = changed[level, number] = self._tiles[level, number] = kept + b"".join(taken)
                if len(tile) == WIDTH * _HASH:
                    above.append(perfect_root(_hashes(tile)))
                number, filled = number + 1, 0
            added, level = above, level + 1
        return changed

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves, by default of all."""
        size = self.size if size is None else size
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf ``index`` is among the first ``size`` (RFC 9162, 2.1.3.1)."""
        if not 0 <= index < size <= self.size:
            raise ValueError(f"no leaf {index} in a tree of {size}")
        proof, start, end = [], 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(start, middle))
                start = middle
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first ``new`` leaves only add to the first ``old`` (RFC 9162, 2.1.4.1)."""
        if not 0 <= old <= new <= self.size:
            raise ValueError(f"a tree of {new} has not grown from one of {old}")
        if old in (0, new):
            return []
        proof, start, end, whole = [], 0, new, True
        while old < end:
            middle = start + _split(end - start)
            if old <= middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(start, middle))
                start, whole = middle, False
        if not whole:
            proof.append(self._range(start, end))
        return proof[::-1]

    def _range(self, start: int, end: int) -> bytes:
        """Hash of the subtree over leaves [start, end), ``start`` a multiple of its largest perfect part."""
        peaks = []
        while start < end:
            size = 1 << ((end - start).bit_length() - 1)
            peaks.append(self._perfect(start, size))
            start += size
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _perfect(self, start: int, size: int) -> bytes:
        """Hash of a perfect subtree, which never changes; it is computed once."""
        if (known := self._perfects.get((start, size))) is None:
            known = self._perfects[start, size] = self._compute(start, size)
        return known

    def _compute(self, start: int, size: int) -> bytes:
        height = size.bit_length() - 1
        level = height // _BITS
        first, count = start >> (_BITS * level), 1 << (height - _BITS * level)
        number, offset = divmod(first, WIDTH)
        tile = self._tile((level, number), offset + count)
        return perfect_root(_hashes(tile[offset * _HASH : (offset + count) * _HASH]))

    def _tile(self, place: Place, least: int) -> bytes:
        """A tile of at least so many hashes; raises TileMissing."""
        tile = self._tiles.get(place) or self._read(place)
        if len(tile) < least * _HASH:
            raise TileMissing(f"tile {place[1]} of level {place[0]} of the tree lacks hashes")
        self._tiles[place] = tile
        return tile


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[i : i + _HASH] for i in range(0, len(tile), _HASH)]


def _split(count: int) -> int:
    """The largest power of two below ``count`` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)
