"""What a stub of an agency answers: a table of methods, each with a message, a sequence, a function or an error."""

import inspect
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.errors import AgencyError, Code

Answer: TypeAlias = Any
"""What a method answers.

- a message, or a ``dict`` of its fields as in JSON: always this one;
- a ``list`` of answers: one after the other, the last again and again;
- a function of the request, plain or async: what it gives, or raises;
- a ``dict`` whose keys are ``match(...)`` or functions of the request: the answer of the first key that fits;
- an ``AgencyError``, or a ``Code``: this error;
- for a method that answers with a stream, a ``tuple`` of messages: all of them.
"""


@dataclass(frozen=True, slots=True)
class Match:
    """Fits requests whose fields have these values; see ``match``."""

    fields: tuple[tuple[str, Any], ...]

    def __call__(self, request: Message) -> bool:
        """Whether a request fits."""
        return all(_at(request, name) == value for name, value in self.fields)


def match(**fields: Any) -> Match:
    """Fits requests whose fields have these values, ``citizen__name`` for a field in a field; all when none is given.

    A field that the request does not have fits no value.
    """
    return Match(tuple(fields.items()))


def _at(request: Message, name: str) -> Any:
    found: Any = request
    for part in name.split("__"):
        found = getattr(found, part, None)
    return found


@dataclass(slots=True)
class Answers:
    """The answers of one method. Raises ValueError or TypeError for one that cannot be an answer of the method."""

    method: MethodDescriptor
    answer: Answer
    _given: dict[int, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._check(self.answer)

    async def messages(self, request: Any) -> AsyncIterator[Message]:
        """The messages for a request. Raises AgencyError where the answer is an error."""
        answer = self._choose(self.answer, request)
        while callable(answer) and not isinstance(answer, Message | type):
            answer = answer(request)
            if inspect.isawaitable(answer):
                answer = await answer
            answer = self._choose(answer, request)
        for each in answer if isinstance(answer, tuple) else (answer,):
            yield self._message(each)

    def _choose(self, answer: Answer, request: Any) -> Answer:
        """An answer that is neither a sequence nor a table any more. Raises AgencyError."""
        while True:
            if isinstance(answer, list):
                place = self._given.get(id(answer), 0)
                self._given[id(answer)] = place + 1
                answer = answer[min(place, len(answer) - 1)]
            elif _is_table(answer):
                answer = next((given for fits, given in answer.items() if fits(request)), _UNANSWERED)
            elif isinstance(answer, Code):
                raise AgencyError(answer, answer.name, "the stub of the agency answers with this code")
            elif isinstance(answer, Exception):
                raise answer
            else:
                return answer

    def _message(self, answer: Any) -> Message:
        kind: type[Message] = GetMessageClass(self.method.output_type)
        if isinstance(answer, Mapping):
            return json_format.ParseDict(dict(answer), kind())
        if isinstance(answer, Message) and answer.DESCRIPTOR.full_name == self.method.output_type.full_name:
            return kind.FromString(answer.SerializeToString())
        raise TypeError(f"{self.method.name} answers with {self.method.output_type.full_name}, not {type(answer)}")

    def _check(self, answer: Answer) -> None:
        """Raises ValueError or TypeError for what can be seen to be wrong before the first call."""
        if isinstance(answer, list | tuple):
            if not answer:
                raise ValueError(f"{self.method.name}: an empty sequence is no answer")
            if isinstance(answer, tuple) and not self.method.server_streaming:
                raise ValueError(f"{self.method.name} answers with one message, not with several")
            for each in answer:
                self._check(each)
        elif _is_table(answer):
            for each in answer.values():
                self._check(each)
        elif isinstance(answer, Code) and answer is Code.OK:
            raise ValueError(f"{self.method.name}: OK alone is no answer; give a message")
        elif not isinstance(answer, Code | Exception) and (isinstance(answer, Message) or not callable(answer)):
            try:
                self._message(answer)
            except json_format.ParseError as error:
                raise ValueError(f"{self.method.name}: {error}") from error


_UNANSWERED = AgencyError(Code.UNIMPLEMENTED, "NO_ANSWER", "the stub of the agency has no answer for this request")


def _is_table(answer: Answer) -> bool:
    """Whether a dict is a table of matchers, and not the fields of a message."""
    return isinstance(answer, dict) and bool(answer) and all(callable(key) for key in answer)


def rows(methods: Iterable[MethodDescriptor], table: Mapping[str, Answer]) -> dict[str, Answers]:
    """The answers of a table, by method. Raises ValueError for a method that the contract does not have."""
    known = {method.name: method for method in methods}
    if unknown := sorted(table.keys() - known.keys()):
        raise ValueError(f"the contract has no method {unknown[0]}; it has {', '.join(known)}")
    return {name: Answers(known[name], answer) for name, answer in table.items()}
