"""HTTP/2 for gRPC (RFC 9113, RFC 7541), both roles, without input or output.

A connection gets the peer's bytes and calls the users of its streams; its own bytes to send are taken from it. It knows
nothing of members, rights or records. docs/http2.md follows a byte through it.
"""

from ndxp.http2.client import ClientConnection
from ndxp.http2.connection import Connection
from ndxp.http2.encoder import Encoder, literal
from ndxp.http2.errors import ErrorCode
from ndxp.http2.fields import Field, Fields
from ndxp.http2.limits import Limits
from ndxp.http2.server import ServerConnection
from ndxp.http2.stream import Stream, StreamUser

__all__ = [
    "ClientConnection",
    "Connection",
    "Encoder",
    "ErrorCode",
    "Field",
    "Fields",
    "Limits",
    "ServerConnection",
    "Stream",
    "StreamUser",
    "literal",
]
