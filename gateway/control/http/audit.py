"""Changes through the admin API are transactions: a change is in the journal before it is made."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from fastapi import Request
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.control.directory import SUBSYSTEM
from gateway.core.transaction import Origin, Phase, Record, Tally, canonical, new_transaction_id
from gateway.http.problem import Problem
from gateway.store import STREAM, Store
from ndxp.clock import real_now
from ndxp.errors import Code
from ndxp.language import _
from ndxp.ledger.payload import salt_of

CONTRACT = "ndxp.control.v1.Admin"
"""The admin API's name in records; its methods have the names of the routes' functions."""

_NAMING = ("id", "member", "subsystem", "consumer", "provider", "contract", "before", "kept", "lost")
_LONGEST = 256
_REQUEST = "ndxp.change"
_CODES = {
    400: Code.INVALID_ARGUMENT, 403: Code.PERMISSION_DENIED, 404: Code.NOT_FOUND, 409: Code.ALREADY_EXISTS,
    422: Code.INVALID_ARGUMENT, 503: Code.UNAVAILABLE,
}  # fmt: skip


class ChangeLog:
    """Records a change before it is made, and its outcome before the answer; ``node`` names this process."""

    def __init__(self, store: Store, node: str, salt_key: bytes) -> None:
        self._store = store
        self._node = node
        self._salt_key = salt_key

    async def begin(self, request: Request, client: str) -> None:
        """Journals the request for a change. Raises Problem (503); then nothing was changed."""
        data = await request.body()
        method, about = request.scope["route"].name.title().replace("_", ""), " ".join(_named(request, data))
        request.scope[_REQUEST] = await self.ask(client, method, about, data)

    async def ask(self, client: str, method: str, about: str, body: bytes) -> Record:
        """Journals the request for a change; returns the record that ``end`` needs.

        ``about`` names what is changed, ``body`` is the request's body.

        Raises Problem (503); then nothing was changed.
        """
        received = Tally()
        if body:
            received.add(body)
        transaction_id = new_transaction_id()
        record = Record(
            transaction_id=transaction_id,
            phase=Phase.REQUEST,
            client=client,
            service=SUBSYSTEM,
            method=f"{CONTRACT}/{method}",
            issue=about[:_LONGEST],
            request_in_ts=real_now(),
            request_size=received.size,
            request_hash=received.digest(salt_of(self._salt_key, transaction_id)),
            messages_in=received.messages,
            origin=Origin.PROVIDER,
            node=self._node,
        )
        await self._write(record, _("Nothing was changed; see `ndxp status` and try again."))
        return record

    async def end(self, request_record: Record, status: int, answer: bytes) -> None:
        """Journals the outcome: the HTTP status and the answer's body. Raises Problem (503)."""
        sent = Tally()
        sent.add(answer)
        record = msgspec.structs.replace(
            request_record,
            phase=Phase.OUTCOME,
            response_out_ts=real_now(),
            response_size=sent.size,
            response_hash=sent.digest(salt_of(self._salt_key, request_record.transaction_id)),
            messages_out=sent.messages,
            status_code=int(Code.OK if status < 400 else _CODES.get(status, Code.INTERNAL)),
        )
        await self._write(record, _("The change may have been made: check before you try again."))

    async def _write(self, record: Record, consequence: str) -> None:
        try:
            await self._store.xadd(STREAM, {"0": canonical(record)})
        except RedisError as error:
            raise Problem(503, _("The journal does not take the record"), consequence) from error


class Concluded:
    """ASGI middleware: the answer to a change waits until the registry's copy and the journal have the change."""

    def __init__(self, app: ASGIApp, changes: ChangeLog, keep: Callable[[], Awaitable[None]]) -> None:
        self._app = app
        self._changes = changes
        self._keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds back the answer to a change; other answers pass at once."""
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if _REQUEST in scope:
                held.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold)
        except Exception:
            if _REQUEST in scope:
                await self._changes.end(scope[_REQUEST], 500, b"")
            raise
        if held:
            body = b"".join(message.get("body", b"") for message in held)
            try:
                with suppress(RedisError):  # then the copy is made a moment later, and `end` reports the store
                    await self._keep()
                await self._changes.end(scope[_REQUEST], held[0]["status"], body)
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
        for message in held:
            await send(message)


def _decoded(body: bytes) -> Any:
    """The body's JSON; an empty object if it is not JSON. Raises Problem (422) for a key that occurs twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = Counter(name for name, _ in pairs)
            twice = ", ".join(repr(name[:100]) for name, count in names.items() if count > 1)
            detail = _("{names} is in it twice; one of them would be lost", names=twice)
            raise Problem(422, _("The request does not fit"), detail)
        return found

    try:
        return json.loads(body, object_pairs_hook=once) if body else {}
    except (ValueError, RecursionError):
        return {}


def _named(request: Request, body: bytes) -> Iterator[str]:
    """What the change is about: the identifiers in path, query and body, and nothing else, because it may be secret."""
    given = _decoded(body)
    found: dict[str, Any] = {**(given if isinstance(given, Mapping) else {}), **request.query_params}
    for name, value in (*request.path_params.items(), *((name, found.get(name)) for name in _NAMING)):
        if isinstance(value, str | int) and (text := str(value)).isascii() and text.isprintable():
            yield f"{name}={text}"
