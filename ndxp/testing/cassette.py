"""A cassette: calls of an agency and its answers, kept in a file without personal data, to answer from it later.

Every text, every bytes, every date and time is replaced by a placeholder of its form, the same value by the same one:
``074079255028`` by ``000000000001``, a name by ``text-2``. What is kept: numbers, yes and no, values of enumerations,
codes and reasons of errors, and the fields whose names are in ``keep``. So a cassette does not have what the texts
said, nor the messages of errors; and an amount of money, for example, stays. When it answers, it puts back what the
caller has sent: who asks for a citizen number reads this number in the answer, and elsewhere in it placeholders.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.errors import AgencyError, Code
from ndxp.whole_file import whole_file

_FORMAT = "ndxp cassette 1"
_MOMENTS = ("google.protobuf.Timestamp", "google.type.Date")
_FIRST_DAY = date(1900, 1, 1)
_DATES = (("%Y-%m-%d", r"\d{4}-\d\d-\d\d"), ("%d/%m/%Y", r"\d\d/\d\d/\d{4}"))

Leaf: TypeAlias = tuple[str, Any, bool]
"""A value in a message: where it is, what it is, and whether it is hidden."""


class CassetteRefused(ValueError):
    """The file is no cassette, or not one of this exchange; the text says why."""


def leaves(message: Message, keep: Collection[str], place: str = "") -> Iterator[Leaf]:
    """The values in a message, in the order of its fields."""
    for descriptor, value in message.ListFields():
        path = f"{place}.{descriptor.name}"
        entries = [value] if not _repeated(descriptor) else value.items() if _is_map(descriptor) else value
        for number, entry in enumerate(entries):
            for part, single in enumerate(entry if _is_map(descriptor) else (entry,)):
                at = f"{path}[{number}.{part}]"
                if isinstance(single, Message) and single.DESCRIPTOR.full_name not in _MOMENTS:
                    yield at, None, False
                    yield from leaves(single, keep, at)
                else:
                    plain = single.SerializeToString() if isinstance(single, Message) else single
                    yield at, plain, descriptor.name not in keep and _is_hidden(single)


def changed(message: Message, change: Callable[[Any], Any], keep: Collection[str]) -> Message:
    """A copy of a message with other values in the place of those that are hidden."""
    copy = type(message)()
    copy.CopyFrom(message)
    for descriptor, value in message.ListFields():
        kept = descriptor.name in keep

        def other(single: Any, kept: bool = kept) -> Any:
            if isinstance(single, Message) and single.DESCRIPTOR.full_name not in _MOMENTS:
                return changed(single, change, keep)
            return single if kept or not _is_hidden(single) else change(single)

        copy.ClearField(descriptor.name)
        target = getattr(copy, descriptor.name)
        if _is_map(descriptor):
            for key, single in value.items():
                if isinstance(single, Message):
                    target[other(key)].CopyFrom(other(single))
                else:
                    target[other(key)] = other(single)
        elif _repeated(descriptor):
            target.extend(other(single) for single in value)
        elif isinstance(value, Message):
            target.CopyFrom(other(value))
        else:
            setattr(copy, descriptor.name, other(value))
    return copy


@dataclass(slots=True)
class Placeholders:
    """Gives each value a placeholder of its form; the same value always gets the same one."""

    _given: dict[Any, Any] = field(default_factory=dict)

    def of(self, value: Any) -> Any:
        """The placeholder of a text, bytes, a date or a time."""
        key = (type(value), value.SerializeToString()) if isinstance(value, Message) else (type(value), value)
        if key not in self._given:
            self._given[key] = _placeholder(value, len(self._given) + 1)
        return self._given[key]


def _placeholder(value: Any, number: int) -> Any:
    if isinstance(value, bytes):
        return str(number).encode()
    if isinstance(value, Message):
        return _moment(value, number)
    for form, pattern in _DATES:
        if re.fullmatch(pattern, value, re.ASCII):
            return (_FIRST_DAY + timedelta(number)).strftime(form)
    return f"{number:0{len(value)}d}" if value.isascii() and value.isdigit() else f"text-{number}"


def _moment(value: Message, number: int) -> Message:
    made: Any = type(value)()
    if value.DESCRIPTOR.full_name == _MOMENTS[0]:
        made.seconds = number
    else:
        day = _FIRST_DAY + timedelta(number)
        made.year, made.month, made.day = day.year, day.month, day.day
    found: Message = made
    return found


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A call and its answer, without personal data: an error has a code and perhaps a reason and a field."""

    method: str
    request: dict[str, Any]
    answer: dict[str, Any] | None = None
    error: dict[str, str] | None = None


