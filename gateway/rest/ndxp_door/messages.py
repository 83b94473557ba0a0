"""Messages of the real NDXP, and how each becomes a call: what ``ndxp_messages.yaml`` in an agency's folder says.

The doors know no message and no contract. A file lists messages in this form, with the names of the contract's fields:

- ``path`` is what follows ``/forward`` in the address, ``method`` the method that is called, package.Service/Method.
- ``constants`` are members of the request that must have these values, ``required`` those that must not be empty.
- ``user`` and ``message_id`` name the members that become ``x-ndxp-user-id`` and ``x-ndxp-message-id``.
- ``request`` has for each field of the method's request a member, or several: the first that is not empty counts.
- ``answer`` has for each member of the answer a field, or an object as ``Shown`` describes it.
- ``failure`` says how a failed call is answered, as ``FailureForm`` describes it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from ndxp import messages
from ndxp.agency.parts import FILE as PART
from ndxp.agency.parts import PartRefused, read_part
from ndxp.messages import WrongRequest
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair
from ndxp.yaml_file import read_yaml

FILE = "ndxp_messages.yaml"

_DATES = {"yyyyMMdd": "%Y%m%d", "dd/MM/yyyy": "%d/%m/%Y", "yyyy-MM-dd": "%Y-%m-%d"}


class MessagesRefused(ValueError):
    """A file of messages cannot be used; the text names the file and what is wrong."""


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of an answer that is more than the value of a field.

    ``codes`` has the code for each value of an enumeration, ``date`` the form of a date. With ``members`` it is an
    object whose fields are below ``field``; ``collection`` makes it an array, which is empty where there is nothing.
    """

    field: str
    codes: dict[str, str] = {}
    date: str = ""
    members: dict[str, "str | Shown"] = {}
    collection: bool = False


class FailureForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a failed call is answered: the member for its code and the member for its text, which is Vietnamese.

    ``codes`` has the code of a reason. Another reason has the code ``otherwise``, or is the code itself without one.
    """

    code: str
    text: str
    codes: dict[str, str] = {}
    otherwise: str = ""

    def members(self, reason: str, text: str) -> dict[str, str]:
        """The members of the answer for a failed call."""
        return {self.code: self.codes.get(reason, self.otherwise or reason), self.text: text}


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message: where it is sent, which method it calls, and how request and answer are translated."""

    path: str
    method: str
    request: dict[str, str | list[str]]
    answer: dict[str, str | Shown]
    failure: FailureForm
    constants: dict[str, str] = {}
    required: list[str] = []
    user: str = ""
    message_id: str = ""

    def read(self, body: bytes) -> dict[str, str]:
        """The members of a request that the message knows, as texts. Raises WrongRequest."""
        values = messages.values(body)
        if len(values) != 1 or not isinstance(values[0], dict):
            raise WrongRequest("the request is not one JSON object")
        given = {name: _text(name, values[0].get(name)) for name in self._members()}
        for name, value in self.constants.items():
            if given[name] != value:
                raise WrongRequest(f"{name} must be {value!r} here")
        for name in self.required:
            if not given[name]:
                raise WrongRequest(f"{name} must not be empty")
        if self.user and not _is_text(given[self.user]):
            raise WrongRequest(f"{self.user} must be printable, and of at most {metadata.MAX_VALUE} characters")
        return given

    def pairs(self, given: Mapping[str, str]) -> list[Pair]:
        """The metadata in a request: who asks, and the caller's own number if it has the form of one."""
        number = given.get(self.message_id, "")
        named = {metadata.USER_ID: given.get(self.user, ""), metadata.MESSAGE_ID: number if number.isascii() else ""}
        return [pair for pair in metadata.carried(named) if _is_text(named[pair[0]])]

    def encoded(self, given: Mapping[str, str], method: MethodDescriptor) -> bytes:
        """The request of the call. Raises WrongRequest."""
        fields = {
            field: next((given[name] for name in _each(names) if given[name]), "")
            for field, names in self.request.items()
        }
        try:
            encoded: bytes = GetMessageClass(method.input_type)(**fields).SerializeToString()
        except ValueError as error:
            raise WrongRequest("a text in the request has half a character (a lone surrogate)") from error
        return encoded

    def shown(self, answer: bytes, method: MethodDescriptor, withheld: Sequence[str]) -> dict[str, Any]:
        """The answer to a request. What is not there is null; what was withheld has no member."""
        found = messages.shown(GetMessageClass(method.output_type).FromString(answer))
        return _object(self.answer, found, method.output_type, "", withheld)

    def member(self, field: str) -> str:
        """The member of a request that a field of the contract comes from; empty if there is none."""
        return next(iter(_each(self.request.get(field, []))), "")

    def contradiction(self, method: MethodDescriptor) -> str:
        """What in the message does not fit the contract; empty if it fits."""
        if method.client_streaming or method.server_streaming:
            return f"{self.method} has streams"
        for field in self.request:
            described = method.input_type.fields_by_name.get(field)
            if described is None or described.type != FieldDescriptor.TYPE_STRING or described.is_repeated:
                return f"{method.input_type.full_name} has no text {field}"
        return next(_unknown(self.answer, method.output_type), "")

    def _members(self) -> set[str]:
        named = {name for names in self.request.values() for name in _each(names)}
        return {*named, *self.constants, *self.required, self.user, self.message_id} - {""}


