"""X-Road's metaservices: the clients of the exchange, the services of a provider, their OpenAPI documents."""

import json
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from gateway.core.endpoints import CONTRACT as REST
from gateway.core.registry import Grant
from gateway.rest.rest_services.forward import METHODS
from gateway.rest.xroad_door import names
from gateway.rest.xroad_door.directory import Directory
from gateway.rest.xroad_door.faults import Fault, bad_request
from gateway.rest.xroad_door.message import Target
from gateway.rest.xroad_door.openapi import of_contract
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.identifiers import Member, Subsystem

GET_OPENAPI = "getOpenAPI"
_VARIABLE = re.compile(r"\{[^}]*\}")
_Entry = dict[str, Any]
_Endpoint = tuple[str, str]
"""An HTTP method and a path, or ``*`` and a pattern of paths."""


async def clients(directory: Directory) -> _Entry:
    """All members and subsystems of the exchange. Raises Failed; Fault for another instance."""
    asked = directory.message.request.query_params
    instance = asked.get("xRoadInstance", asked.get("instanceId", _instance(directory)))
    _check_instance(directory, instance)
    found: list[_Entry] = []
    for member in await directory.members():
        found.append({"id": _named(Member.parse(member.id), "MEMBER"), "name": member.name})
        for subsystem in map(Subsystem.parse, member.subsystems):
            said = {**_named(subsystem.member, "SUBSYSTEM"), "subsystem_code": subsystem.name}
            found.append({"id": said, "name": member.name})
    return {"member": found}


async def methods(directory: Directory, target: Target) -> _Entry:
    """The services of a provider with all their endpoints. Raises Failed and Fault."""
    _check_provider(directory, target)
    found = []
    for code, service in _services(await directory.services(target.provider)):
        document = await _given(directory, target, code, service)
        every = Grant("", "", service.provider, service.contract, ["*"])
        endpoints = list(_described(document)) or _endpoints(code, service, [every])
        found.append((code, endpoints, service.contract != REST or document is not None))
    return _list(target, found)


async def allowed_methods(directory: Directory, target: Target) -> _Entry:
    """The services of a provider with those endpoints that the caller has a grant for now. Raises Failed and Fault.

    A grant for certain purposes counts too: the caller may call when it states one of them.
    """
    _check_provider(directory, target)
    now = time.time()
    valid = [grant for grant in await directory.grants() if grant.holds(now)]
    found = []
    for code, service in _services(await directory.services(target.provider)):
        own = [grant for grant in valid if (grant.provider, grant.contract) == (service.provider, service.contract)]
        described = service.contract != REST or await _given(directory, target, code, service) is not None
        found.append((code, _endpoints(code, service, own), described))
    return _list(target, found)


async def openapi(directory: Directory, target: Target) -> _Entry:
    """The OpenAPI document of the service that the query names as ``serviceCode``. Raises Failed and Fault."""
    _check_provider(directory, target)
    code = names.code(directory.message.request.query_params.get("serviceCode", ""))
    if code is None:
        raise bad_request("the query names no service", f"send GET /r1/.../{GET_OPENAPI}?serviceCode=CODE")
    services = dict(_services(await directory.services(target.provider)))
    if code not in services:
        raise Fault(
            "server.serverproxy.unknown_service", f"{target.provider} has no service {code!r}",
            f"it has {', '.join(services) or 'none'}",
        )  # fmt: skip
    document = await _document(directory, target, code, services[code].contract)
    if document is None:
        raise bad_request(f"{code} has no OpenAPI document", "ask its provider for one")
    return document


LISTS: Mapping[str, Callable[[Directory, Target], Awaitable[_Entry]]] = {
    "listMethods": methods, "allowedMethods": allowed_methods
}  # fmt: skip
"""The metaservices that list what a provider offers, by their service codes."""

CODES = {*LISTS, GET_OPENAPI}
"""The service codes of all metaservices of a provider."""


