"""The requests for grants: filed by members, decided by the provider or by an operator, kept in a database of control.

They are not in the registry: each change of that is a new version, which every gateway loads.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import msgspec
from redis.exceptions import RedisError

from gateway.core import grant_request as rules
from gateway.core.grant_request import GrantRequest
from gateway.core.registry import Grant, Registry, RegistryError, Snapshot
from gateway.registry_store import RegistryStore
from ndxp.agency.database import Database, Transaction
from ndxp.clock import real_now
from ndxp.errors import AgencyError, Code, failed_precondition
from ndxp.identifiers import member_of

MOST_OF_MEMBER = 20
"""Requests of one member that may wait for a decision at once."""

MOST = 500
"""Requests of all members that may wait for a decision at once."""

KEPT = 50
"""Decided requests that are kept for each subsystem. The ledger has all decisions."""

MOST_GRANTS = 100
"""Grants for services of one provider up to which it approves by itself: every gateway loads all grants."""

_PENDING, _DECIDED = "pending", "decided"


class GrantRequests:
    """``database`` is an agency's; ``keep`` copies the registry, so that a lost store does not cost a new grant.

    Methods raise AgencyError, and ``redis.RedisError`` when the store does not answer.
    """

    def __init__(self, database: Database, registry: RegistryStore, keep: Callable[[], Awaitable[None]]) -> None:
        self.database = database
        self._registry = registry
        self._keep = keep
        self._deciding = asyncio.Lock()

    def file(self, transaction: Transaction, request: GrantRequest, snapshot: Snapshot) -> GrantRequest:
        """Stores a new request; returns the one that waits already if the subsystem asks for the same again."""
        now = real_now()
        rules.check(request, snapshot, now / 1e6)
        waiting = _waiting(transaction)
        for other in waiting:
            if other.asks_the_same(request):
                return other
        of_member = [other for other in waiting if member_of(other.client) == member_of(request.client)]
        if len(of_member) >= MOST_OF_MEMBER or len(waiting) >= MOST:
            whose = member_of(request.client) if len(of_member) >= MOST_OF_MEMBER else "all members together"
            raise _too_many(f"too many requests of {whose} wait for a decision; ask again when some are decided")
        filed = msgspec.structs.replace(request, asked_at=now)
        transaction.put(_PENDING, filed.id, msgspec.json.encode(filed))
        return filed

    def waiting(self, provider: str = "") -> list[GrantRequest]:
        """The requests that wait, the oldest first: all, or those for services of one subsystem."""
        with self.database.reading() as transaction:
            return [r for r in _waiting(transaction) if not provider or r.provider == provider]

    def of(self, client: str) -> list[GrantRequest]:
        """A subsystem's own requests: those that wait, the oldest first, then the decided ones, the latest first."""
        with self.database.reading() as transaction:
            decided = [_read(document.body) for document in transaction.of(_DECIDED, client, limit=KEPT)]
            return [*(r for r in _waiting(transaction) if r.client == client), *decided]

    async def approve(
        self,
        request_id: str,
        by: str,
        *,
        provider: str = "",
        purposes: list[str],
        fields: list[str],
        paths: list[str],
        valid_until: str,
        reason: str,
    ) -> tuple[GrantRequest, list[str]]:
        """Makes the grant; returns the approved request, and what looks wrong with the grant.

        What is empty stays as it was asked. ``by`` decides; only requests to ``provider`` exist, if it is given.
        """
        async with self._deciding:
            snapshot = (await self._registry.load()).snapshot
            waits = self._find(request_id, provider, snapshot)
            request = rules.narrowed(waits, purposes, fields, paths, valid_until)
            if reason:
                rules.check_words("reason", reason)
            now = real_now() / 1e6
            rules.check(request, snapshot, now)
            if provider and sum(g.provider == provider for g in snapshot.registry.grants) >= MOST_GRANTS:
                raise _too_many(f"there are {MOST_GRANTS} grants for {provider}; an operator can approve more")
            grant, warnings = request.made, rules.doubts(request, snapshot, now)

            def edit(registry: Registry) -> Registry:
                return msgspec.structs.replace(registry, grants=[*registry.grants, grant])

            try:
                await self._registry.change(edit)
            except RegistryError as error:
                raise failed_precondition("GRANT_IMPOSSIBLE", str(error), "id") from error
            approved = self._settle(request, "approved", by, reason)
            with suppress(RedisError):  # then the copy is made a moment later
                await self._keep()
            return approved, warnings

    async def decline(self, request_id: str, by: str, reason: str, *, provider: str = "") -> GrantRequest:
        """Ends a request without a grant; ``by`` decides. Only requests to ``provider`` exist, if it is given."""
        async with self._deciding:
            request = self._find(request_id, provider, (await self._registry.load()).snapshot)
            rules.check_words("reason", reason)
            return self._settle(request, "declined", by, reason)

    def _find(self, request_id: str, provider: str, snapshot: Snapshot) -> GrantRequest:
        """The request if it waits; raises AgencyError."""
        with self.database.reading() as transaction:
            body = transaction.get(_PENDING, request_id) or transaction.get(_DECIDED, request_id)
        request = _read(body) if body else None
        if request is None or (provider and request.provider != provider):
            raise rules.unknown(request_id)
        if request.state == "pending" and (made := _made(request, snapshot)):
            # Control ended after it had made the grant and before it had noted that.
            granted = msgspec.structs.replace(
                request,
                purposes=made.purposes,
                fields=made.fields,
                paths=made.paths,
                valid_until=made.valid_until,
            )
            request = self._settle(granted, "approved", "", "")
        if request.state != "pending":
            raise rules.decided(request)
        return request

    def _settle(
        self, request: GrantRequest, state: Literal["approved", "declined"], by: str, reason: str
    ) -> GrantRequest:
        """Stores the decision, and forgets the oldest decided requests of the subsystem above ``KEPT``."""
        grant = request.made.id if state == "approved" else ""
        settled = msgspec.structs.replace(
            request, state=state, decided_by=by, decided_at=real_now(), reason=reason, grant=grant
        )
        with self.database.transaction() as transaction:
            transaction.remove(_PENDING, request.id)
            transaction.put(_DECIDED, request.id, msgspec.json.encode(settled), owner=request.client)
            for old in transaction.of(_DECIDED, request.client)[KEPT:]:
                transaction.remove(_DECIDED, old.key)
        return settled


def _waiting(transaction: Transaction) -> list[GrantRequest]:
    return [_read(document.body) for document in reversed(transaction.of(_PENDING, "", limit=MOST))]


def _made(request: GrantRequest, snapshot: Snapshot) -> Grant | None:
    """The grant of a request that was approved."""
    return next((grant for grant in snapshot.registry.grants if grant.id == request.made.id), None)


def _too_many(message: str) -> AgencyError:
    return AgencyError(Code.RESOURCE_EXHAUSTED, "TOO_MANY_GRANT_REQUESTS", message)


def _read(body: bytes) -> GrantRequest:
    return msgspec.json.decode(body, type=GrantRequest)
