"""Waiting data, in as few parts as its bytes need."""

from collections.abc import MutableSequence
from typing import TypeVar

from ndxp.http2.limits import SMALLEST_MAX_FRAME

_SMALL = 1024
"""Bytes; a shorter part is copied to the one before it, because each part costs 40 bytes more than its data."""

_Part = TypeVar("_Part", bytes, bytes | memoryview)


def add_part(parts: MutableSequence[_Part], data: bytes) -> None:
    """Appends data to the parts, to the last part itself if both together fit into one frame.

    So data that came in frames of a byte does not cost forty times its size.
    """
    if parts and len(data) < _SMALL:
        last = parts[-1]
        if isinstance(last, bytes) and len(last) + len(data) <= SMALLEST_MAX_FRAME:
            parts[-1] = last + data
            return
    parts.append(data)
