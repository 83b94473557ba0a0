"""The streams that this side has reset, while the peer may not know it yet (RFC 9113, 5.1, closed)."""

from ndxp.http2.errors import ConnectionFailure, ErrorCode

_REMEMBERED = 4096
"""How many streams are remembered; the oldest are forgotten first."""


class Resets:
    """Frames of these streams may have been sent before the peer knew: they are ignored and are not errors.

    ``window`` is how much data of each is ignored. A correct peer cannot have more on the way.
    """

    __slots__ = ("_left", "_window")

    def __init__(self, window: int) -> None:
        self._window = window
        self._left: dict[int, int] = {}

    def __contains__(self, stream_id: int) -> bool:
        return stream_id in self._left

    def add(self, stream_id: int) -> None:
        """Remembers a stream."""
        self._left[stream_id] = self._window
        if len(self._left) > _REMEMBERED:
            del self._left[next(iter(self._left))]

    def discard(self, stream_id: int) -> bool:
        """Forgets a stream, because the peer has ended it too; returns whether it was remembered."""
        return self._left.pop(stream_id, None) is not None

    def pass_over(self, stream_id: int, size: int) -> None:
        """Counts ignored data. Raises ConnectionFailure (FLOW_CONTROL_ERROR) when it does not end."""
        self._left[stream_id] -= size
        if self._left[stream_id] < 0:
            raise ConnectionFailure(ErrorCode.FLOW_CONTROL_ERROR, "more data than the window of a reset stream allows")
