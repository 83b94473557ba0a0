"""What a peer may cost: every limit of a connection, in one place.

Limits of the protocol are sent to the peer in SETTINGS, and exceeding them is the peer's error. The other limits bound
work that costs us something and has no use for the peer.
"""

from dataclasses import dataclass

DEFAULT_WINDOW = 65_535
"""Bytes that a peer may send before it has heard of any other window (RFC 9113, 6.9.2)."""

LARGEST_WINDOW = 2**31 - 1
"""The largest possible window; a larger one is an error of the side that gives it (6.9.1)."""

SMALLEST_MAX_FRAME = 16_384
"""The payload that every endpoint takes in one frame (4.2); this stack asks for no more."""

LARGEST_MAX_FRAME = 2**24 - 1
"""The largest payload that a frame can have."""

LARGEST_STREAM_ID = 2**31 - 1
"""The last stream of a connection; GOAWAY with it announces the end and closes no stream (6.8)."""


FAR_TOO_LARGE = 8
"""A header list of so many times ``Limits.field_bytes`` ends the connection; one that is only too large ends the call.
Indexes of one byte each could make megabytes from an allowed block."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may cost.

    Sent to the peer:

    ``concurrent_streams``: streams that it may have open at once; more are reset with REFUSED_STREAM.
    ``stream_window``: bytes of one stream that it may send before they are passed on.
    ``connection_window``: bytes of all streams that may be on their way at once, at least 65,535, which the protocol
    gives to everybody. It comes back as they arrive: the windows of the streams limit what is kept.
    ``field_bytes``: size of a header list, counted as RFC 9113 counts it (names, values and 32 for each).

    Not sent, because the protocol has no setting for them:

    ``block_bytes``: compressed bytes of one header block with its CONTINUATION frames; more ends the connection.
    ``block_frames``: CONTINUATION frames of one header block; more ends the connection.
    ``nuisances_at_once`` and ``nuisances_per_second``: frames that cost us work and carry no call: RST_STREAM, PING,
    SETTINGS, PRIORITY, GOAWAY, empty DATA, CONTINUATION, WINDOW_UPDATE by little or of a stream that is gone, unknown
    types, answers to nothing, informational answers, header lists that are too large, and streams that are refused.
    More ends the connection with ENHANCE_YOUR_CALM.
    ``pings_at_once`` and ``pings_per_second``: PINGs that it may send while no frame of ours carries a call; more ends
    the connection.
    ``unsent_bytes``: bytes of control frames and headers that come up while the transport takes nothing, because the
    peer does not read; more ends the connection. Data of streams waits in the streams and does not count here.
    ``turn``: seconds that frames are read for in one go; the next call of ``Connection.receive`` goes on.
    """

    concurrent_streams: int = 1000
    stream_window: int = DEFAULT_WINDOW
    connection_window: int = 1 << 20
    field_bytes: int = 16_384
    block_bytes: int = 131_072
    block_frames: int = 16
    nuisances_at_once: int = 2000
    nuisances_per_second: float = 200.0
    pings_at_once: int = 10
    pings_per_second: float = 0.2
    unsent_bytes: int = 4 << 20
    turn: float = float("inf")
