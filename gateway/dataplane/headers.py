"""Header lists of gRPC calls: reading the caller's, making the provider's, and making the answer's.

Values pass unchanged. Only the gateway's own fields are made here: deadline, identity, transaction, status.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable

from gateway.core.transaction import Call
from ndxp.errors import Code, Reason, Refusal
from ndxp.http2 import Field, Fields, literal
from ndxp.wire import metadata
from ndxp.wire.grpc_http2 import binary

GRPC = "application/grpc"
_PLAIN: Field = ("content-type", GRPC)
OK_TRAILERS: tuple[Field, ...] = (("grpc-status", "0"),)

_GRPC = re.compile(r"application/grpc([+;].*)?")
_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])", re.ASCII)
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_PASSED_ON = ("grpc-encoding", "grpc-accept-encoding")
"""gRPC's own fields that pass: how messages are compressed is between caller and provider."""

_HOP = frozenset({"content-type", "content-length", "te", "grpc-timeout", "grpc-status", "grpc-message", *_PASSED_ON})
_CODES = {text: code for code in Code for text in (f"{code:d}", f"{code:02d}")}
_AGENT = ("user-agent", "ndxp-gateway")
_CONTENT_TYPES = frozenset({GRPC, f"{GRPC}+proto"})
_NOT_TAKEN = "CANCELLED"


class RequestHead:
    """What a caller's header list says. ``pairs`` is its metadata, ``timeout`` its deadline as it stands there."""

    __slots__ = ("content_type", "encodings", "pairs", "timeout")

    def __init__(self, fields: Fields) -> None:
        self.content_type = ""
        self.timeout: str | None = None
        self.encodings = ""
        self.pairs: list[metadata.Pair] = []
        for field in fields:
            name, value = field
            if name not in _HOP:
                self.pairs.append(field)
            elif name == "content-type":
                self.content_type = value
            elif name in _PASSED_ON:
                self.encodings += literal(name, value)
            elif name == "grpc-timeout":
                self.timeout = value

    def remaining(self) -> float | None:
        """The deadline in seconds, None without one. Raises Refusal (INVALID_METADATA) for a malformed one."""
        return None if self.timeout is None else _seconds(self.timeout)


def onward(
    call: Call, head: RequestHead, pairs: Iterable[metadata.Pair], scheme: str, within: float, *, recurs: bool
) -> tuple[tuple[Field, ...], str]:
    """The header block for the provider: recurring fields, and the others.

    ``pairs`` is the metadata that it gets, ``within`` its deadline in seconds; ``recurs`` says that the method is one
    of a contract and no free text of the caller's.
    """
    constant: tuple[Field, ...] = (
        (":method", "POST"),
        (":scheme", scheme),
        (":path", f"/{call.method}"),
        (":authority", call.address),
        ("content-type", head.content_type),
        ("te", "trailers"),
        _AGENT,
        (metadata.CLIENT, call.client),
    )
    rest = head.encodings + literal("grpc-timeout", timeout(within)) + literals(pairs)
    if recurs and head.content_type in _CONTENT_TYPES:
        return constant, rest
    return (), "".join([literal(*field) for field in constant]) + rest


def literals(pairs: Iterable[metadata.Pair]) -> str:
    """Metadata as literal fields; bytes, which stand for binary metadata, in base64."""
    return "".join([literal(k, v if isinstance(v, str) else b2a_base64(v, newline=False).decode()) for k, v in pairs])


def answer(fields: Fields) -> tuple[tuple[Field, ...], str, list[Field]]:
    """The beginning of a provider's answer: fields that recur, encodings, and its own metadata for the caller."""
    content_type, encodings, own = GRPC, "", []
    for field in fields:
        name, value = field
        if name not in _HOP:
            own.append(field)
        elif name == "content-type":
            content_type = value
        elif name in _PASSED_ON:
            encodings += literal(name, value)
    if content_type in _CONTENT_TYPES:
        return ((":status", "200"), ("content-type", content_type)), encodings, own
    return ((":status", "200"),), literal("content-type", content_type) + encodings, own


def begin(content_type: str = GRPC) -> tuple[Field, ...]:
    """The beginning of an answer that is this exchange's own."""
    return ((":status", "200"), ("content-type", content_type if content_type in _CONTENT_TYPES else GRPC))


class Ending:
    """How a provider has ended a call: its status, the text of it as it stands on the wire, and its metadata."""

    __slots__ = ("code", "message", "pairs")

    def __init__(self, fields: Fields) -> None:
        """A missing or malformed status counts as UNKNOWN, as in gRPC."""
        self.code = Code.UNKNOWN
        self.message = ""
        self.pairs: list[Field] = []
        for field in fields:
            name, value = field
            if name == "grpc-status":
                self.code = _CODES.get(value, Code.UNKNOWN)
            elif name == "grpc-message":
                self.message = value
            elif name not in _HOP:
                self.pairs.append(field)

    @property
    def not_taken(self) -> bool:
        """Whether it is the status that gRPC's core gives to a call that reaches a stopping server unhandled."""
        return self.code is Code.CANCELLED and self.message == _NOT_TAKEN and not self.pairs

    @property
    def details(self) -> bytes:
        """The value of ``grpc-status-details-bin``; empty when there is none, or when it is no base64."""
        return next((binary(value) for name, value in self.pairs if name == metadata.STATUS_DETAILS), b"")


def status(code: Code, message: str = "") -> str:
    """The fields of a status; ``message`` is in percent-encoding already."""
    return literal("grpc-status", str(int(code))) + (literal("grpc-message", message) if message else "")


def is_grpc(fields: Fields) -> bool:
    """Whether a content-type says that this is gRPC."""
    if _PLAIN in fields:  # the usual form
        return True
    return any(name == "content-type" and _GRPC.fullmatch(value) is not None for name, value in fields)


def timeout(seconds: float) -> str:
    """A deadline as gRPC writes it, rounded down to what eight digits hold."""
    for unit, size in (("u", 1e-6), ("m", 1e-3), ("S", 1.0)):
        if seconds < 1e8 * size:
            return f"{int(seconds / size)}{unit}"
    return "99999999S"


def _seconds(value: str) -> float:
    found = _TIMEOUT.fullmatch(value)
    if found is None:
        raise Refusal(
            Reason.INVALID_METADATA, "grpc-timeout is no deadline: up to eight digits and one of H, M, S, m, u, n",
            metadata={"key": "grpc-timeout"},
        )  # fmt: skip
    return int(found[1]) * _UNITS[found[2]]
