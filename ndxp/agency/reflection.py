"""An agency's reflection: its contracts with their comments, from the files that stand beside the generated code."""

import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2

from ndxp.contract_files import bare, with_dependencies
from ndxp.wire.comments import Comments

SUFFIX = ".binpb"
"""Of ``weather_pb2.binpb`` beside ``weather_pb2.py``: what ``protoc --include_source_info`` writes of the contract."""

SERVICES = frozenset({"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"})
"""Both versions of reflection, which have the same messages."""


class Reflection(reflection.aio.ReflectionServicer):
    """Describes contracts by their full names, and gRPC's health service."""

    def __init__(self, contracts: Iterable[str]) -> None:
        names = list(contracts)
        super().__init__([*names, health.SERVICE_NAME])
        self._comments = Comments(_with_comments(names))

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers both versions."""
        method = grpc.stream_stream_rpc_method_handler(
            self.ServerReflectionInfo,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        handlers = {"ServerReflectionInfo": method}
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(service, handlers) for service in sorted(SERVICES)]
        )

    async def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> AsyncIterator[Any]:  # type: ignore[override]
        """Answers as gRPC's own does, and adds the comments."""
        answers: Any = super().ServerReflectionInfo(request_iterator, context)
        async for response in answers:
            yield self._comments.add_to(response)


def _with_comments(contracts: Iterable[str]) -> Iterator[FileDescriptorProto]:
    """The files of contracts as they were written, where a file with the comments is there and still fits the code."""
    files = list[FileDescriptor]()
    for contract in contracts:
        with suppress(KeyError):  # of a contract without generated code
            files.append(descriptor_pool.Default().FindServiceByName(contract).file)
    yield from filter(None, map(written, with_dependencies(files)))


def written(file: FileDescriptor) -> FileDescriptorProto | None:
    """A file with its comments, from beside its generated code; None without it, or when it is of another version."""
    module = sys.modules.get(f"{file.name.removesuffix('.proto').replace('/', '.').replace('-', '_')}_pb2")
    if module is None or not module.__file__:
        return None
    try:
        found = FileDescriptorSet.FromString(Path(module.__file__).with_suffix(SUFFIX).read_bytes()).file
    except (OSError, DecodeError):
        return None
    if len(found) != 1 or bare(found[0]) != bare(FileDescriptorProto.FromString(file.serialized_pb)):
        return None
    return found[0]
