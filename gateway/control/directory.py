"""The directory of the exchange (``ndxp.exchange.v1``): a provider like any other, behind the gateway."""

from typing import Any

import grpc
import msgspec

from gateway.control.grant_requests import GrantRequests
from gateway.control.usage import Usage
from gateway.core.agencies import OPERATORS
from gateway.core.grant_request import GrantRequest
from gateway.core.registry import Grant, Member, Registry, Service
from gateway.registry_store import RegistryStore
from ndxp.agency.caller import caller
from ndxp.agency.database import Transaction
from ndxp.agency.paging import page_limit, page_start
from ndxp.agency.replay import answered, once
from ndxp.agency.rights import new_id
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.exchange.v1 import exchange_pb2_grpc
from ndxp.identifiers import in_slashes, member_of

SUBSYSTEM = "VN/GOV/G22/exchange"
CONTRACT = "ndxp.exchange.v1.ExchangeService"
FOR_ALL = (
    "ListMembers", "ListServices", "ListMyGrants", "RequestGrant", "ListMyGrantRequests", "ListGrantRequests",
    "ApproveGrantRequest", "DeclineGrantRequest",
)  # fmt: skip
"""The methods that every member may call."""

LARGEST = 16 * 1024
"""Bytes of the largest request; a request for a grant needs the most."""

_Context = grpc.aio.ServicerContext[Any, Any]


def complete(registry: Registry, address: str) -> Registry:
    """Adds to the registry of a file what the exchange itself needs and a short file leaves out.

    That is: the exchange's own member with two subsystems (the directory, and the one as which the operator calls), the
    directory at this address, and a grant for everybody to read it. A file that has the directory is not changed.
    """
    owner = member_of(SUBSYSTEM)
    if not owner.startswith(f"{registry.instance}/"):
        return registry  # of another instance: the registry's own check refuses it
    before = next((m for m in registry.members if m.id == owner), Member(owner, "Văn phòng Chính phủ"))
    needed = [subsystem.rpartition("/")[2] for subsystem in (SUBSYSTEM, OPERATORS)]
    missing = [part for part in needed if part not in before.subsystems]
    if missing:
        member = msgspec.structs.replace(before, subsystems=[*before.subsystems, *missing])
        others = [m for m in registry.members if m.id != owner]
        registry = msgspec.structs.replace(registry, members=[*others, member])
    if any((s.provider, s.contract) == (SUBSYSTEM, CONTRACT) for s in registry.services):
        return registry
    service = Service(SUBSYSTEM, CONTRACT, address)
    grant = Grant("exchange-directory", "group:all", SUBSYSTEM, CONTRACT, [*FOR_ALL])
    return msgspec.structs.replace(registry, services=[*registry.services, service], grants=[*registry.grants, grant])


