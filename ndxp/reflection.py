"""A contract as the gateway's reflection describes it."""

import time

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from ndxp.client import BlockingExchange, Tokens
from ndxp.contract import Contract
from ndxp.wire.tls import connect

_TRIES = 4


def look_up(gateway: str, tokens: Tokens, service: str, method: str = "") -> Contract | None:
    """A service's contract; None when the gateway does not know it.

    It tries for a second, on a new connection each time, until the method is there too: some workers may not know a new
    service yet. The token is used where reflection asks for one.
    """
    for _ in range(_TRIES):
        found = _ask(gateway, tokens, service)
        if found is not None and (not method or method in found.service.methods_by_name):
            return found
        time.sleep(1 / _TRIES)
    return None


def _ask(gateway: str, tokens: Tokens, service: str) -> Contract | None:
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


def _described(channel: grpc.Channel, service: str) -> Contract:
    """Raises KeyError, ValueError and RpcError."""
    reflection = ProtoReflectionDescriptorDatabase(channel)
    files = dict[str, FileDescriptorProto]()
    waiting = [reflection.FindFileContainingSymbol(service)]
    while waiting:
        file = waiting.pop()
        files[file.name] = file
        waiting += [reflection.FindFileByName(name) for name in file.dependency if name not in files]
    return Contract(FileDescriptorSet(file=files.values()).SerializeToString(), service)
