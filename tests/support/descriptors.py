"""Contracts as the registry keeps them: serialised FileDescriptorSets."""

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor


def file_set(*files: FileDescriptor) -> bytes:
    """The files and what they depend on, dependencies first."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def place(file: FileDescriptor) -> None:
        for dependency in file.dependencies:
            place(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        found.setdefault(file.name, proto)

    for file in files:
        place(file)
    return descriptor_pb2.FileDescriptorSet(file=list(found.values())).SerializeToString()


def contract(package: str, service: str, *methods: str, streams: tuple[str, ...] = ()) -> bytes:
    """A contract made up for a test: methods without messages of their own; ``streams`` answer with many."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.message_type.add(name="Empty")
    described = file.service.add(name=service)
    for name in (*methods, *streams):
        method = described.method.add(name=name, input_type=f".{package}.Empty", output_type=f".{package}.Empty")
        method.server_streaming = name in streams
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
