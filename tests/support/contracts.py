"""Contracts of the tests' own services, compiled when a test needs them: no generated code, no place in the project."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
from google.api import http_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from grpc_tools import protoc  # type: ignore[import-untyped]

from ndxp.contract import classes

PROTOS = Path(__file__).parents[1] / "protos"
_WELL_KNOWN = Path(protoc.__file__).with_name("_proto")
_GOOGLE = Path(http_pb2.__file__).parents[2]
"""The folder with ``google/api/annotations.proto``."""


class Contract:
    """One service of a ``.proto`` file: its messages, callables for it, handlers of it."""

    def __init__(self, file: str, service: str) -> None:
        self.pool = _compile(file)
        self._service = self.pool.FindServiceByName(service)
        self._classes = classes(self._service)
        self.name = service

    def message(self, name: str) -> Any:
        """The class of a message in the service's package."""
        package = self._service.file.package
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(f"{package}.{name}"))

    def on(self, channel: grpc.aio.Channel, method: str) -> Any:
        """A callable of a method on a channel."""
        described = self._service.methods_by_name[method]
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        kind: Any = kinds[described.client_streaming, described.server_streaming]
        answer = message_factory.GetMessageClass(described.output_type)
        return kind(f"/{self.name}/{method}", lambda message: message.SerializeToString(), answer.FromString)

    def handler(self, servicer: object) -> grpc.GenericRpcHandler:
        """The handlers of a servicer; methods that it does not have are unimplemented."""
        methods = {
            method.name: _method_handler(method, getattr(servicer, method.name))
            for method in self._service.methods
            if hasattr(servicer, method.name)
        }
        return grpc.method_handlers_generic_handler(self.name, methods)


def _method_handler(method: MethodDescriptor, behaviour: Any) -> Any:
    kinds: dict[tuple[bool, bool], Any] = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    request = message_factory.GetMessageClass(method.input_type)
    return kinds[method.client_streaming, method.server_streaming](
        behaviour, request.FromString, lambda message: message.SerializeToString()
    )


@cache
def compiled(file: str) -> bytes:
    """The FileDescriptorSet of a file and what it imports, with their comments."""
    with TemporaryDirectory() as folder:
        found = Path(folder, "compiled.binpb")
        arguments = [
            "protoc",
            *(f"-I{path}" for path in (PROTOS, _WELL_KNOWN, _GOOGLE)),
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={found}",
        ]
        assert protoc.main([*arguments, file]) == 0
        return found.read_bytes()


@cache
def _compile(file: str) -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for described in descriptor_pb2.FileDescriptorSet.FromString(compiled(file)).file:
        pool.Add(described)
    return pool
