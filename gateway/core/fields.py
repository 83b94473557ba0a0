"""Checks that the fields which a grant releases exist in the contract's answers."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from google.protobuf import descriptor_pb2

_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE


def check_release(files: bytes, contract: str, patterns: Sequence[str], fields: Sequence[str]) -> None:
    """Raises ValueError unless every pattern fits a method and the answers of all these methods have the fields.

    ``files`` is the contract's serialised FileDescriptorSet, ``fields`` are paths of a google.protobuf.FieldMask,
    also through repeated fields and maps of messages. A contract that is not in the files is not checked.
    """
    described = descriptor_pb2.FileDescriptorSet.FromString(files)
    answers = _answers(described, contract)
    for pattern in patterns if answers else ():
        if not any(fnmatchcase(name, pattern) for name in answers):
            raise ValueError(f"no method of {contract} fits {pattern!r}; it has {', '.join(sorted(answers))}")
    messages = dict(_messages(described))
    for name, answer in answers.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            for path in fields:
                _follow(messages, answer, path, name)


def _answers(files: descriptor_pb2.FileDescriptorSet, contract: str) -> dict[str, str]:
    """The full name of the answer's message (".package.Name") by method."""
    package, _, name = contract.rpartition(".")
    return {
        method.name: method.output_type
        for file in files.file
        if file.package == package
        for service in file.service
        if service.name == name
        for method in service.method
    }


def _messages(files: descriptor_pb2.FileDescriptorSet) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    def below(
        scope: str, message: descriptor_pb2.DescriptorProto
    ) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
        name = f"{scope}.{message.name}"
        yield name, message
        for nested in message.nested_type:
            yield from below(name, nested)

    for file in files.file:
        for message in file.message_type:
            yield from below(f".{file.package}" if file.package else "", message)


def _follow(messages: Mapping[str, descriptor_pb2.DescriptorProto], answer: str, path: str, method: str) -> None:
    at, before = messages.get(answer), ""
    for part in path.split("."):
        if at is None:
            raise ValueError(f"{path!r}: {before} is not a message, so that it has no field {part!r}")
        field = next((field for field in at.field if field.name == part), None)
        if field is None:
            raise ValueError(
                f"{path!r}: {at.name} in the answer of {method} has no field {part!r}; it has "
                f"{', '.join(field.name for field in at.field) or 'none'}; fields are those of every method of a "
                "grant: give methods with other answers a grant of their own"
            )
        at, before = _message_of(messages, field), part


def _message_of(
    messages: Mapping[str, descriptor_pb2.DescriptorProto], field: descriptor_pb2.FieldDescriptorProto
) -> descriptor_pb2.DescriptorProto | None:
    """The type of message in a field, or in the values of a map; None for a scalar."""
    found = messages.get(field.type_name) if field.type == _MESSAGE else None
    if found is not None and found.options.map_entry:
        return _message_of(messages, found.field[1])
    return found
