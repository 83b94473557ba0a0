"""The ledger's proofs over HTTP: what an auditor needs to check the ledger without trusting this process.

Records and tiles are given as they are stored; the reader computes the hashes.
"""

import asyncio
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import PlainTextResponse, Response

from gateway.control.api import shapes
from gateway.control.api.transactions import find, shown
from gateway.core.transaction import canonical
from gateway.http.problem import Problem
from gateway.ledger.derived import MARK
from gateway.ledger.reader import Reader
from gateway.ledger.recorder import CHECKPOINT, caught_up
from gateway.ledger.signer import RotationUnderWay, Signer
from gateway.ledger.standing import Standings
from gateway.ledger.writer import Writer
from gateway.store import Store
from ndxp.language import _
from ndxp.ledger.checkpoint import Checkpoint, NoteRefused
from ndxp.ledger.evidence import FORMAT
from ndxp.ledger.payload import salt_of
from ndxp.plural import count

_Size = Annotated[int, Query(ge=0, lt=2**62)]
_PATIENCE, _STEP = 5.0, 0.1
_YOUNG = 3600


class _Tile(Response):
    media_type = "application/octet-stream"


def router(  # noqa: C901 - a list of routes
    ledger: Reader, writer: Writer, signer: Signer, store: Store, salt_key: bytes
) -> APIRouter:
    """Routes below ``/admin/v1``."""
    routes = APIRouter(tags=["ledger"])
    standings, checking = Standings(ledger, signer), asyncio.Lock()

    @routes.get("/ledger")
    async def state(signed: bool = False) -> shapes.LedgerState:
        """How the ledger stands; with ``signed``, when all that was answered before is signed, or after five seconds.

        It gives the latest signed checkpoint, the checkpoint that the store remembers, the size of the tree, the first
        record whose row is kept with the signed statement of it, the places of rows that should not be there, damage
        in its small tables (then nothing else is given), and the signed statements of lost records.
        """
        if signed:
            await _until_signed()
        published = (await store.get(CHECKPOINT) or b"").decode()
        return {**await asyncio.to_thread(ledger.state), "published": published, "losses": signer.losses()}

    @routes.get("/ledger/derived")
    async def derived_from_records(after: Annotated[str, Query(pattern=f"^{MARK}$")] = "") -> shapes.Derived:
        """Checks one part of the data that is derived from records: tables, indexes, index of subjects, statistics.

        Gives the findings with their places, what could not be checked, and ``next``: the value of ``after`` for the
        next part, empty at the end.
        """
        async with checking:  # one at a time, however many ask: it reads the whole database
            return asdict(await asyncio.to_thread(ledger.derived, after))

    @routes.get("/ledger/subjects/{subject}")
    async def unlisted(subject: Annotated[str, Path(pattern="^[0-9a-f]{32}$")], after: _Size = 0) -> shapes.Unlisted:
        """Outcomes that name a subject but are missing in the index of subjects, because somebody changed the index.

        It reads the records themselves for a few seconds; ``next`` says where to continue, null at the end.
        """
        found, further = await asyncio.to_thread(ledger.unlisted, subject, after, _PATIENCE)
        proofs = await asyncio.to_thread(standings.of, found)
        return {"records": [shown(*pair) for pair in zip(found, proofs, strict=True)], "next": further}

    @routes.get("/ledger/keys")
    async def keys() -> shapes.LedgerKeys:
        """Public keys (C2SP verifier keys), the latest last, and the notes in which each key names the next one."""
        return {"keys": [str(key) for key in signer.public_keys()], "changes": signer.key_changes()}

    @routes.post("/ledger/keys", status_code=201)
    async def rotate_ledger_key() -> shapes.LedgerKey:
        """Makes a new key; the next checkpoint is signed by the old key too."""
        try:
            return {"key": str(await asyncio.to_thread(signer.rotate))}
        except RotationUnderWay as error:
            raise Problem(409, _("Not yet"), str(error)) from error

    @routes.get("/ledger/checkpoints")
    async def checkpoints(
        after: _Size = 0, limit: Annotated[int, Query(ge=1, le=5000)] = 1000
    ) -> list[tuple[int, str]]:
        """Sizes and signed checkpoints of more than ``after`` records."""
        return await asyncio.to_thread(ledger.checkpoints, after, limit)

    @routes.get("/ledger/records", response_class=PlainTextResponse)
    async def records(after: _Size = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> Response:
        """Records after a place, one a line: place, space, the canonical bytes whose hash is the leaf of the tree."""
        return PlainTextResponse(await asyncio.to_thread(ledger.lines, after, limit))

    @routes.get("/ledger/tiles/{level}/{number}", response_class=_Tile)
    async def tile(level: Annotated[int, Path(ge=0, le=7)], number: Annotated[int, Path(ge=0, lt=2**31)]) -> Response:
        """The hashes of a tile (C2SP tlog-tiles), up to 256 of 32 bytes."""
        found = await asyncio.to_thread(ledger.tile, (level, number))
        return _Tile(found)

    @routes.get("/ledger/consistency")
    async def consistency(old: _Size, new: _Size) -> list[str]:
        """The proof that the ledger of ``new`` records only adds to the one of ``old``; hashes in base64."""
        try:
            return _base64(await asyncio.to_thread(ledger.consistency, old, new))
        except ValueError as error:
            detail = _("{error}: does the checkpoint belong to another ledger?", error=error)
            raise Problem(404, _("No such proof"), detail) from error

    @routes.get("/ledger/evidence/{transaction_id}")
    async def evidence(transaction_id: str, salt: bool = False) -> shapes.Evidence:
        """The records of a transaction with their proofs, to be checked without this exchange.

        With the salt, a reader of the evidence who has the messages can check that they are the recorded ones.
        """
        entries = await find(ledger, store, transaction_id)
        await asyncio.to_thread(standings.require, entries)
        note, size = await _covering(entries[-1].seq)
        return {
            "format": FORMAT,
            "records": [
                {
                    "index": entry.seq - 1,
                    "record": canonical(entry.record).decode(),
                    "proof": _base64(await asyncio.to_thread(ledger.inclusion, entry.seq, size)),
                }
                for entry in entries
            ],
            "checkpoint": note,
            **({"salt": salt_of(salt_key, transaction_id).hex()} if salt else {}),
        }

    @routes.post("/ledger/retention")
    async def prune_ledger(before: Annotated[int, Body(embed=True, ge=0, lt=2**62)]) -> shapes.Pruned:
        """Removes the rows of all records that are older than a time (µs since 1970); the tree stays.

        Rows of the last hour stay: the journal may deliver them again, and callers look them up. One request takes a
        few seconds at most: when the answer is not ``complete``, ask again.
        """
        if before > (time.time() - _YOUNG) * 1e6:
            raise Problem(422, _("Too young"), _("rows of the last hour cannot be removed"))
        first, complete = await asyncio.to_thread(writer.prune, before, _PATIENCE)
        return {"first": first, "complete": complete}

    @routes.post("/ledger/losses", status_code=201)
    async def accept_loss(
        kept: Annotated[int, Body(ge=0, lt=2**62)], lost: Annotated[int, Body(ge=0, lt=2**62)]
    ) -> shapes.Loss:
        """Signs a statement that the records after ``kept`` up to ``lost`` are no longer in the ledger.

        The ledger then continues after ``kept``. Both numbers must be those of ``/ledger``: the size of the tree, and
        the size of the checkpoint that the store remembers.
        """
        published = (await store.get(CHECKPOINT) or b"").decode()
        signed = _covered(published)
        ends = await asyncio.to_thread(ledger.last)
        if signed <= ends:  # first: in a ledger that continues, this request itself has added a record
            detail = _("nothing that was signed is missing: the ledger has {records}", records=count(ends, "record"))
            raise Problem(409, _("Nothing is lost"), detail)
        if (kept, lost) != (ends, signed):
            detail = _("the ledger ends at record {ends}, and {signed} records were signed", ends=ends, signed=signed)
            raise Problem(409, _("Another ledger"), detail)
        try:
            loss = await asyncio.to_thread(writer.accept_loss, published)
        except ValueError as error:
            raise Problem(409, _("Nothing is lost"), str(error)) from error
        return {
            "kept": loss.kept,
            "lost": loss.lost.size,
            "root": b64encode(loss.lost.root).decode(),
            "at": loss.at,
            "sentence": loss.sentence,
        }

    @routes.post("/ledger/conformance", status_code=201)
    async def sign_conformance(
        sha256: Annotated[str, Body(embed=True, pattern="^[0-9a-f]{64}$")],
    ) -> shapes.Conformance:
        """Signs the SHA-256 of a report of `ndxp check agency` with the ledger's key, as a note of a form of its own.

        The exchange does not read the report: the note says that its operator has stated it.
        """
        return {"note": await asyncio.to_thread(signer.conformance, sha256)}

    async def _until_signed() -> None:
        """Returns when a checkpoint covers all that was answered before, or when nobody signs it."""
        await caught_up(store)
        found = await asyncio.to_thread(ledger.state)
        if not found["damage"]:
            with suppress(NoteRefused, Problem):
                await _covering(found["size"])

    async def _covering(seq: int) -> tuple[str, int]:
        """A signed checkpoint that covers a place; the recorder signs one about every second."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while True:
                    note = await asyncio.to_thread(ledger.latest_checkpoint)
                    if (size := _covered(note)) >= seq:
                        return note, size
                    await asyncio.sleep(_STEP)
        except TimeoutError as error:
            raise Problem(
                503,
                _("No checkpoint yet"),
                _("the recorder has not signed a checkpoint over this record yet; try again"),
            ) from error

    return routes


def _covered(note: str) -> int:
    """How many records a checkpoint covers; 0 when there is none. Raises NoteRefused."""
    return Checkpoint.parse(note).size if note else 0


def _base64(hashes: list[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in hashes]
