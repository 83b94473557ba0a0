"""Finds the contract that a stub of an agency answers, by its name or by the servicer."""

import pkgutil
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

_GENERATED = "_pb2_grpc"


def named(contract: str, offered: Iterable[str]) -> ServiceDescriptor:
    """A contract by its full name, or by the last part of a name that is ``offered``.

    Raises ValueError when nobody offers it, or when its generated code cannot be imported.
    """
    known = sorted(set(offered))
    found = [name for name in known if name == contract or name.endswith(f".{contract}")]
    if len(found) != 1:
        raise ValueError(f"nobody offers {contract}; offered are {', '.join(known)}")
    package = found[0].rpartition(".")[0]
    with suppress(ImportError):
        for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
            if module.name.endswith("_pb2"):
                import_module(module.name)
    try:
        return descriptor_pool.Default().FindServiceByName(found[0])
    except KeyError:
        raise ValueError(f"there is no generated code of {found[0]}; import its module first") from None


def of_servicer(servicer: object) -> ServiceDescriptor:
    """The contract of a servicer, by the generated class from which it inherits. Raises ValueError."""
    for kind in type(servicer).__mro__:
        if _is_generated(kind):
            module: Any = import_module(kind.__module__.removesuffix("_grpc"))
            found: ServiceDescriptor = module.DESCRIPTOR.services_by_name[kind.__name__.removesuffix("Servicer")]
            return found
    raise ValueError(f"{type(servicer).__name__} is no servicer: inherit from the generated class, or name a contract")


def answered(servicer: object, contract: ServiceDescriptor) -> list[str]:
    """The methods of a contract that a servicer answers itself."""
    return [
        method.name
        for method in contract.methods
        if any(method.name in vars(kind) and not _is_generated(kind) for kind in type(servicer).__mro__)
    ]


def _is_generated(kind: type) -> bool:
    return kind.__module__.endswith(_GENERATED) and kind.__name__.endswith("Servicer")
