"""Changes when the journal does not take their record, or the change itself fails."""

import asyncio

import httpx
import pytest
from fastapi import Depends, FastAPI, Request

from gateway.control.http import problems
from gateway.control.http.audit import ChangeLog, Concluded
from gateway.core.transaction import Record, parse
from gateway.store import STREAM, Store
from ndxp.errors import Code
from tests.support.stores import Valkey

KEY = bytes(32)


class Site:
    """An application with one route, and what happens in it."""

    def __init__(self, store: Store, valkey: Valkey) -> None:
        self.changed = 0
        self.kept: list[int] = []
        self.store_dies = self.fails = False
        changes = ChangeLog(store, "test", KEY)
        app = FastAPI()
        problems.install(app)
        app.add_middleware(Concluded, changes=changes, keep=self.keep)

        async def admit(request: Request) -> None:
            await changes.begin(request, "admin/operator")

        @app.post("/things/{id}", dependencies=[Depends(admit)])
        async def change_thing() -> dict[str, str]:
            self.changed += 1
            if self.store_dies:
                await asyncio.to_thread(valkey.kill)
            if self.fails:
                raise RuntimeError("a surprise")
            return {"done": "yes"}

        self._app = app

    async def keep(self) -> None:
        """Counts the changes that were made when the copy is made."""
        self.kept.append(self.changed)

    async def post(self) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/things/7", json={"secret": "s"})


@pytest.fixture
def site(store: Store, valkey: Valkey) -> Site:
    return Site(store, valkey)


async def records(store: Store) -> list[Record]:
    return [parse(data) for _, fields in await store.xrange(STREAM) for data in fields.values()]


async def test_a_change_has_its_request_and_its_outcome_in_the_journal(site: Site, store: Store) -> None:
    assert (await site.post()).json() == {"done": "yes"}
    request, outcome = await records(store)
    assert (request.phase, outcome.phase) == ("request", "outcome")
    assert request.transaction_id == outcome.transaction_id
    assert outcome.method == "ndxp.control.v1.Admin/ChangeThing"
    assert outcome.issue == "id=7"
    assert outcome.request_hash == request.request_hash != ""
    assert outcome.response_out_ts >= outcome.request_in_ts > 0


async def test_nothing_is_changed_that_cannot_be_recorded(site: Site, valkey: Valkey) -> None:
    await asyncio.to_thread(valkey.kill)
    answer = await site.post()
    assert (answer.status_code, site.changed) == (503, 0)
    assert "Nothing was changed" in answer.json()["detail"]


async def test_a_change_whose_outcome_is_not_recorded_is_not_confirmed(
    site: Site, store: Store, valkey: Valkey
) -> None:
    site.store_dies = True
    answer = await site.post()
    assert (answer.status_code, site.changed) == (503, 1)
    assert "may have been made" in answer.json()["detail"]
    assert "yes" not in answer.text
    await asyncio.to_thread(valkey.start)
    assert [record.phase for record in await records(store)] == ["request"]


async def test_a_change_that_breaks_is_recorded_as_such(site: Site, store: Store) -> None:
    site.fails = True
    assert (await site.post()).status_code == 500
    _, outcome = await records(store)
    assert (outcome.phase, outcome.status_code) == ("outcome", Code.INTERNAL)


async def test_a_change_is_answered_when_the_copy_of_the_registry_has_it(site: Site) -> None:
    assert (await site.post()).status_code == 200
    assert site.kept == [1]
