"""The admin API: the registry as it stands, and changes to it."""

from typing import Annotated, Any
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Body, Query
from pydantic import AfterValidator

from gateway.control.api.shapes import (
    Grant,
    Json,
    KnownService,
    NewGrant,
    RegisteredGrant,
    RegisteredService,
    Service,
)
from gateway.control.discovery import Discovery
from gateway.control.keeper import Keeper
from gateway.core import registry as core
from gateway.core.doubts import doubts
from gateway.core.endpoints import CONTRACT as REST
from gateway.core.registry import Registry, RegistryError
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from ndxp.identifiers import in_slashes
from ndxp.language import _

_Id = Annotated[str, Body(embed=True, min_length=1, max_length=200), AfterValidator(in_slashes)]


def router(  # noqa: C901 - a list of routes
    registry: RegistryStore, discovery: Discovery, keeper: Keeper
) -> APIRouter:
    """Routes below ``/admin/v1``. The application that includes them checks the caller's role."""
    routes = APIRouter(tags=["registry"])

    async def snapshot() -> core.Snapshot:
        return (await registry.load()).snapshot

    @routes.get("/services")
    async def services() -> list[KnownService]:
        """All services, with their current addresses and the methods that discovery has learnt.

        ``trouble`` says why a contract could not be learnt; it is empty when it was learnt.
        """
        current = await snapshot()
        return [
            {
                **_plain(s),
                "address": discovery.address(s),
                "methods": {name: _plain(m) for name, m in current.methods.get(s.contract, {}).items()},
                "trouble": "" if s.contract in current.contracts else discovery.trouble(s),
            }
            for s in current.registry.services
        ]

    @routes.put("/services")
    async def put_service(given: Annotated[Service, Body()]) -> RegisteredService:
        """Adds a service, or replaces the one of this provider and contract.

        The exchange asks the provider at once whether it describes the contract; ``warnings`` say what looks wrong.
        """
        service = _read(given, core.Service)
        changed = await registry.change(
            lambda r: _with(r, services=[*_other_services(r, service.provider, service.contract), service])
        )
        why = await discovery.learn(service)
        return {**_plain(service), "warnings": [*changed.doubts, *([why] if why else [])]}

    @routes.post("/services/disable")
    async def disable_service(provider: _Id, contract: _Id) -> Service:
        """Refuses all calls to a service until it is enabled again; calls in flight end."""
        return await switch(provider, contract, disabled=True)

    @routes.post("/services/enable")
    async def enable_service(provider: _Id, contract: _Id) -> Service:
        """Lets consumers with a grant call a service again."""
        return await switch(provider, contract, disabled=False)

    async def switch(provider: str, contract: str, *, disabled: bool) -> Service:
        def edit(r: Registry) -> Registry:
            if len(_other_services(r, provider, contract)) == len(r.services):
                raise _no_service(provider, contract)
            return _with(
                r,
                services=[
                    msgspec.structs.replace(s, disabled=disabled)
                    if (s.provider, s.contract) == (provider, contract)
                    else s
                    for s in r.services
                ],
            )

        after = (await registry.change(edit)).registry
        return next(_plain(s) for s in after.services if (s.provider, s.contract) == (provider, contract))

    @routes.delete("/services", status_code=204)
    async def delete_service(provider: Annotated[str, Query()], contract: Annotated[str, Query()]) -> None:
        """Removes a service. Its grants stay, without effect until the service is added again."""

        def edit(r: Registry) -> Registry:
            rest = _other_services(r, provider, contract)
            if len(rest) == len(r.services):
                raise _no_service(provider, contract)
            return _with(r, services=rest)

        await registry.change(edit)
        if contract == REST:
            await registry.drop_documents(provider)

    @routes.get("/rebuilt")
    async def rebuilt() -> list[str]:
        """The times at which control restored a lost registry from its copy, since control started."""
        return keeper.rebuilt

    @routes.get("/doubts")
    async def registry_doubts() -> list[str]:
        """What looks wrong in the registry: names that nothing has, and the name that was probably meant."""
        current = await snapshot()
        return doubts(current.registry, current.contracts)

    @routes.get("/grants")
    async def grants(consumer: str = "") -> list[Grant]:
        """All grants, or those that apply to a subsystem."""
        current = await snapshot()
        names = current.consumers(consumer)
        if consumer and not names:
            raise Problem(
                404, _("No such subsystem"), _("{name} is not on this exchange; see `ndxp members`", name=consumer)
            )
        return [_plain(g) for g in current.registry.grants if not consumer or g.consumer in names]

    @routes.post("/grants", status_code=201)
    async def add_grant(given: Annotated[NewGrant, Body()]) -> RegisteredGrant:
        """Adds a grant; one without an id gets one. ``warnings`` say what looks wrong."""
        grant = _read({"id": f"g-{uuid4().hex[:8]}", **given}, core.Grant)

        def edit(r: Registry) -> Registry:
            if not any((s.provider, s.contract) == (grant.provider, grant.contract) for s in r.services):
                raise Problem(422, _("No such service"), _offers_no(grant.provider, grant.contract))
            return _with(r, grants=[*r.grants, grant])

        return {**_plain(grant), "warnings": (await registry.change(edit)).doubts}

    @routes.delete("/grants/{grant_id}", status_code=204)
    async def delete_grant(grant_id: str) -> None:
        """Removes a grant."""

        def edit(r: Registry) -> Registry:
            rest = [g for g in r.grants if g.id != grant_id]
            if len(rest) == len(r.grants):
                detail = _("there is no grant {grant}; see `ndxp grants`", grant=grant_id)
                raise Problem(404, _("No such grant"), detail)
            return _with(r, grants=rest)

        await registry.change(edit)

    return routes


def _no_service(provider: str, contract: str) -> Problem:
    return Problem(404, _("No such service"), _offers_no(provider[:100], contract[:200]))


def _offers_no(provider: str, contract: str) -> str:
    return _("{provider} offers no {contract}; see `ndxp services`", provider=provider, contract=contract)


def _other_services(registry: Registry, provider: str, contract: str) -> list[core.Service]:
    return [s for s in registry.services if (s.provider, s.contract) != (provider, contract)]


def _read(given: Json, kind: Any) -> Any:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise RegistryError(str(error)) from error


def _with(registry: Registry, **changes: Any) -> Registry:
    return msgspec.structs.replace(registry, **changes)


def _plain(entry: msgspec.Struct) -> Json:
    plain: Json = msgspec.to_builtins(entry)
    return plain
