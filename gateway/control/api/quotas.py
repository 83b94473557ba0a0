"""The admin API's quotas: how much each consumer may ask, and what it has used of it."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query

from gateway import buckets
from gateway.control.api.shapes import Json, QuotaChange, QuotaUse
from gateway.control.http.problems import Problem
from gateway.core.registry import Quota, Registry, RegistryError, Snapshot
from gateway.registry_store import RegistryStore
from gateway.store import Store


def router(registry: RegistryStore, store: Store) -> APIRouter:
    """Routes below ``/admin/v1``; whoever mounts them decides who may use them."""
    routes = APIRouter(tags=["quotas"])

    @routes.get("/quotas")
    async def quotas(consumer: str = "") -> list[QuotaUse]:
        """Quotas and their use: of one consumer, or the default and all who have one of their own or have called.

        ``left`` is how many calls would be let in at once now, ``today`` how many were let in since midnight UTC; both
        are null where nobody has called.
        """
        snapshot = (await registry.load()).snapshot
        _known(snapshot, consumer)
        names = [consumer] if consumer else ["default", *sorted(snapshot.subsystems)]
        used = await buckets.use(store, [(name, snapshot.quota(name)) for name in names])
        lines = [_line(snapshot, name, use) for name, use in zip(names, used, strict=True)]
        return [line for line in lines if consumer or line["own"] or line["left"] is not None]

    @routes.put("/quotas")
    async def put_quota(given: Annotated[QuotaChange, Body()]) -> QuotaUse:
        """Gives a consumer, or "default", a quota; what is left out stays. Every gateway knows it within a second."""
        changes = dict(given)
        consumer = str(changes.pop("consumer", ""))
        if not consumer:
            raise Problem(422, "Whose quota?", 'name a subsystem, or "default", in "consumer"')

        def edit(r: Registry) -> Registry:
            before = msgspec.to_builtins(Snapshot(r, {}).quota(consumer))
            try:
                quota = msgspec.convert({**before, **changes}, Quota)
            except msgspec.ValidationError as error:
                raise RegistryError(f"quotas.{consumer[:200]}: {error}") from error
            return msgspec.structs.replace(r, quotas={**r.quotas, consumer: quota})

        after = Snapshot((await registry.change(edit)).registry, {})
        return _line(after, consumer, (await buckets.use(store, [(consumer, after.quota(consumer))]))[0])

    @routes.delete("/quotas", status_code=204)
    async def delete_quota(consumer: Annotated[str, Query()]) -> None:
        """Removes a consumer's own quota: the default counts for it again."""

        def edit(r: Registry) -> Registry:
            if consumer == "default" or consumer not in r.quotas:
                raise Problem(404, "No such quota", f"{consumer} has no quota of its own; see `ndxp quota`")
            return msgspec.structs.replace(r, quotas={k: v for k, v in r.quotas.items() if k != consumer})

        await registry.change(edit)

    return routes


def _known(snapshot: Snapshot, consumer: str) -> None:
    if consumer and consumer != "default" and consumer not in snapshot.subsystems:
        raise Problem(404, "No such subsystem", f"{consumer} is not on this exchange; see `ndxp members`")


def _line(snapshot: Snapshot, consumer: str, use: buckets.Use | None) -> QuotaUse:
    quota: Json = msgspec.to_builtins(snapshot.quota(consumer))
    return {
        "consumer": consumer,
        **quota,
        "own": consumer in snapshot.registry.quotas,
        "left": use.left if use else None,
        "today": use.today if use else None,
    }
