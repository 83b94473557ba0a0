"""X-Road's metaservices: lists of clients and of services, made of calls to the exchange's own directory.

The calls are made under the caller's token like any other, so they are in the ledger, and the gateway decides. Those
for one request have the same message id.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf.message import Message as Protobuf
from starlette.types import Message as Event
from starlette.types import Receive

from gateway.core.registry import Grant
from gateway.rest.call import Calls
from gateway.rest.xroad.faults import Fault, bad_request
from gateway.rest.xroad.message import Message, Target
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.identifiers import Member, Subsystem
from ndxp.rpc import metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair

_DIRECTORY = "ndxp.exchange.v1.ExchangeService"
_PAGE = 500
_Answer = TypeVar("_Answer", bound=Protobuf)
_Entry = dict[str, Any]


@dataclass(slots=True)
class Directory:
    """The exchange's directory as the caller of a request sees it; ``transaction`` is the last call's."""

    calls: Calls
    message: Message
    pairs: Sequence[Pair]
    transaction: str = field(default="", init=False)

    async def members(self) -> list[pb.Member]:
        """All members. Raises Failed."""
        found: list[pb.Member] = []
        request = pb.ListMembersRequest(page_size=_PAGE)
        while True:
            page = await self._ask("ListMembers", request, pb.ListMembersResponse)
            found += page.members
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def services(self, provider: Subsystem) -> list[pb.Service]:
        """The services of a provider. Raises Failed."""
        found: list[pb.Service] = []
        request = pb.ListServicesRequest(page_size=_PAGE)
        while True:
            page = await self._ask("ListServices", request, pb.ListServicesResponse)
            found += [service for service in page.services if service.provider == str(provider)]
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def grants(self) -> list[Grant]:
        """The caller's grants. Raises Failed."""
        said = await self._ask("ListMyGrants", pb.ListMyGrantsRequest(), pb.ListMyGrantsResponse)
        return [
            Grant(
                id=grant.id, consumer=grant.consumer, provider=grant.provider, contract=grant.contract,
                methods=list(grant.methods), valid_from=grant.valid_from, valid_until=grant.valid_until,
            )
            for grant in said.grants
        ]  # fmt: skip

    async def _ask(self, method: str, request: Protobuf, kind: type[_Answer]) -> _Answer:
        body = request.SerializeToString()
        receive = _without_body(self.message.request.receive)
        said = await self.calls.ask(f"{_DIRECTORY}/{method}", self.pairs, receive, lambda _: [body])
        told = [*metadata_of(said.leading), *said.trailing]
        self.transaction = next((str(value) for key, value in told if key == metadata.TRANSACTION_ID), "")
        return kind.FromString(said.messages[0])


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
    return _list(target, await directory.services(target.provider), lambda service, method: True)


async def allowed_methods(directory: Directory, target: Target) -> _Entry:
    """The services of a provider with those endpoints that the caller has a grant for now. Raises Failed and Fault.

    A grant for certain purposes counts too: the caller may call when it states one of them.
    """
    _check_provider(directory, target)
    now = time.time()
    valid = [grant for grant in await directory.grants() if grant.holds(now)]

    def allowed(service: pb.Service, method: pb.Method) -> bool:
        own = (grant for grant in valid if (grant.provider, grant.contract) == (service.provider, service.contract))
        return any(grant.covers(method.name) for grant in own)

    return _list(target, await directory.services(target.provider), allowed)


METASERVICES: dict[str, Callable[[Directory, Target], Awaitable[_Entry]]] = {
    "listMethods": methods,
    "allowedMethods": allowed_methods,
}
"""The metaservices of a provider, by their service codes."""


def codes(contracts: Iterable[str]) -> dict[str, str]:
    """The service codes of the contracts that a provider offers: short names, and full names where two are equal."""
    known = list(contracts)
    short = [contract.rpartition(".")[2] for contract in known]
    return {
        (name if short.count(name) == 1 else contract): contract for name, contract in zip(short, known, strict=True)
    }


def _list(target: Target, services: Iterable[pb.Service], included: Callable[[pb.Service, pb.Method], bool]) -> _Entry:
    by_contract = {service.contract: service for service in services}
    found: list[_Entry] = []
    for code, contract in codes(by_contract).items():
        service = by_contract[contract]
        endpoints = [
            {"method": "POST", "path": f"/{method.name}"} for method in service.methods if included(service, method)
        ]
        if endpoints:
            said = {**_named(target.provider.member, "SERVICE"), "subsystem_code": target.provider.name}
            found.append({**said, "service_code": code, "service_type": "REST", "endpoint_list": endpoints})
    return {"service": found}


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


def _without_body(receive: Receive) -> Receive:
    """A request without a body, whose caller may go away as that of ``receive``."""
    begun = False

    async def events() -> Event:
        nonlocal begun
        if begun:
            return await receive()
        begun = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return events
