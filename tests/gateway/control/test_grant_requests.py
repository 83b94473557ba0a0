"""Requests for grants in control's database: limits, decisions, and what a restart or a lost store leaves of them."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.control import grant_requests
from gateway.control.grant_requests import GrantRequests
from gateway.control.keeper import Keeper
from gateway.core.grant_request import GrantRequest
from gateway.core.registry import Member, Registry, Service, Snapshot
from gateway.registry_store import RegistryStore, StateLost
from gateway.store import Store
from ndxp.agency.database import Database
from ndxp.agency.rights import new_id
from ndxp.errors import AgencyError, Code
from ndxp.sqlite import sqlite_url

Decide = Callable[[GrantRequests, str], Awaitable[object]]

PROVIDER, OTHER, CONTRACT = "VN/GOV/G01/demo", "VN/GOV/G02/demo", "demo.v1.Demo"
CLIENT, SISTER, STRANGER = "VN/COM/99/ekyc", "VN/COM/99/app", "VN/COM/98/ekyc"
REGISTRY = Registry(
    "VN",
    [
        Member("VN/GOV/G01", "One", subsystems=["demo"]),
        Member("VN/GOV/G02", "Two", subsystems=["demo"]),
        Member("VN/COM/99", "Company", subsystems=["ekyc", "app"]),
        Member("VN/COM/98", "Other", subsystems=["ekyc"]),
    ],
    [Service(PROVIDER, CONTRACT, "h:1"), Service(OTHER, CONTRACT, "h:2")],
)
AS_ASKED: dict[str, Any] = {"purposes": [], "fields": [], "paths": [], "valid_until": "", "reason": ""}


class Desk:
    """The requests of a registry, and its keeper; ``again`` opens them as a control that has just begun."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.registry = RegistryStore(store)

        async def tell(_: str) -> None:
            pass

        self.keeper = Keeper(folder / "registry.json", self.registry, b"s" * 32, tell)
        self.requests = self.again()

    def again(self) -> GrantRequests:
        return GrantRequests(Database(sqlite_url(self.folder / "grant-requests.db")), self.registry, self.keeper.look)

    async def snapshot(self) -> Snapshot:
        return (await self.registry.load()).snapshot

    async def file(self, client: str = CLIENT, provider: str = PROVIDER, method: str = "Get", **more: Any) -> str:
        """Files a request; returns its id."""
        asked = GrantRequest(
            id=new_id(), client=client, provider=provider, contract=CONTRACT, methods=[method],
            **{"because": "a law", **more},
        )  # fmt: skip
        snapshot = await self.snapshot()
        with self.requests.database.transaction() as transaction:
            return self.requests.file(transaction, asked, snapshot).id

    async def grants(self) -> dict[str, str]:
        """The consumers of all grants, by id."""
        return {grant.id: grant.consumer for grant in (await self.snapshot()).registry.grants}


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> Desk:
    made = Desk(store, tmp_path)
    await made.registry.put_salt_key(b"s" * 32)
    await made.registry.take(REGISTRY)
    await made.keeper.look()
    return made


def ids(found: list[GrantRequest]) -> list[str]:
    return [request.id for request in found]


async def test_requests_wait_in_their_order_and_are_not_in_the_registry(desk: Desk) -> None:
    before = await desk.registry.version()
    first, second = await desk.file(), await desk.file(STRANGER, OTHER)
    assert ids(desk.requests.waiting()) == [first, second]
    assert (ids(desk.requests.waiting(PROVIDER)), ids(desk.requests.waiting(OTHER))) == ([first], [second])
    assert await desk.registry.version() == before


async def test_the_same_request_is_stored_once(desk: Desk) -> None:
    first = await desk.file(because="a law")
    assert await desk.file(because="please") == first
    others = [await desk.file(SISTER), await desk.file(provider=OTHER), await desk.file(purposes=["x"])]
    assert len({first, *others}) == 4


async def test_a_subsystem_sees_its_own_requests_only(desk: Desk) -> None:
    own, sister = await desk.file(), await desk.file(SISTER)
    await desk.requests.decline(own, PROVIDER, "no law names it")
    again = await desk.file()
    assert ids(desk.requests.of(CLIENT)) == [again, own]
    assert ids(desk.requests.of(SISTER)) == [sister]
    assert desk.requests.of(STRANGER) == []