def codes(contracts: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """The service codes of the contracts that a provider offers, without that of REST services.

    They are short names, and full names where two are equal or a short name is already ``taken``.
    """
    known = [contract for contract in contracts if contract != REST]
    short = [contract.rpartition(".")[2] for contract in known]
    return {
        (name if short.count(name) == 1 and name not in taken else contract): contract
        for name, contract in zip(short, known, strict=True)
    }


def _services(services: Iterable[pb.Service]) -> Iterator[tuple[str, pb.Service]]:
    """The service codes of a provider, each with what it belongs to."""
    by_contract = {service.contract: service for service in services}
    rest = by_contract.get(REST)
    own = list(rest.rest) if rest is not None else []
    for code in own:
        yield code, by_contract[REST]
    for code, contract in codes(by_contract, own).items():
        yield code, by_contract[contract]


def _endpoints(code: str, service: pb.Service, grants: Sequence[Grant]) -> list[_Endpoint]:
    """The endpoints of a service that grants allow."""
    if service.contract == REST:
        return list(dict.fromkeys(endpoint for grant in grants for endpoint in _below(code, grant)))
    named = [method.name for method in service.methods]
    return [("POST", f"/{name}") for name in named if any(grant.covers(name) for grant in grants)]


def _below(code: str, grant: Grant) -> Iterator[_Endpoint]:
    """The endpoints of a REST service that a grant allows."""
    verbs = [verb for verb, method in METHODS.items() if grant.covers(method)]
    paths = [path.removeprefix(f"/{code}") for path in grant.paths if path.startswith(f"/{code}/")]
    return product(["*"] if len(verbs) == len(METHODS) else verbs, paths if grant.paths else ["**"])


def _described(document: _Entry | None) -> Iterator[_Endpoint]:
    """The endpoints of an OpenAPI document; a variable of a path becomes ``*``."""
    paths = (document or {}).get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for verb in item if isinstance(item, dict) else ():
            if verb.upper() in METHODS:
                yield verb.upper(), _VARIABLE.sub("*", path)


async def _given(directory: Directory, target: Target, code: str, service: pb.Service) -> _Entry | None:
    """The OpenAPI document that was given for a REST service; None for a contract."""
    return await _document(directory, target, code, REST) if service.contract == REST else None


async def _document(directory: Directory, target: Target, code: str, contract: str) -> _Entry | None:
    """The OpenAPI document of a service; None when there is none, or the contract is not described."""
    known = directory.calls.known
    if contract == REST:
        given = await known.document(str(target.provider), code)
        return None if given is None else dict(json.loads(given))
    described = known.contract(contract)
    if described is None:
        return None
    door = str(directory.message.request.base_url).removesuffix("/")
    return of_contract(described, code=code, target=target, door=door)


def _list(target: Target, found: Iterable[tuple[str, list[_Endpoint], bool]]) -> _Entry:
    """The answer for services: code, endpoints, and whether there is a document. It leaves out what has no endpoint."""
    own = {**_named(target.provider.member, "SERVICE"), "subsystem_code": target.provider.name}
    services = [
        {
            **own, "service_code": code, "service_type": "OPENAPI" if described else "REST",
            "endpoint_list": [{"method": verb, "path": path} for verb, path in endpoints],
        }
        for code, endpoints, described in found if endpoints
    ]  # fmt: skip
    return {"service": services}


def _named(member: Member, kind: str) -> _Entry:
    return {
        "xroad_instance": member.instance, "member_class": member.member_class, "member_code": member.code,
        "object_type": kind,
    }  # fmt: skip


def _check_provider(directory: Directory, target: Target) -> None:
    if target.path:
        raise bad_request(f"{target.code} has no path after it", f"send GET /r1/.../{target.code}")
    _check_instance(directory, target.provider.member.instance)
    if str(target.provider) not in directory.calls.known.snapshot.subsystems:
        raise Fault(
            "server.clientproxy.unknown_member",
            f"{target.provider} is not on this exchange",
            "GET /listClients names all",
        )


def _check_instance(directory: Directory, instance: str) -> None:
    if instance != _instance(directory):
        raise bad_request(f"{instance[:64]!r} is not this exchange", f"its instance is {_instance(directory)}")


def _instance(directory: Directory) -> str:
    return directory.calls.known.snapshot.registry.instance
