"""How a call of an agency ended, as only the gateway sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from ndxp.errors import Code
from ndxp.wire import metadata
from ndxp.wire.status import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The messages of an answer, its metadata, and how it failed.

    ``late`` says that the check gave up waiting; ``left_open`` that it had seen enough of a stream of answers,
    and ``garbled`` that the agency's answer was no message of its type.
    """

    messages: Sequence[Message]
    failure: Failure
    leading: Mapping[str, str | bytes]
    trailing: Mapping[str, str | bytes]
    late: bool = False
    garbled: bool = False
    left_open: bool = False

    @property
    def code(self) -> Code:
        """The status."""
        return self.failure.code

    @property
    def good(self) -> bool:
        """Whether the agency did what was asked."""
        return self.code is Code.OK

    @property
    def domain(self) -> str:
        """The domain of the ErrorInfo; empty without one."""
        for detail in self._details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                return str(error_details_pb2.ErrorInfo.FromString(detail.value).domain)
        return ""

    @property
    def packed(self) -> bytes:
        """The details of the status as they came."""
        packed = self.trailing.get(metadata.STATUS_DETAILS, b"")
        return packed if isinstance(packed, bytes) else packed.encode()

    @property
    def _details(self) -> Sequence[any_pb2.Any]:
        try:
            return list(status_pb2.Status.FromString(self.packed).details)
        except DecodeError:
            return []

    def __str__(self) -> str:
        """The outline for people. It has no value of an answer."""
        if self.late:
            return "no answer within the time limit"
        if self.good:
            return f"OK, {len(self.messages)} message{'' if len(self.messages) == 1 else 's'}"
        field = f", field {self.failure.field}" if self.failure.field else ""
        return f"{self.code.name} {self.failure.reason or '(no reason)'}{field}: {self.failure.message}"