@pytest.mark.parametrize(
    ("limit", "others", "whose"),
    [("MOST_OF_MEMBER", SISTER, "of VN/COM/99 wait"), ("MOST", STRANGER, "of all members together")],
)
async def test_only_so_many_requests_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: str, others: str, whose: str
) -> None:
    monkeypatch.setattr(grant_requests, limit, 2)
    first = await desk.file()
    await desk.file(others)
    with pytest.raises(AgencyError, match=whose) as raised:
        await desk.file(method="Put")
    assert raised.value.code is Code.RESOURCE_EXHAUSTED
    assert await desk.file() == first, "it is there already"
    await desk.requests.decline(first, PROVIDER, "no")
    await desk.file(method="Put")


async def test_another_member_may_ask_while_one_has_too_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant_requests, "MOST_OF_MEMBER", 1)
    await desk.file()
    await desk.file(STRANGER)
    assert len(desk.requests.waiting()) == 2


async def test_an_approved_request_is_a_grant_with_less_if_less_was_given(desk: Desk) -> None:
    asked = await desk.file(purposes=["a", "b"])
    terms = {**AS_ASKED, "purposes": ["a"], "valid_until": "2099-12-31", "reason": "for a while"}
    approved, warnings = await desk.requests.approve(asked, PROVIDER, **terms)
    [grant] = (await desk.snapshot()).registry.grants
    assert (grant.id, grant.consumer, grant.purposes, grant.valid_until) == (f"g-{asked}", CLIENT, ["a"], "2099-12-31")
    assert grant.basis == f"a law (request {asked})"
    assert (approved.state, approved.decided_by, approved.reason) == ("approved", PROVIDER, "for a while")
    assert (approved.grant, approved.purposes, warnings) == (grant.id, ["a"], [])
    assert (desk.requests.waiting(), desk.requests.of(CLIENT)) == ([], [approved])


async def test_a_provider_fills_the_registry_up_to_a_limit_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant_requests, "MOST_GRANTS", 1)
    first, second, others = await desk.file(), await desk.file(method="Put"), await desk.file(provider=OTHER)
    for asked, provider in ((first, PROVIDER), (others, OTHER)):
        await desk.requests.approve(asked, provider, provider=provider, **AS_ASKED)
    with pytest.raises(AgencyError, match="an operator can approve more") as raised:
        await desk.requests.approve(second, PROVIDER, provider=PROVIDER, **AS_ASKED)
    assert raised.value.code is Code.RESOURCE_EXHAUSTED
    await desk.requests.approve(second, "admin/operator", **AS_ASKED)
    assert len(await desk.grants()) == 3


async def test_a_declined_request_is_no_grant_and_its_member_reads_why(desk: Desk) -> None:
    asked = await desk.file()
    declined = await desk.requests.decline(asked, PROVIDER, "no law names it")
    assert (declined.state, declined.reason, declined.grant) == ("declined", "no law names it", "")
    assert (await desk.grants(), desk.requests.of(CLIENT)) == ({}, [declined])


async def test_a_request_is_decided_once(desk: Desk) -> None:
    asked = await desk.file()
    await desk.requests.decline(asked, PROVIDER, "no")
    for again in (desk.requests.approve(asked, PROVIDER, **AS_ASKED), desk.requests.decline(asked, PROVIDER, "no")):
        with pytest.raises(AgencyError, match=f"{asked} was declined already by {PROVIDER}") as raised:
            await again
        assert raised.value.code is Code.FAILED_PRECONDITION
    assert await desk.grants() == {}


async def test_another_providers_request_is_as_one_that_does_not_exist(desk: Desk) -> None:
    asked = await desk.file()
    for name in (asked, "a" * 26):
        for decision in (
            desk.requests.approve(name, OTHER, provider=OTHER, **AS_ASKED),
            desk.requests.decline(name, OTHER, "no", provider=OTHER),
        ):
            with pytest.raises(AgencyError, match=f"there is no request '{name}' for a grant") as raised:
                await decision
            assert (raised.value.code, raised.value.field) == (Code.NOT_FOUND, "id")
    assert (ids(desk.requests.waiting()), await desk.grants()) == ([asked], {})


