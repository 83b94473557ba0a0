"""A contract as the gateway's reflection describes it."""

import time

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from ndxp.client import BlockingExchange, Tokens
from ndxp.contract import Contract
from ndxp.wire.tls import connect

_TRIES = 4


def look_up(gateway: str, tokens: Tokens, service: str, method: str = "") -> tuple[Contract, bytes] | None:
    """A service, and the FileDescriptorSet that it comes from; None when the gateway does not know it.

    It tries for a second, on a new connection each time, until the method is there too: some workers may not know a new
    service yet. The token is used where reflection asks for one.
    """
    for _ in range(_TRIES):
        found = _ask(gateway, tokens, service)
        if found is not None and (not method or method in found[0].service.methods_by_name):
            return found
        time.sleep(1 / _TRIES)
    return None


def _ask(gateway: str, tokens: Tokens, service: str) -> tuple[Contract, bytes] | None:
    try:
        try:
            with connect(gateway, tokens.tls) as channel:
                return _described(channel, service)
        except grpc.RpcError as error:
            if not isinstance(error, grpc.Call) or error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                return None
        with BlockingExchange(gateway, tokens) as exchange:
            return _described(exchange.channel, service)
    except (KeyError, ValueError, grpc.RpcError):
        return None


def _described(channel: grpc.Channel, service: str) -> tuple[Contract, bytes]:
    """Raises KeyError, ValueError and RpcError."""
    reflection = ProtoReflectionDescriptorDatabase(channel)
    files = dict[str, FileDescriptorProto]()
    waiting = [reflection.FindFileContainingSymbol(service)]
    while waiting:
        file = waiting.pop()
        files[file.name] = file
        waiting += [reflection.FindFileByName(name) for name in file.dependency if name not in files]
    data = FileDescriptorSet(file=files.values()).SerializeToString()
    return Contract(data, service), data
