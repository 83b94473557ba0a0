"""The ledger's window: search, one transaction, its explanation, and totals."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from gateway.control.problems import Problem
from gateway.core.explain import explain
from gateway.ledger.recorder import Recorder
from gateway.ledger.store import Entry, LedgerStore, Search
from gateway.registry_store import RegistryStore

_Json = dict[str, Any]
_Text = Annotated[str | None, Query(max_length=256)]
_Hash = Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")]
_Place = Annotated[int | None, Query(ge=0, lt=2**62)]


def router(ledger: LedgerStore, recorder: Recorder, registry: RegistryStore) -> APIRouter:
    """Routes below ``/admin/v1``; what was answered before the question is in the answer."""
    routes = APIRouter(tags=["ledger"])

    @routes.get("/transactions")
    async def search(
        client: _Text = None,
        service: _Text = None,
        method: _Text = None,
        status_code: Annotated[int | None, Query(ge=0, le=16)] = None,
        reason: _Text = None,
        origin: _Text = None,
        message_id: _Text = None,
        subject: _Hash = None,
        since: _Place = None,
        until: _Place = None,
        before: _Place = None,
        after: _Place = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> list[_Json]:
        """Outcomes, the latest first; in the ledger's own order behind ``after``."""
        await recorder.caught_up()
        wanted = Search(
            client=client, service=service, method=method, status_code=status_code, reason=reason, origin=origin,
            message_id=message_id, subject=subject, since=since, until=until, before=before, after=after, limit=limit,
        )  # fmt: skip
        return [_plain(entry) for entry in await asyncio.to_thread(ledger.search, wanted)]

    @routes.get("/transactions/{transaction_id}")
    async def transaction(transaction_id: str) -> list[_Json]:
        """The records of one transaction: the request, where it was journaled, and the outcome."""
        return [_plain(entry) for entry in await find(transaction_id)]

    @routes.get("/transactions/{transaction_id}/explanation")
    async def explanation(transaction_id: str) -> _Json:
        """The steps that a transaction took, what each decided and why, and where the time went."""
        found = await find(transaction_id)
        return asdict(explain([entry.record for entry in found], (await registry.load()).snapshot))

    @routes.get("/totals")
    async def totals(after: _Place = 0) -> _Json:
        """How many outcomes there are behind a place, by client, service, method, status and reason."""
        caught_up = await recorder.caught_up()
        names = ("client", "service", "method", "status_code", "reason", "count")
        rows = await asyncio.to_thread(ledger.count, after or 0)
        return {
            "caught_up": caught_up,
            "last": await asyncio.to_thread(ledger.last),
            "totals": [dict(zip(names, row, strict=True)) for row in rows],
        }

    async def find(transaction_id: str) -> list[Entry]:
        complete = await recorder.caught_up()
        entries = await asyncio.to_thread(ledger.transaction, transaction_id)
        if not entries and not complete:
            raise Problem(
                503, "The recorder is behind", "the journal holds records that are not in the ledger yet; try again"
            )
        if not entries:
            raise Problem(
                404, "No such transaction",
                f"the ledger has no transaction {transaction_id[:64]}; calls without a token are not recorded",
            )  # fmt: skip
        return entries

    return routes


def _plain(entry: Entry) -> _Json:
    record: _Json = msgspec.to_builtins(entry.record)
    return {"seq": entry.seq, **record}
