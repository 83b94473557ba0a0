"""The files of a contract: with all that they depend on, and in a form in which two of them can be compared."""

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto


def with_dependencies(files: Iterable[FileDescriptor]) -> Iterator[FileDescriptor]:
    """The files, and those that they depend on, each once."""
    waiting, seen = list(files), set[str]()
    while waiting:
        file = waiting.pop()
        if file.name not in seen:
            seen.add(file.name)
            waiting += file.dependencies
            yield file


def bare(file: FileDescriptorProto) -> FileDescriptorProto:
    """A copy without what generated code and some servers leave out: places and comments, names of fields in JSON."""
    copy = FileDescriptorProto()
    copy.CopyFrom(file)
    copy.ClearField("source_code_info")
    waiting = list(copy.message_type)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_type
        for field in message.field:
            field.ClearField("json_name")
    return copy
