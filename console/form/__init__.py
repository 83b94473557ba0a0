"""The form of a method's request, made from its descriptor; it is filled from messages and gives messages."""

import json
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from console.form.leaf import Kind, Leaf, WrongField
from console.form.tree import Group, Many, Pairs, Single, Slot, Value, leaves_of, value_of
from ndxp import messages

__all__ = ["Form", "Group", "Kind", "Leaf", "Many", "Pairs", "Single", "Slot", "Value", "WrongField"]


class Form:
    """The form of a method's request: one message, or the messages of a stream."""

    def __init__(self, method: MethodDescriptor) -> None:
        self.method = method
        self.streams = method.client_streaming
        self.requests: list[Value] = [] if self.streams else [value_of(method.input_type)]

    def add(self) -> Value:
        """One more message of a stream."""
        self.requests.append(made := value_of(self.method.input_type))
        made.begin()
        return made

    def fill(self, requests: Sequence[Message]) -> None:
        """Takes messages of the request's type. Raises ValueError for what JSON cannot carry, such as the year 0."""
        given = [messages.plain(request) for request in requests]
        filled = [value_of(self.method.input_type) for _ in given]
        for request, each in zip(filled, given, strict=True):
            request.fill(each)
        self.requests = filled

    def read(self, text: str) -> None:
        """Takes what somebody wrote as JSON, all of it or nothing. Raises WrongRequest."""
        try:
            self.fill(messages.read(text.encode(), self.method))
        except ValueError as error:
            raise messages.WrongRequest(f"the request does not fit {self.method.input_type.name}: {error}") from error

    def messages(self) -> list[Message]:
        """The messages. Raises WrongField, and WrongRequest."""
        return [
            messages.message(request.value(f"[{place}]" if self.streams else ""), self.method)
            for place, request in enumerate(self.requests)
        ]

    def text(self) -> str:
        """The request as JSON, to be read by people. Raises WrongField, and WrongRequest."""
        plain = [messages.plain(message) for message in self.messages()]
        return json.dumps(plain if self.streams else plain[0], ensure_ascii=False, indent=2)

    def leaves(self) -> Iterator[tuple[str, Leaf]]:
        """All leaves that are there, with the names of their fields in the contract."""
        for request in self.requests:
            yield from leaves_of("", request)
