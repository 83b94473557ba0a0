"""The admin API's answer to the question whether a consumer may call a method. It makes no call and no record."""

import time
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field

from gateway.control.api.shapes import Decision
from gateway.core.decision import decide
from gateway.http.problem import Problem
from gateway.registry_store import RegistryStore
from ndxp.language import Language, _, speaker
from ndxp.wire import metadata

_Text = Annotated[str, Field(max_length=256)]
_Path = Annotated[str, Field(max_length=metadata.LONGEST_PATH)]


def router(registry: RegistryStore) -> APIRouter:
    """Routes below ``/admin/v1``."""
    routes = APIRouter(tags=["registry"])

    @routes.get("/decisions")
    async def decision(
        client: Annotated[_Text, Query()],
        method: Annotated[_Text, Query()],
        provider: Annotated[_Text, Query()] = "",
        purpose: Annotated[_Text, Query()] = "",
        path: Annotated[_Path, Query()] = "",
        language: Language = "en",
    ) -> Decision:
        """What the gateway would decide about a call now: the grant that fits, or the reason and the nearest grant.

        ``path`` is what a call of a REST service would send in ``x-ndxp-path``; ``language`` is that of the message and
        the remedy.
        """
        snapshot = (await registry.load()).snapshot
        if client not in snapshot.subsystems:
            raise Problem(
                404, _("No such subsystem"), _("{name} is not on this exchange; see `ndxp members`", name=client)
            )
        say = speaker(language)
        found = decide(
            snapshot, client, method, provider=provider, purpose=purpose, now=time.time(), path=path, say=say
        )
        return {
            "allowed": found.reason is None,
            "client": client,
            "method": method,
            "provider": found.provider,
            "purpose": purpose,
            "path": path,
            "grant": msgspec.to_builtins(found.grant),
            "reason": found.reason or "",
            "message": found.message,
            "remedy": say(found.remedy),
        }

    return routes
