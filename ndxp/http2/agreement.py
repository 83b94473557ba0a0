"""The settings that both ends have exchanged (RFC 9113, 6.5)."""

from collections.abc import Callable

from ndxp.http2 import frames
from ndxp.http2.encoder import Encoder
from ndxp.http2.errors import ConnectionFailure, ErrorCode, protocol_error
from ndxp.http2.limits import (
    DEFAULT_WINDOW,
    LARGEST_MAX_FRAME,
    LARGEST_STREAM_ID,
    LARGEST_WINDOW,
    SMALLEST_MAX_FRAME,
    Limits,
)
from ndxp.http2.nuisances import TOO_MANY_NUISANCES, Nuisances
from ndxp.http2.outgoing import Outgoing
from ndxp.http2.stream import Stream

_STREAMS_PER_NUISANCE = 50
"""A change of the initial window touches all open streams: so many of them count as one nuisance."""

TOO_WIDE = "a window is larger than a window can be"


class Agreement(Outgoing):
    """The part of a connection that obeys the peer's settings, and knows from when on the peer obeys ours.

    ``peer_stream_window``, ``peer_max_frame`` and ``peer_max_streams`` are the peer's settings. ``stream_window`` is
    how many bytes the peer may send of a new stream.
    """

    def __init__(self, limits: Limits, wake: Callable[[], None]) -> None:
        super().__init__(limits, wake)
        self.encoder = Encoder()
        self.streams: dict[int, Stream] = {}
        self.peer_stream_window = DEFAULT_WINDOW
        self.peer_max_frame = SMALLEST_MAX_FRAME
        self.peer_max_streams = LARGEST_STREAM_ID
        # A smaller window than the protocol's default counts only after the peer's acknowledgement (6.5.3).
        self.stream_window = max(limits.stream_window, DEFAULT_WINDOW)
        self._acknowledged = False
        self._nuisances = Nuisances(limits.nuisances_at_once, limits.nuisances_per_second, TOO_MANY_NUISANCES)

    def nuisance(self, cost: float = 1.0) -> None:
        """Counts work without a use for the peer. Raises ConnectionFailure when it is too much."""
        self._nuisances.count(cost)

    def _on_settings(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if stream_id:
            raise protocol_error("SETTINGS of a stream")
        if (end - start) % 6 or (flags & frames.ACK and end != start):
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS has a wrong length")
        if flags & frames.ACK:
            self._acknowledge()
            return
        self.nuisance(max(1, (end - start) // 6))
        before = self.peer_stream_window
        for at in range(start, end, 6):
            self._set(*frames.read_setting(data, at))
        self._change_windows(self.peer_stream_window - before)
        # First the acknowledgement, then data by the new settings: the peer applies them only from then on (6.5.3).
        self.write(frames.frame(frames.SETTINGS, frames.ACK, 0))
        self._unblock()

    def _acknowledge(self) -> None:
        """The peer obeys this side's settings from here on."""
        if self._acknowledged:  # this side sends one SETTINGS frame, so there is one acknowledgement
            self.nuisance()
            return
        self._acknowledged = True
        change, self.stream_window = self.limits.stream_window - self.stream_window, self.limits.stream_window
        for stream in self.streams.values():
            stream.receive_window += change

    def _set(self, identifier: int, value: int) -> None:
        """Takes one setting of the peer; an unknown one is ignored (6.5.2)."""
        if identifier == frames.INITIAL_WINDOW_SIZE:
            if value > LARGEST_WINDOW:
                raise too_wide()
            self.peer_stream_window = value  # for the streams the last value of a frame counts
        elif identifier == frames.MAX_FRAME_SIZE:
            if not SMALLEST_MAX_FRAME <= value <= LARGEST_MAX_FRAME:
                raise protocol_error("SETTINGS_MAX_FRAME_SIZE")
            self.peer_max_frame = value
        elif identifier == frames.HEADER_TABLE_SIZE:
            self.encoder.allow(value)
        elif identifier == frames.MAX_CONCURRENT_STREAMS:
            self.peer_max_streams = value
        elif identifier == frames.ENABLE_PUSH and value > 1:
            raise protocol_error("SETTINGS_ENABLE_PUSH")

    def _change_windows(self, change: int) -> None:
        """Changes the windows of all open streams, which may become negative (6.9.2)."""
        if change:
            self.nuisance(len(self.streams) / _STREAMS_PER_NUISANCE)
            for stream in self.streams.values():
                if not self._widen(stream, change):
                    raise too_wide()  # unlike a WINDOW_UPDATE, this is an error of the connection (6.9.2)

    def _widen(self, stream: Stream, more: int) -> bool:
        """Changes the window of a stream; returns whether there is such a window."""
        stream.send_window += more
        if stream.queued and stream.send_window > 0:
            self.blocked.setdefault(stream.id, stream)
        return stream.send_window <= LARGEST_WINDOW


def too_wide() -> ConnectionFailure:
    """The failure of a connection whose windows were given beyond the largest one (6.9.1)."""
    return ConnectionFailure(ErrorCode.FLOW_CONTROL_ERROR, TOO_WIDE)
