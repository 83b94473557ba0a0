"""Contracts of the calls that a profile defines, from the exchange's reflection or else the installed contracts."""

import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import ndxp
from loadtest.profiles import BadProfile
from ndxp.client import BlockingExchange, Credentials, Tokens
from ndxp.sandbox.state import State

_TRIES = 4
"""Attempts within a second, because some gateway workers may not know a new service yet."""


def learn(state: State, methods: Iterable[str], client: str) -> dict[str, MethodDescriptor]:
    """The descriptors of methods ("package.Service/Method"), asked for as a subsystem.

    Raises BadProfile for an unknown method, with a list of known ones; TokenRefused.
    """
    return {method: _find(state, method, client) for method in sorted(set(methods))}


def _find(state: State, method: str, client: str) -> MethodDescriptor:
    service, _, name = method.partition("/")
    tokens = Tokens(state.control_url, Credentials.load(state.credentials, client))
    for attempt in range(_TRIES):
        with BlockingExchange(state.gateway, tokens, retries=False) as exchange:
            found = _look_up(DescriptorPool(ProtoReflectionDescriptorDatabase(exchange.channel)), service)
            if found is not None:
                break
            services = _services(exchange.channel)
        if attempt < _TRIES - 1:
            time.sleep(1 / _TRIES)
    else:
        installed = _installed()
        found = _look_up(installed, service)
        if found is None:
            known = ", ".join(services) or "none that its reflection would name"
            raise BadProfile(f"the exchange has no service {service[:100]}; it has: {known}")
    if name not in found:
        raise BadProfile(f"{service} has no method {name[:100]}; it has: {', '.join(found)}")
    return found[name]


def _look_up(pool: DescriptorPool, service: str) -> dict[str, MethodDescriptor] | None:
    """The methods of a service by name; None when the service is unknown there."""
    try:
        return dict(pool.FindServiceByName(service).methods_by_name)
    except (KeyError, grpc.RpcError):
        return None


def _services(channel: grpc.Channel) -> list[str]:
    try:
        names = ProtoReflectionDescriptorDatabase(channel).get_services()
    except grpc.RpcError:
        return []
    return sorted(name for name in names if not name.startswith("grpc."))


def _installed() -> DescriptorPool:
    """The contracts that come with this project."""
    for file in sorted(Path(ndxp.__file__).parent.glob("*/v1/*_pb2.py")):
        import_module(".".join(("ndxp", *file.with_suffix("").parts[-3:])))
    return descriptor_pool.Default()
