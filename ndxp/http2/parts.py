"""Data that waits in parts, as few of them as its bytes need."""

from collections.abc import MutableSequence
from typing import TypeVar

from ndxp.http2.limits import SMALLEST_MAX_FRAME

_SMALL = 1024
"""Bytes; what is shorter is copied to the part before it. A part costs 40 bytes beside its own."""

_Part = TypeVar("_Part", bytes, bytes | memoryview)


def add_part(parts: MutableSequence[_Part], data: bytes) -> None:
    """Puts data behind the parts, into the last one where both together are small enough for one frame.

    So data that came in frames of a byte does not cost forty times its size.
    """
    if parts and len(data) < _SMALL:
        last = parts[-1]
        if isinstance(last, bytes) and len(last) + len(data) <= SMALLEST_MAX_FRAME:
            parts[-1] = last + data
            return
    parts.append(data)
