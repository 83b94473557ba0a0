"""The admin API's requests for grants: what members ask for, and the decisions of operators.

Members ask, and providers decide, by the directory's own methods (``gateway.control.directory``).
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body
from pydantic import Field

from gateway.control.api import shapes
from gateway.control.grant_requests import GrantRequests
from gateway.core.grant_request import MOST_WORDS

OPERATOR = "admin/operator"
"""Who decides here, as the ledger names the operator."""

_Words = Annotated[str, Body(embed=True, max_length=MOST_WORDS)]
_Names = Annotated[list[str], Body(max_length=100)]


def router(requests: GrantRequests) -> APIRouter:
    """Routes below ``/admin/v1``. A new grant holds at every gateway within a second."""
    routes = APIRouter(tags=["registry"])

    @routes.get("/grant-requests")
    async def grant_requests() -> list[shapes.GrantRequest]:
        """The requests for grants that wait for a decision, the oldest first. Texts in them are members' words."""
        return [msgspec.to_builtins(request) for request in requests.waiting()]

    @routes.post("/grant-requests/{request_id}/approve")
    async def approve_grant_request(
        request_id: Annotated[str, Field(max_length=64)],
        purposes: _Names = [],  # noqa: B006
        fields: _Names = [],  # noqa: B006
        paths: _Names = [],  # noqa: B006
        valid_until: Annotated[str, Body(max_length=64)] = "",
        reason: _Words = "",
    ) -> shapes.ApprovedGrantRequest:
        """Makes the grant that a request asks for, or one with less: what is left out stays as it was asked."""
        approved, warnings = await requests.approve(
            request_id, OPERATOR, purposes=purposes, fields=fields, paths=paths, valid_until=valid_until, reason=reason
        )
        return {**msgspec.to_builtins(approved), "warnings": warnings}

    @routes.post("/grant-requests/{request_id}/decline")
    async def decline_grant_request(
        request_id: Annotated[str, Field(max_length=64)], reason: _Words
    ) -> shapes.GrantRequest:
        """Ends a request without a grant; the member reads the reason."""
        declined: shapes.Json = msgspec.to_builtins(await requests.decline(request_id, OPERATOR, reason))
        return declined

    return routes
