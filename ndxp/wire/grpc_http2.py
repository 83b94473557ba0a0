"""What "gRPC over HTTP/2" says of values and statuses: the same for a caller, the gateway and its upstream."""

from binascii import Error, a2b_base64
from collections.abc import Mapping
from urllib.parse import quote

from ndxp.errors import Code
from ndxp.http2 import ErrorCode

_OF_RESETS: Mapping[int, Code] = {
    ErrorCode.REFUSED_STREAM: Code.UNAVAILABLE,
    ErrorCode.CANCEL: Code.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: Code.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: Code.PERMISSION_DENIED,
}
_OF_HTTP = {
    "400": Code.INTERNAL, "401": Code.UNAUTHENTICATED, "403": Code.PERMISSION_DENIED, "404": Code.UNIMPLEMENTED,
    "429": Code.UNAVAILABLE, "502": Code.UNAVAILABLE, "503": Code.UNAVAILABLE, "504": Code.UNAVAILABLE,
}  # fmt: skip
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def code_of_reset(code: int) -> Code:
    """The status of a call whose stream was reset with an HTTP/2 error code (section "Errors")."""
    return _OF_RESETS.get(code, Code.INTERNAL)


def code_of_http(status: str) -> Code:
    """The status for an HTTP status of a peer that does not speak gRPC (http-grpc-status-mapping)."""
    return _OF_HTTP.get(status, Code.UNKNOWN)


def percent(text: str) -> str:
    """A status message in gRPC's percent-encoding."""
    return quote(text, safe=_PRINTABLE)


def binary(value: str) -> bytes:
    """Binary metadata decoded from base64, with or without padding; empty when it is invalid."""
    try:
        return a2b_base64(value + "=" * (-len(value) % 4))
    except (Error, ValueError):
        return b""
