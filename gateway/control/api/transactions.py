"""Questions about transactions: search, one transaction, and its explanation."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.control.api.shapes import Explanation, Recorded
from gateway.core.explain import explain
from gateway.core.transaction import Phase
from gateway.http.problem import Problem
from gateway.ledger.reader import Entry, Reader, Search
from gateway.ledger.recorder import caught_up
from gateway.ledger.standing import Standing, Standings
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp.language import Language, _, speaker

_Text = Annotated[str | None, Field(max_length=256, pattern=r"^[^\x00]*$")]
_Place = Annotated[int | None, Field(ge=0, lt=2**62)]


class _Query(BaseModel):
    """The parameters of a search (see ``gateway.ledger.reader.Search``); ``proof`` asks to check the records found."""

    model_config = ConfigDict(extra="forbid")

    client: _Text = None
    member: _Text = None
    service: _Text = None
    method: _Text = None
    status_code: Annotated[int | None, Field(ge=0, le=16)] = None
    reason: _Text = None
    origin: _Text = None
    message_id: _Text = None
    user_id: _Text = None
    purpose: _Text = None
    fault: _Text = None
    trace: Annotated[str | None, Field(pattern="^[0-9a-f]{32}$")] = None
    transaction_id: _Text = None
    subject: Annotated[str | None, Field(pattern="^[0-9a-f]{32}$")] = None
    since: _Place = None
    until: _Place = None
    before: _Place = None
    after: _Place = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    proof: bool = False


def router(ledger: Reader, standings: Standings, store: Store, registry: RegistryStore) -> APIRouter:
    """Routes below ``/admin/v1``. A call that was answered before the question is in the answer.

    A search is the exception: when the recorder is behind, it gives what is in the ledger. ``/totals`` says whether
    the recorder is behind.
    """
    routes = APIRouter(tags=["ledger"])

    @routes.get("/transactions")
    async def search(wanted: Annotated[_Query, Query()]) -> list[Recorded]:
        """Outcomes, the latest first; with ``after``, those after that place in the ledger's order.

        With ``proof`` each record is compared with the tree, and says whether it is what was signed. A search cannot
        tell whether a record is missing; the audit can.
        """
        await caught_up(store)
        found = await asyncio.to_thread(ledger.search, Search(**wanted.model_dump(exclude={"proof"})))
        if not wanted.proof:
            return [shown(entry) for entry in found]
        proofs = await asyncio.to_thread(standings.of, found)
        return [shown(*pair) for pair in zip(found, proofs, strict=True)]

    @routes.get("/transactions/{transaction_id}")
    async def transaction(transaction_id: str) -> list[Recorded]:
        """The records of one transaction: the request, if it was journaled, and the outcome.

        Each is compared with the tree, and says whether it is what was signed.
        """
        found = await find(ledger, store, transaction_id)
        proofs = await asyncio.to_thread(standings.of, found)
        return [shown(*pair) for pair in zip(found, proofs, strict=True)]

    @routes.get("/transactions/{transaction_id}/explanation")
    async def explanation(transaction_id: str, language: Language = "en") -> Explanation:
        """The steps that a transaction took, what each decided and why, and where the time went.

        ``language`` is that of the sentences; names and decisions are the same in each.
        """
        found = await find(ledger, store, transaction_id)
        await asyncio.to_thread(standings.require, found)
        snapshot = (await registry.load()).snapshot
        return asdict(explain([entry.record for entry in found], snapshot, speaker(language)))

    return routes


async def find(ledger: Reader, store: Store, transaction_id: str) -> list[Entry]:
    """The records of a transaction.

    Raises Problem: 404 when there is none, 503 when its outcome may still be in the journal.
    """
    complete = await caught_up(store)
    entries = await asyncio.to_thread(ledger.transaction, transaction_id)
    if not complete and all(entry.record.phase is not Phase.OUTCOME for entry in entries):
        raise Problem(
            503, _("The recorder is behind"), _("the journal holds records that are not in the ledger yet; try again")
        )
    if not entries:
        gone = await asyncio.to_thread(ledger.missing)
        lacks = _("{number} of its records were deleted, it may be one of them: see `ndxp log verify`", number=gone)
        detail = _(
            "the ledger has no transaction {transaction}; calls without a token are not recorded",
            transaction=transaction_id[:64],
        )
        raise Problem(404, _("No such transaction"), f"{detail}; {lacks}" if gone else detail)
    return entries


def shown(entry: Entry, standing: Standing | None = None) -> Recorded:
    """A record as the API gives it, with what the tree says about it if the request asked for that."""
    proof = {} if standing is None else {"proof": standing}
    return {"seq": entry.seq, **msgspec.structs.asdict(entry.record), **proof}
