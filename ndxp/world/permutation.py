"""A keyed permutation of 0..left*right-1: how one number becomes another and back, in any mixed radix."""

import hashlib
import sys
from array import array

_ROUNDS = 4


class Permutation:
    """A bijection on 0..left*right-1 chosen by `key`, and by a tweak 0..tweaks-1.

    An alternating unbalanced Feistel network with modular addition: a value is (high, low) in radix
    left x right, and each round adds to one half a random number looked up by the other. The look-ups
    are tapes of keyed random numbers drawn once, so a round costs one array access; a tweak shifts the
    window on the tapes and so chooses another permutation without another tape.

    Spreads numbers evenly; it is no cipher. Memory in bytes: 8 bytes (16 for radices above 65,536) times
    left + right + 2 * tweaks.
    Raises ValueError for an empty or oversized domain (each radix at most 2**20).
    """

    __slots__ = ("_left", "_right", "_tapes", "size")

    def __init__(self, left: int, right: int, key: bytes, *, tweaks: int = 1) -> None:
        if not (0 < left <= 1 << 20 and 0 < right <= 1 << 20 and tweaks > 0):
            raise ValueError(f"a permutation needs radices of 1..{1 << 20} and a tweak, not {left} x {right}, {tweaks}")
        self.size = left * right
        self._left = left
        self._right = right
        self._tapes = tuple(
            _tape(key + bytes([turn]), length=other + tweaks - 1, radix=radix)
            for turn, (radix, other) in enumerate([(left, right), (right, left)] * (_ROUNDS // 2))
        )

    @classmethod
    def covering(cls, count: int, key: bytes) -> "Permutation":
        """A permutation of the smallest nearly square domain that holds `count` values."""
        left = max(1, round(count**0.5))
        return cls(left, max(1, -(-count // left)), key)

    def forward(self, value: int, tweak: int = 0) -> int:
        """The image of `value` (0..size-1, not checked)."""
        left, right = self._left, self._right
        first, second, third, fourth = self._tapes
        high, low = divmod(value, right)
        high = (high + first[low + tweak]) % left
        low = (low + second[high + tweak]) % right
        high = (high + third[low + tweak]) % left
        low = (low + fourth[high + tweak]) % right
        return high * right + low

    def inverse(self, value: int, tweak: int = 0) -> int:
        """The value whose image is `value` (0..size-1, not checked)."""
        left, right = self._left, self._right
        first, second, third, fourth = self._tapes
        high, low = divmod(value, right)
        low = (low - fourth[high + tweak]) % right
        high = (high - third[low + tweak]) % left
        low = (low - second[high + tweak]) % right
        high = (high - first[low + tweak]) % left
        return high * right + low


class Order:
    """A keyed order of exactly 0..count-1: the images of a permutation that covers more are mapped on until they fit.

    Raises ValueError as `Permutation` does.
    """

    __slots__ = ("_cover", "count")

    def __init__(self, count: int, key: bytes) -> None:
        self.count = count
        self._cover = Permutation.covering(count, key)

    def forward(self, value: int) -> int:
        """The image of `value` (0..count-1, not checked)."""
        image = self._cover.forward(value)
        while image >= self.count:
            image = self._cover.forward(image)
        return image

    def inverse(self, value: int) -> int:
        """The value whose image is `value` (0..count-1, not checked)."""
        origin = self._cover.inverse(value)
        while origin >= self.count:
            origin = self._cover.inverse(origin)
        return origin


def _tape(key: bytes, *, length: int, radix: int) -> "array[int]":
    """`length` random numbers below `radix`, the same on every machine."""
    words = array("I", hashlib.shake_128(key).digest(4 * length))
    if sys.byteorder == "big":
        words.byteswap()
    return array("H" if radix <= 1 << 16 else "I", [word % radix for word in words])
