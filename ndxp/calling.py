"""A call of any method by its descriptor: how it begins, and what the exchange says about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.language import _
from ndxp.wire import metadata

_KEYS = (metadata.TRANSACTION_ID, metadata.GRANT, metadata.WITHHELD, metadata.FAULT)


class NotCarried(ValueError):
    """gRPC cannot carry a value as metadata; the text names its key."""


def pairs(named: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The metadata that was given, without empty values, texts with diacritics encoded. Raises NotCarried."""
    given = tuple(metadata.carried(named))
    for key, value in given:
        if not (value.isascii() and value.isprintable()):
            raise NotCarried(
                _(
                    "{key}: gRPC carries printable ASCII only there, and {value!r} is more: leave out the diacritics",
                    key=key,
                    value=value[:100],
                )
            )
    return given


def begin(
    channel: grpc.Channel | grpc.aio.Channel,
    method: str,
    descriptor: MethodDescriptor | None,
    requests: Sequence[Message],
    deadline: float,
    given: Sequence[tuple[str, str]],
) -> Any:
    """Begins a call of "package.Service/Method" as a stream both ways; on the wire every kind of method is one.

    Without a descriptor one empty message is sent, and answers are bytes.
    """
    answer = GetMessageClass(descriptor.output_type).FromString if descriptor is not None else None
    data = [message.SerializeToString() for message in requests] if descriptor is not None else [b""]
    start: Any = channel.stream_stream(f"/{method}", response_deserializer=answer)
    return start(iter(data), timeout=deadline, metadata=given)


@dataclass(frozen=True, slots=True)
class Said:
    """What the exchange says with an answer: the transaction, the grant and the fields that it withheld, faults."""

    transaction_id: str = ""
    grant: str = ""
    withheld: tuple[str, ...] = ()
    fault: str = ""

    @classmethod
    def of(cls, received: Mapping[str, str | bytes]) -> Self:
        """Reads the metadata of an answer."""
        value = {key: str(received.get(key, "")) for key in _KEYS}
        return cls(
            value[metadata.TRANSACTION_ID],
            value[metadata.GRANT],
            tuple(value[metadata.WITHHELD].split()),
            value[metadata.FAULT],
        )
