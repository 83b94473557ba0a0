"""A gRPC client on the project's own HTTP/2, in bytes: for callers that count in microseconds or know no contract."""

from ndxp.rpc.answer import Answer, as_text, metadata_of
from ndxp.rpc.framing import Frames, envelope, envelopes, frame, unframe
from ndxp.rpc.lanes import Lanes
from ndxp.rpc.rpc import Ended, Rpc
from ndxp.rpc.streamed import StreamedRpc

__all__ = [
    "Answer", "Ended", "Frames", "Lanes", "Rpc", "StreamedRpc", "as_text", "envelope", "envelopes", "frame",
    "metadata_of", "unframe",
]  # fmt: skip