@dataclass(slots=True)
class Cassette:
    """The calls of one contract, in their order. ``keep`` are the names of fields that were not hidden."""

    contract: str
    keep: list[str]
    exchanges: list[Exchanged] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Cassette":
        """Reads a file. Raises CassetteRefused."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("format") != _FORMAT:
                raise ValueError("of another format")
            return cls(data["contract"], data["keep"], [Exchanged(**each) for each in data["exchanges"]])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CassetteRefused(
                f"{path} is no cassette ({type(error).__name__}); sandbox.record makes one"
            ) from error

    def write(self, path: Path) -> None:
        """Writes the file. Raises OSError."""
        exchanges = [
            {name: value for name in Exchanged.__slots__ if (value := getattr(each, name)) is not None}
            for each in self.exchanges
        ]
        content = {"format": _FORMAT, "contract": self.contract, "keep": self.keep, "exchanges": exchanges}
        with whole_file(path, mode=0o644) as file:
            file.write((json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


class Recorder:
    """Adds calls to a cassette, hidden before they are kept."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self._placeholders = Placeholders()

    def answered(self, method: MethodDescriptor, request: bytes, answer: bytes) -> None:
        """Notes a call that was answered."""
        asked = self._hidden(method.input_type, request)
        self.cassette.exchanges.append(Exchanged(method.name, asked, self._hidden(method.output_type, answer)))

    def failed(self, method: MethodDescriptor, request: bytes, code: Code, reason: str, at: str) -> None:
        """Notes a call that ended with an error of the agency, which names a field of the request or none."""
        error = {"code": code.name, "reason": reason, "field": at}
        asked = self._hidden(method.input_type, request)
        self.cassette.exchanges.append(Exchanged(method.name, asked, error=error))

    def _hidden(self, kind: Any, message: bytes) -> dict[str, Any]:
        read: Message = GetMessageClass(kind).FromString(message)
        hidden = changed(read, self._placeholders.of, self.cassette.keep)
        return json_format.MessageToDict(hidden, preserving_proto_field_name=True)


class Player:
    """Answers from a cassette: with the first call that fits and was not used yet, or again with the last that fits.

    A call fits when its request says the same apart from what is hidden, and when the same hidden values are at the
    same places as in the calls before.
    """

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette
        self._used: set[int] = set()
        self._real: dict[Any, Any] = {}
        """What stands for a placeholder: what the caller has sent in its place."""

    def answers(self, method: MethodDescriptor) -> Callable[[Message], Any]:
        """A function that answers requests of a method. Raises CassetteRefused for a request that does not exist."""
        kind, output = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        try:
            recorded = [
                (place, json_format.ParseDict(each.request, kind()), each)
                for place, each in enumerate(self._cassette.exchanges)
                if each.method == method.name
            ]
        except json_format.ParseError as error:
            raise CassetteRefused(f"the cassette is of another version of {method.full_name}: {error}") from error

        def answer(request: Message) -> Any:
            fitting = [(place, each, real) for place, asked, each in recorded if (real := self._fits(asked, request))]
            unused = [found for found in fitting if found[0] not in self._used]
            if not fitting:
                raise AgencyError(Code.UNIMPLEMENTED, "NOT_RECORDED", f"the cassette has no such call of {method.name}")
            place, each, real = unused[0] if unused else fitting[-1]
            self._used.add(place)
            self._real = real[0]
            if each.error is not None:
                error = each.error
                raise AgencyError(Code[error["code"]], error["reason"], "as recorded", field=error["field"])
            message = json_format.ParseDict(each.answer or {}, output())
            return changed(message, self._shown, self._cassette.keep)

        return answer

    def _shown(self, value: Any) -> Any:
        """What the caller reads instead of a placeholder: what it has sent, or the placeholder."""
        key = value.SerializeToString() if isinstance(value, Message) else value
        real = self._real.get(key, value)
        return type(value).FromString(real) if isinstance(value, Message) and isinstance(real, bytes) else real

    def _fits(self, recorded: Message, request: Message) -> tuple[dict[Any, Any]] | None:
        """What stands for the placeholders when this is the recorded request; None when it is another."""
        keep, real = self._cassette.keep, dict(self._real)
        theirs, ours = list(leaves(recorded, keep)), list(leaves(request, keep))
        if [leaf[0] for leaf in theirs] != [leaf[0] for leaf in ours]:
            return None
        taken = {value: placeholder for placeholder, value in real.items()}
        for (_, placeholder, hidden), (_, value, _) in zip(theirs, ours, strict=True):
            if not hidden and placeholder != value:
                return None
            if hidden and (real.setdefault(placeholder, value), taken.setdefault(value, placeholder)) != (
                value, placeholder
            ):  # fmt: skip
                return None
        return (real,)


def _repeated(descriptor: FieldDescriptor) -> bool:
    return bool(descriptor.is_repeated)


def _is_map(descriptor: FieldDescriptor) -> bool:
    kind = descriptor.message_type
    return kind is not None and kind.GetOptions().map_entry


def _is_hidden(value: Any) -> bool:
    return isinstance(value, str | bytes | Message)