class ExchangeService(exchange_pb2_grpc.ExchangeServiceServicer):
    """Shows the registry as it is now and how much the exchange is used; takes requests for grants, and decisions."""

    def __init__(self, registry: RegistryStore, requests: GrantRequests, usage: Usage) -> None:
        self._registry = registry
        self._requests = requests
        self._usage = usage

    async def ListMembers(self, request: pb.ListMembersRequest, _: _Context) -> pb.ListMembersResponse:
        """A page of members, in the order of their identifiers."""
        members = (await self._registry.load()).snapshot.registry.members
        chosen = sorted((m for m in members if not request.group or request.group in m.groups), key=lambda m: m.id)
        start, size = page_start(request.page_token), page_limit(request.page_size)
        response = pb.ListMembersResponse(next_page_token=_next(start, size, len(chosen)))
        for m in chosen[start : start + size]:
            subsystems = [f"{m.id}/{name}" for name in m.subsystems]
            response.members.add(id=m.id, name=m.name, groups=m.groups, subsystems=subsystems, disabled=m.disabled)
        return response

    async def ListServices(self, request: pb.ListServicesRequest, _: _Context) -> pb.ListServicesResponse:
        """A page of services, in the order of contract and provider."""
        snapshot = (await self._registry.load()).snapshot
        services = sorted(snapshot.registry.services, key=lambda s: (s.contract, s.provider))
        start, size = page_start(request.page_token), page_limit(request.page_size)
        response = pb.ListServicesResponse(next_page_token=_next(start, size, len(services)))
        for s in services[start : start + size]:
            entry = response.services.add(
                provider=s.provider, contract=s.contract, disabled=s.disabled, rest=sorted(s.rest)
            )
            for name, m in snapshot.methods.get(s.contract, {}).items():
                entry.methods.add(
                    name=name,
                    client_streaming=m.client_streaming,
                    server_streaming=m.server_streaming,
                    read_only=m.read_only,
                )
        return response

    async def ListMyGrants(self, _: pb.ListMyGrantsRequest, __: _Context) -> pb.ListMyGrantsResponse:
        """The grants of the caller, whom the gateway's assertion names."""
        client = caller().client
        snapshot = (await self._registry.load()).snapshot
        consumers = snapshot.consumers(client)
        grants = [_grant(grant) for grant in snapshot.registry.grants if grant.consumer in consumers]
        return pb.ListMyGrantsResponse(client=client, grants=grants)

    async def RequestGrant(self, request: pb.RequestGrantRequest, _: _Context) -> pb.RequestGrantResponse:
        """Stores the caller's request."""
        snapshot = (await self._registry.load()).snapshot
        asked = GrantRequest(
            id=new_id(), client=caller().client, provider=in_slashes(request.provider), contract=request.contract,
            methods=[*request.methods], purposes=[*request.purposes], fields=[*request.fields],
            paths=[*request.paths], valid_until=request.valid_until, because=request.because,
        )  # fmt: skip

        def do(transaction: Transaction) -> pb.RequestGrantResponse:
            return pb.RequestGrantResponse(grant_request=_request(self._requests.file(transaction, asked, snapshot)))

        return once(self._requests.database, request, pb.RequestGrantResponse, do)

    async def ListMyGrantRequests(
        self, _: pb.ListMyGrantRequestsRequest, __: _Context
    ) -> pb.ListMyGrantRequestsResponse:
        """The caller's own requests."""
        return pb.ListMyGrantRequestsResponse(grant_requests=map(_request, self._requests.of(caller().client)))

    async def ListGrantRequests(self, _: pb.ListGrantRequestsRequest, __: _Context) -> pb.ListGrantRequestsResponse:
        """The requests that the caller may decide, as the provider."""
        return pb.ListGrantRequestsResponse(grant_requests=map(_request, self._requests.waiting(caller().client)))

    async def ApproveGrantRequest(
        self, request: pb.ApproveGrantRequestRequest, _: _Context
    ) -> pb.ApproveGrantRequestResponse:
        """Makes the grant that the caller, as the provider, approves."""
        database, answer = self._requests.database, pb.ApproveGrantRequestResponse
        if (before := answered(database, request, answer)) is not None:
            return before
        approved, warnings = await self._requests.approve(
            request.id, caller().client, provider=caller().client, purposes=[*request.purposes],
            fields=[*request.fields], paths=[*request.paths], valid_until=request.valid_until, reason=request.reason,
        )  # fmt: skip
        return once(database, request, answer, lambda _: answer(grant_request=_request(approved), warnings=warnings))

    async def DeclineGrantRequest(
        self, request: pb.DeclineGrantRequestRequest, _: _Context
    ) -> pb.DeclineGrantRequestResponse:
        """Ends a request that the caller, as the provider, declines."""
        database, answer = self._requests.database, pb.DeclineGrantRequestResponse
        if (before := answered(database, request, answer)) is not None:
            return before
        by = caller().client
        declined = await self._requests.decline(request.id, by, request.reason, provider=by)
        return once(database, request, answer, lambda _: answer(grant_request=_request(declined)))

    async def GetUsage(self, request: pb.GetUsageRequest, _: _Context) -> pb.GetUsageResponse:
        """The calls of each client to each service, by day."""
        return await self._usage.between(request.since, request.until)


def _grant(g: Grant) -> pb.Grant:
    return pb.Grant(
        id=g.id, consumer=g.consumer, provider=g.provider, contract=g.contract, methods=g.methods,
        purposes=g.purposes, fields=g.fields, valid_from=g.valid_from, valid_until=g.valid_until, basis=g.basis,
        paths=g.paths,
    )  # fmt: skip


def _request(r: GrantRequest) -> pb.GrantRequest:
    shown = pb.GrantRequest(
        id=r.id, client=r.client, provider=r.provider, contract=r.contract, methods=r.methods, purposes=r.purposes,
        fields=r.fields, valid_until=r.valid_until, because=r.because, decided_by=r.decided_by, reason=r.reason,
        grant=r.grant, paths=r.paths, state=f"GRANT_REQUEST_STATE_{r.state.upper()}",
    )  # fmt: skip
    shown.asked_at.FromMicroseconds(r.asked_at)
    if r.decided_at:
        shown.decided_at.FromMicroseconds(r.decided_at)
    return shown


def _next(start: int, size: int, total: int) -> str:
    return str(start + size) if start + size < total else ""
