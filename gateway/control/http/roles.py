"""Who may use which part of the admin API: viewer, auditor, operator."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum

from fastapi import Request

from gateway.control.http.audit import ChangeLog
from gateway.http.problem import Problem
from ndxp.language import _


class Role(IntEnum):
    """Each role may do what the role before it may, and more."""

    VIEWER = 1
    """Reads registry and statistics."""
    AUDITOR = 2
    """Reads the ledger too."""
    OPERATOR = 3
    """Changes things."""


SECRETS_OF_ROLES = {"viewer": Role.VIEWER, "auditor": Role.AUDITOR, "admin": Role.OPERATOR}
"""The names under which the credentials file holds the roles' secrets."""

_READING = frozenset({"GET", "HEAD"})


class Doorkeeper:
    """Checks the role of a caller, and has every change recorded. ``secrets`` are by their names in the file."""

    def __init__(self, secrets: Mapping[str, str], changes: ChangeLog) -> None:
        self._changes = changes
        self._bearers = {f"Bearer {secret}".encode(): SECRETS_OF_ROLES[name] for name, secret in secrets.items()}

    def role(self, authorization: str) -> Role | None:
        """The role whose secret an ``authorization`` header holds; None when it holds no role's secret."""
        found = None
        for bearer, role in self._bearers.items():  # always all, so that the time taken does not depend on the secret
            if hmac.compare_digest(authorization.encode(), bearer):
                found = role
        return found

    def needs(self, reading: Role) -> Callable[[Request], Awaitable[None]]:
        """A dependency of routes: reading needs at least the role ``reading``, changing needs the operator."""

        async def admit(request: Request) -> None:
            role = self.role(request.headers.get("authorization", ""))
            if role is None:
                raise Problem(
                    401,
                    _("Who are you?"),
                    _(
                        "send 'Authorization: Bearer SECRET' with the secret of 'viewer', 'auditor' or 'admin' (the "
                        "operator) in the credentials file"
                    ),
                )
            needed = reading
            if request.method not in _READING:
                needed = Role.OPERATOR
                await self._changes.begin(request, f"admin/{role.name.lower()}")
            if role < needed:
                raise Problem(
                    403,
                    _("This needs the role {role}", role=needed.name.lower()),
                    _(
                        "the secret is the {role}'s; {method} {path} is for the {needed}",
                        role=role.name.lower(),
                        method=request.method,
                        path=request.url.path,
                        needed=needed.name.lower(),
                    ),
                )

        return admit
