"""A contract as reflection describes it: one gRPC service with its messages, comments and HTTP annotations."""

from collections.abc import Iterable, Iterator
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodOptions,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.http_rules import HttpRule, fits, read_rules

_Path = tuple[int, ...]
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
_FIELD, _NESTED, _NESTED_ENUM, _ONEOF = 2, 3, 4, 8
_MEMBER = 2
"""Numbers of fields in descriptor.proto, which say where a comment is; the last is that of values and of methods."""


class Contract:
    """A service in a serialised FileDescriptorSet, whose files may be in any order.

    Raises ValueError when the set does not describe the service.
    """

    def __init__(self, files: bytes, name: str) -> None:
        self._comments: dict[str, str] = {}
        self._options: dict[str, MethodOptions] = {}
        pool = DescriptorPool()
        try:
            for file in _in_order(FileDescriptorSet.FromString(files).file):
                pool.Add(file)
                self._comments.update(_comments(file))
                self._options.update(_options(file))
            self.service: ServiceDescriptor = pool.FindServiceByName(name)
        except (DecodeError, KeyError, TypeError) as error:
            raise ValueError(f"the files do not describe {name}: {type(error).__name__}") from error
        self._classes = classes(self.service)

    def comment(self, element: Any) -> str:
        """What the contract says about a service, method, message, field, oneof, enum or value of an enum.

        A paragraph is one line, and an empty line is between paragraphs. Empty without a comment.
        """
        if isinstance(element, EnumValueDescriptor):
            return self._comments.get(f"{element.type.full_name}.{element.name}", "")
        return self._comments.get(element.full_name, "")

    def rules(self, method: MethodDescriptor) -> list[HttpRule]:
        """The ways to call a method by HTTP that ``google.api.http`` names, without those that do not fit it."""
        options: Any = self._options[method.full_name]
        return [rule for rule in read_rules(options.Extensions[annotations_pb2.http]) if fits(rule, method)]

    def read_only(self, method: MethodDescriptor) -> bool:
        """Whether the contract says that the method changes nothing."""
        return self._options[method.full_name].idempotency_level == MethodOptions.NO_SIDE_EFFECTS


def classes(service: ServiceDescriptor) -> list[type[Message]]:
    """The classes of all messages that a service's methods take and give, for whoever owns the pool to keep.

    Protobuf makes a class when it is needed, and finds it again while it is there. A class that nobody keeps is
    collected as garbage; if another thread takes it in that moment, the process crashes.
    """
    found = dict[str, type[Message]]()
    waiting = [kind for method in service.methods for kind in (method.input_type, method.output_type)]
    while waiting:
        kind: Descriptor = waiting.pop()
        if kind.full_name not in found:
            found[kind.full_name] = GetMessageClass(kind)
            waiting += [field.message_type for field in kind.fields if field.message_type]
    return list(found.values())


def _in_order(files: Iterable[FileDescriptorProto]) -> Iterator[FileDescriptorProto]:
    """Files after those that they depend on. Raises KeyError when one is missing, or depends on itself."""
    waiting, seen = list(files), set[str]()
    while waiting:
        ready = [file for file in waiting if seen.issuperset(file.dependency)]
        if not ready:
            raise KeyError(waiting[0].name)
        yield from ready
        seen.update(file.name for file in ready)
        waiting = [file for file in waiting if file.name not in seen]


def _options(file: FileDescriptorProto) -> Iterator[tuple[str, MethodOptions]]:
    for service in file.service:
        for method in service.method:
            yield f"{_inside(file.package, service.name)}.{method.name}", method.options


def _comments(file: FileDescriptorProto) -> dict[str, str]:
    """The comments of a file by the full names of what they are about."""
    at = {
        tuple(place.path): place.leading_comments or place.trailing_comments for place in file.source_code_info.location
    }
    named = {name: _lines(at[path]) for name, path in _elements(file) if at.get(path)}
    return {name: text for name, text in named.items() if text}


def _elements(file: FileDescriptorProto) -> Iterator[tuple[str, _Path]]:
    """What a file declares: full names and places."""
    for number, service in enumerate(file.service):
        name = _inside(file.package, service.name)
        yield name, (_SERVICE, number)
        for place, method in enumerate(service.method):
            yield f"{name}.{method.name}", (_SERVICE, number, _MEMBER, place)
    for number, message in enumerate(file.message_type):
        yield from _of_message(message, file.package, (_MESSAGE, number))
    for number, enum in enumerate(file.enum_type):
        yield from _of_enum(enum, file.package, (_ENUM, number))


def _of_message(message: DescriptorProto, outer: str, path: _Path) -> Iterator[tuple[str, _Path]]:
    name = _inside(outer, message.name)
    yield name, path
    for number, field in enumerate(message.field):
        yield f"{name}.{field.name}", (*path, _FIELD, number)
    for number, oneof in enumerate(message.oneof_decl):
        yield f"{name}.{oneof.name}", (*path, _ONEOF, number)
    for number, nested in enumerate(message.nested_type):
        yield from _of_message(nested, name, (*path, _NESTED, number))
    for number, enum in enumerate(message.enum_type):
        yield from _of_enum(enum, name, (*path, _NESTED_ENUM, number))


def _of_enum(enum: EnumDescriptorProto, outer: str, path: _Path) -> Iterator[tuple[str, _Path]]:
    name = _inside(outer, enum.name)
    yield name, path
    for number, value in enumerate(enum.value):
        yield f"{name}.{value.name}", (*path, _MEMBER, number)


def _inside(outer: str, name: str) -> str:
    return f"{outer}.{name}" if outer else name


def _lines(comment: str) -> str:
    paragraphs = [""]
    for line in comment.splitlines():
        paragraphs[-1:] = [f"{paragraphs[-1]} {line.strip()}".strip()] if line.strip() else [paragraphs[-1], ""]
    return "\n\n".join(filter(None, paragraphs))
