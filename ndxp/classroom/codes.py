"""The codes by which groups join, and how many wrong ones may be tried."""

import secrets
import threading
import time
from collections.abc import Collection

_LETTERS = "ACDEFHJKLMNPRTUVWXY34679"
"""Without letters and digits that look or sound alike: B and 8, G, I, 1, O, 0, Q, S, 5, 2 and Z."""

_LENGTH = 6
_TRIES = 10
_EVERY = 6.0
_MOST_ADDRESSES = 1000


def new_code(taken: Collection[str]) -> str:
    """A code that is not taken yet: six letters and digits, some 190 million possible ones."""
    while (code := "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))) in taken:
        pass
    return code


def plain(typed: str) -> str:
    """A code as somebody has typed it, in its own form: spaces, hyphens and small letters do not count."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())[: 2 * _LENGTH]


class Guesses:
    """Wrong codes by the address that they came from: ten at once, then one in six seconds."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}
        self._alone = threading.Lock()

    def allowed(self, address: str) -> bool:
        """Whether somebody at this address may try a code."""
        with self._alone:
            return self._now(address) >= 1

    def wrong(self, address: str) -> None:
        """Counts a wrong code."""
        with self._alone:
            left = self._now(address) - 1
            self._left.pop(address, None)
            while len(self._left) >= _MOST_ADDRESSES:
                del self._left[next(iter(self._left))]  # the one that was wrong the longest ago
            self._left[address] = left, time.monotonic()

    def _now(self, address: str) -> float:
        left, at = self._left.get(address, (float(_TRIES), 0.0))
        return min(_TRIES, left + (time.monotonic() - at) / _EVERY)
