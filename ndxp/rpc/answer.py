"""How a gRPC call ended: status, messages and metadata, read from header lists."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from ndxp.errors import Code
from ndxp.http2 import Fields
from ndxp.wire.grpc_http2 import binary
from ndxp.wire.metadata import Pair

_NO_METADATA = frozenset({"content-type", "grpc-encoding", "grpc-accept-encoding", "accept-encoding", "date", "server"})
"""Fields that are not metadata."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended, its messages (none if it failed), and the trailing metadata.

    ``text`` is what the status says in words; ``leading`` are the header fields that came before the messages.
    """

    code: Code
    messages: Sequence[bytes] = ()
    trailing: Sequence[Pair] = ()
    text: str = field(default="", compare=False)
    leading: Fields = field(default_factory=list, compare=False)

    @classmethod
    def read(cls, fields: Fields) -> "Answer":
        """The answer that trailers describe, without messages."""
        trailing: list[Pair] = []
        code, text = Code.UNKNOWN, ""
        for name, value in fields:
            if name == "grpc-status":
                code = Code(int(value)) if value.isdecimal() and int(value) <= max(Code) else Code.UNKNOWN
            elif name == "grpc-message":
                text = value
            elif name not in _NO_METADATA:
                trailing.append((name, binary(value) if name.endswith("-bin") else value))
        return cls(code, (), trailing, unquote(text) if text else "")

    @property
    def metadata(self) -> list[Pair]:
        """All metadata, leading and trailing."""
        return [*metadata_of(self.leading), *self.trailing]


def metadata_of(fields: Fields) -> list[Pair]:
    """The metadata in a header list, without what belongs to HTTP and gRPC itself."""
    own = [pair for pair in fields if pair[0] not in _NO_METADATA]
    return [(name, binary(value) if name.endswith("-bin") else value) for name, value in own]


def as_text(value: str | bytes) -> str:
    """A value of metadata as a header field has it: bytes in base64, without padding."""
    return value if isinstance(value, str) else b64encode(value).decode().rstrip("=")