class Messages:
    """The messages of all agencies, by the provider and the path to which they are sent."""

    def __init__(self, known: Mapping[tuple[str, str], Message]) -> None:
        self._known = known

    @classmethod
    def read(cls, folders: Sequence[Path]) -> "tuple[Messages, list[str]]":
        """The messages in the folders of agencies, and a line for each file that cannot be used.

        An agency takes the place of one with its name in a folder before it.
        """
        agencies = {part.parent.name: part.parent for folder in folders for part in sorted(folder.glob(f"*/{PART}"))}
        known: dict[tuple[str, str], Message] = {}
        wrong = []
        for agency in agencies.values():
            if (agency / FILE).exists():
                try:
                    known |= _of(agency)
                except (MessagesRefused, PartRefused) as error:
                    wrong.append(str(error))
        return cls(known), wrong

    def message(self, provider: str, path: str) -> Message | None:
        """The message that a provider takes at a path."""
        return self._known.get((provider, path))

    def of_others(self, path: str) -> Message | None:
        """A message that some provider takes at a path."""
        return next((message for (_, known), message in self._known.items() if known == path), None)


def _of(agency: Path) -> dict[tuple[str, str], Message]:
    """The messages of an agency, each for all its subsystems. Raises MessagesRefused and PartRefused."""
    path = agency / FILE
    try:
        listed = msgspec.convert(read_yaml(path.read_bytes()), list[Message])
        for message in listed:
            _check(message)
        if len({message.path for message in listed}) != len(listed):
            raise ValueError("two messages have the same path")
    except OSError as error:
        raise MessagesRefused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise MessagesRefused(f"{path}: {' '.join(str(error).split())}") from error
    part = read_part(agency)
    return {(subsystem, message.path): message for subsystem in part.subsystems for message in listed}


def _check(message: Message) -> None:
    """Raises ValueError for what no contract can make right."""
    if not message.path.startswith("/"):
        raise ValueError(f"the path {message.path!r} does not begin with /")
    if message.method.count("/") != 1:
        raise ValueError(f"the method {message.method!r} is not package.Service/Method")
    for form in _forms(message.answer):
        if form and form not in _DATES:
            raise ValueError(f"the form of a date {form!r} is none of {', '.join(_DATES)}")


def _forms(members: Mapping[str, str | Shown]) -> Iterator[str]:
    for shown in members.values():
        if isinstance(shown, Shown):
            yield shown.date
            yield from _forms(shown.members)


def _each(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _text(name: str, value: object) -> str:
    """A member of a request; a whole number counts as its digits, and null as empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise WrongRequest(f"{name} must be a text")


def _is_text(text: str) -> bool:
    """Whether a text can be a value of metadata, which may be percent-encoded."""
    return text.isprintable() and len(text) <= metadata.MAX_VALUE


def _unknown(members: Mapping[str, str | Shown], kind: Descriptor) -> Iterator[str]:
    """What members of an answer name that the contract does not have."""
    for shown in members.values():
        path = shown if isinstance(shown, str) else shown.field
        field = _field(kind, path)
        if field is None:
            yield f"{kind.full_name} has no field {path}"
        elif isinstance(shown, Shown) and shown.members:
            if field.message_type is None:
                yield f"{path} of {kind.full_name} is no message, so it has no members"
            else:
                yield from _unknown(shown.members, field.message_type)


def _field(kind: Descriptor | None, path: str) -> FieldDescriptor | None:
    *above, last = path.split(".")
    for name in above:
        field = kind.fields_by_name.get(name) if kind is not None else None
        kind = field.message_type if field is not None and not field.is_repeated else None
    return kind.fields_by_name.get(last) if kind is not None else None


def _object(
    members: Mapping[str, str | Shown], found: Mapping[str, Any], kind: Descriptor, above: str, withheld: Sequence[str]
) -> dict[str, Any]:
    """An object of an answer; ``above`` is the path of the message ``found`` in the whole, with a dot at its end."""
    made = {}
    for name, member in members.items():
        shown = Shown(member) if isinstance(member, str) else member
        path = f"{above}{shown.field}."
        if any(path.startswith(f"{each}.") for each in withheld):
            continue
        value, inner = _value(found, kind, shown.field)
        if shown.members:
            items = value if isinstance(value, list) else [] if value is None else [value]
            objects = [_object(shown.members, item, inner, path, withheld) for item in items]
            made[name] = objects if shown.collection else objects[0] if objects else None
        else:
            made[name] = _leaf(shown, value)
    return made


def _value(found: Mapping[str, Any], kind: Descriptor, path: str) -> tuple[Any, Any]:
    """The value at a path, None where there is nothing, and the type of its message if it is one."""
    value: Any = found
    inner: Descriptor | None = kind
    for name in path.split("."):
        assert inner is not None  # noqa: S101 - see Message.contradiction
        field = inner.fields_by_name[name]
        value = None if value is None else value.get(field.json_name)
        inner = field.message_type
    return value, inner


def _leaf(shown: Shown, value: Any) -> Any:
    if shown.codes:
        return shown.codes.get(str(value), "")
    if shown.date and value:
        with contextlib.suppress(ValueError):  # a provider may have something else there
            return date.fromisoformat(value).strftime(_DATES[shown.date])
    return value