async def test_a_decision_without_sense_changes_nothing(desk: Desk) -> None:
    asked = await desk.file(purposes=["a"])
    wide, past = {**AS_ASKED, "purposes": ["b"]}, {**AS_ASKED, "valid_until": "2020-01-01"}
    long = {**AS_ASKED, "reason": "x" * 401}
    for decision in (
        *(desk.requests.approve(asked, PROVIDER, **terms) for terms in (wide, past, long)),
        desk.requests.decline(asked, PROVIDER, " "),
    ):
        with pytest.raises(AgencyError) as raised:
            await decision
        assert raised.value.code is Code.INVALID_ARGUMENT
    assert (ids(desk.requests.waiting()), await desk.grants()) == ([asked], {})


def without_client(registry: Registry) -> Registry:
    return msgspec.structs.replace(registry, members=[m for m in registry.members if m.id != "VN/COM/99"])


def without_service(registry: Registry) -> Registry:
    return msgspec.structs.replace(registry, services=[s for s in registry.services if s.provider != PROVIDER])


@pytest.mark.parametrize("edit", [without_client, without_service])
async def test_what_was_asked_before_it_went_away_cannot_be_approved_and_can_be_declined(
    desk: Desk, edit: Callable[[Registry], Registry]
) -> None:
    asked = await desk.file()
    await desk.registry.change(edit)
    with pytest.raises(AgencyError):
        await desk.requests.approve(asked, "admin/operator", **AS_ASKED)
    assert await desk.grants() == {}
    await desk.requests.decline(asked, "admin/operator", "it is gone")
    assert desk.requests.waiting() == []


async def test_the_last_decided_requests_of_a_subsystem_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant_requests, "KEPT", 2)
    others = await desk.file(STRANGER)
    await desk.requests.decline(others, PROVIDER, "no")
    decided = [await desk.file(method=f"Get{number}") for number in range(3)]
    for each in decided:
        await desk.requests.decline(each, PROVIDER, "no")
    assert ids(desk.requests.of(CLIENT)) == [decided[2], decided[1]]
    assert ids(desk.requests.of(STRANGER)) == [others]


@pytest.fixture
def restarted(desk: Desk) -> Iterator[GrantRequests]:
    """The requests as another process finds them."""
    made = desk.again()
    yield made
    made.database.close()


async def test_a_restart_of_control_forgets_nothing(desk: Desk, restarted: GrantRequests) -> None:
    waits, decided = await desk.file(), await desk.file(method="Put")
    await desk.requests.decline(decided, PROVIDER, "no")
    assert ids(restarted.waiting()) == [waits]
    assert restarted.of(CLIENT) == desk.requests.of(CLIENT)
    approved, _ = await restarted.approve(waits, PROVIDER, **AS_ASKED)
    assert approved.grant in await desk.grants()


async def approved_again(requests: GrantRequests, asked: str) -> object:
    return await requests.approve(asked, PROVIDER, **AS_ASKED)


async def declined_then(requests: GrantRequests, asked: str) -> object:
    return await requests.decline(asked, PROVIDER, "no")


@pytest.mark.parametrize("decide", [approved_again, declined_then])
async def test_a_grant_that_was_made_before_control_ended_is_found_by_the_next_decision(
    desk: Desk, restarted: GrantRequests, monkeypatch: pytest.MonkeyPatch, decide: Decide
) -> None:
    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    asked = await desk.file(purposes=["a", "b"])
    monkeypatch.setattr(desk.requests, "_settle", end)
    with pytest.raises(KeyboardInterrupt):
        await desk.requests.approve(asked, PROVIDER, **{**AS_ASKED, "purposes": ["a"]})
    assert ids(restarted.waiting()) == [asked]
    with pytest.raises(AgencyError, match="was approved already"):
        await decide(restarted, asked)
    [request] = restarted.of(CLIENT)
    assert (request.state, request.purposes, request.grant) == ("approved", ["a"], f"g-{asked}")
    assert await desk.grants() == {f"g-{asked}": CLIENT}


async def test_a_lost_store_costs_neither_requests_nor_a_new_grant(desk: Desk) -> None:
    waits, granted = await desk.file(), await desk.file(method="Put")
    await desk.requests.approve(granted, PROVIDER, **AS_ASKED)
    await desk.store.flushall()
    with pytest.raises(StateLost):
        await desk.requests.approve(waits, PROVIDER, **AS_ASKED)
    assert ids(desk.requests.waiting()) == [waits]
    await desk.keeper.look()
    assert await desk.grants() == {f"g-{granted}": CLIENT}
    await desk.requests.approve(waits, PROVIDER, **AS_ASKED)
    assert set(await desk.grants()) == {f"g-{granted}", f"g-{waits}"}
