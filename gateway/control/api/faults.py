"""The admin API's faults: what goes wrong on purpose, for which calls, and until when."""

import time
from datetime import datetime
from typing import Annotated
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Body, Query

from gateway.control.api import shapes
from gateway.core.faults import Fault
from gateway.core.registry import Registry, RegistryError
from gateway.core.validity import VIETNAM
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from ndxp.language import _

_Given = Annotated[list[shapes.NewFault], Body(min_length=1, max_length=100)]


def router(registry: RegistryStore) -> APIRouter:
    """Routes below ``/admin/v1``. Every gateway learns a change within a second; calls under way are not touched."""
    routes = APIRouter(tags=["faults"])

    @routes.get("/faults")
    async def faults() -> list[shapes.Fault]:
        """All faults that are on, or will be."""
        now = time.time()
        known = (await registry.load()).snapshot.registry.faults
        return [_plain(fault, now) for fault in known if not fault.ended(now)]

    @routes.post("/faults", status_code=201)
    async def add_faults(given: _Given) -> list[shapes.Fault]:
        """Adds faults, all or none of them. Those that have ended are removed."""
        now = time.time()
        began = datetime.fromtimestamp(now, VIETNAM).isoformat(timespec="milliseconds")
        try:
            added = [
                msgspec.convert({"id": f"f-{uuid4().hex[:8]}", "valid_from": began, **one}, Fault) for one in given
            ]
        except msgspec.ValidationError as error:
            raise RegistryError(str(error)) from error

        def edit(r: Registry) -> Registry:
            return _with(r, [*(fault for fault in r.faults if not fault.ended(now)), *added])

        await registry.change(edit)
        return [_plain(fault, now) for fault in added]

    @routes.delete("/faults/{fault_id}", status_code=204)
    async def delete_fault(fault_id: str) -> None:
        """Removes a fault."""

        def edit(r: Registry) -> Registry:
            rest = [fault for fault in r.faults if fault.id != fault_id]
            if len(rest) == len(r.faults):
                raise Problem(
                    404, _("No such fault"), _("there is no fault {fault}; see `ndxp fault list`", fault=fault_id[:80])
                )
            return _with(r, rest)

        await registry.change(edit)

    @routes.delete("/faults", status_code=204)
    async def delete_faults(scenario: Annotated[str, Query()] = "", consumer: Annotated[str, Query()] = "") -> None:
        """Removes the faults of a scenario, those of a consumer, or all."""

        def edit(r: Registry) -> Registry:
            return _with(r, [fault for fault in r.faults if not _chosen(fault, scenario, consumer)])

        await registry.change(edit)

    return routes


def _chosen(fault: Fault, scenario: str, consumer: str) -> bool:
    return (not scenario or fault.scenario == scenario) and (not consumer or fault.consumer == consumer)


def _with(registry: Registry, faults: list[Fault]) -> Registry:
    return msgspec.structs.replace(registry, faults=faults)


def _plain(fault: Fault, now: float) -> shapes.Json:
    plain: shapes.Json = msgspec.to_builtins(fault)
    return {**plain, "on": fault.holds(now)}
