"""The admin API's quotas: how many calls each consumer may make, and how many it has made."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query

from gateway import buckets
from gateway.control.api.shapes import Json, QuotaChange, QuotaUse
from gateway.core.registry import Quota, Registry, RegistryError, Snapshot
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp.language import _


def router(registry: RegistryStore, store: Store) -> APIRouter:
    """Routes below ``/admin/v1``. The application that includes them checks the caller's role."""
    routes = APIRouter(tags=["quotas"])

    @routes.get("/quotas")
    async def quotas(consumer: str = "") -> list[QuotaUse]:
        """Quotas and their use: of one consumer, or of all that have called or have their own quota, and the default.

        ``left`` is how many calls the consumer could make at once now, ``today`` how many it has made since midnight
        UTC; both are null for a consumer that has not called.
        """
        snapshot = (await registry.load()).snapshot
        _known(snapshot, consumer)
        names = [consumer] if consumer else ["default", *sorted(snapshot.subsystems)]
        used = await buckets.use(store, [(name, snapshot.quota(name)) for name in names])
        lines = [_line(snapshot, name, use) for name, use in zip(names, used, strict=True)]
        return [line for line in lines if consumer or line["own"] or line["left"] is not None]

    @routes.put("/quotas")
    async def put_quota(given: Annotated[QuotaChange, Body()]) -> QuotaUse:
        """Sets the quota of a consumer, or of "default". Fields that are left out keep their values.

        Every gateway learns it within a second.
        """
        changes = dict(given)
        consumer = str(changes.pop("consumer", ""))
        if not consumer:
            raise Problem(422, _("Whose quota?"), _('name a subsystem, or "default", in "consumer"'))

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
        """Removes the quota of a consumer; the default applies to it again."""

        def edit(r: Registry) -> Registry:
            if consumer == "default" or consumer not in r.quotas:
                raise Problem(
                    404,
                    _("No such quota"),
                    _("{consumer} has no quota of its own; see `ndxp quota`", consumer=consumer),
                )
            return msgspec.structs.replace(r, quotas={k: v for k, v in r.quotas.items() if k != consumer})

        await registry.change(edit)

    return routes


def _known(snapshot: Snapshot, consumer: str) -> None:
    if consumer and consumer != "default" and consumer not in snapshot.subsystems:
        detail = _("{name} is not on this exchange; see `ndxp members`", name=consumer)
        raise Problem(404, _("No such subsystem"), detail)


def _line(snapshot: Snapshot, consumer: str, use: buckets.Use | None) -> QuotaUse:
    quota: Json = msgspec.to_builtins(snapshot.quota(consumer))
    return {
        "consumer": consumer,
        **quota,
        "own": consumer in snapshot.registry.quotas,
        "left": use.left if use else None,
        "today": use.today if use else None,
    }
