"""Whether a call is let in, and whether one under way may go on as the registry has become."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from gateway.core.transaction import Call, Origin, Record
from gateway.dataplane.pipeline import Claim, WorkerState, authorise, check_still, finish, resolve
from gateway.settings import GatewaySettings
from ndxp.errors import RULES, Reason, Refusal
from tests.support.descriptors import contract

DEMO, PROVIDER, CLIENT = "demo.v1.Demo", "VN/GOV/G01/demo", "VN/GOV/H26/one-stop"
GRANT = Grant(id="g", consumer=CLIENT, provider=PROVIDER, contract=DEMO, methods=["*"], fields=["name"])


def standing(*grants: Grant, disabled: str = "", contracts: Mapping[str, bytes] | None = None) -> WorkerState:
    registry = Registry(
        instance="VN",
        members=[
            Member(id="VN/GOV/G01", name="Provider", subsystems=["demo"]),
            Member(id="VN/GOV/H26", name="Hà Nội", subsystems=["one-stop"], disabled=disabled == "member"),
        ],
        services=[Service(provider=PROVIDER, contract=DEMO, address="h:1", disabled=disabled == "service")],
        grants=list(grants),
    )
    unused: Any = None
    return WorkerState(GatewaySettings(), "node", unused, unused, snapshot=Snapshot(registry, contracts or {}))


def under_way() -> Call:
    """A call that was let in under the grant."""
    call = Call(f"{DEMO}/Get")
    call.client, call.service, call.grant, call.fields = CLIENT, PROVIDER, GRANT.id, GRANT.fields
    return call


def changed(**terms: Any) -> Grant:
    return replace(GRANT, **terms)


@pytest.mark.parametrize("grants", [(GRANT,), (changed(id="another"),), (changed(methods=["Get"]), GRANT)])
def test_a_call_goes_on_while_a_grant_releases_the_same(grants: tuple[Grant, ...]) -> None:
    check_still(standing(*grants), under_way())


def test_a_call_that_is_not_let_in_yet_is_left_to_the_steps() -> None:
    check_still(standing(disabled="member"), Call(f"{DEMO}/Get"))


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (standing(), Reason.ACCESS_DENIED),
        (standing(changed(fields=["name", "address"])), Reason.ACCESS_DENIED),
        (standing(changed(methods=["Put"])), Reason.ACCESS_DENIED),
        (standing(changed(valid_until="2020-01-01")), Reason.ACCESS_DENIED),
        (standing(changed(purposes=["billing"])), Reason.PURPOSE_REQUIRED),
        (standing(GRANT, disabled="service"), Reason.SERVICE_DISABLED),
        (standing(GRANT, disabled="member"), Reason.MEMBER_DISABLED),
    ],
)
def test_a_call_ends_when_it_would_not_be_let_in_any_more(now: WorkerState, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        check_still(now, under_way())
    assert refused.value.reason is reason


def test_under_a_grant_of_some_fields_nothing_is_forwarded_before_the_contract_is_known() -> None:
    known = standing(GRANT, contracts={DEMO: contract("demo.v1", "Demo", "Get")})
    for each, refusal in ((standing(GRANT), True), (standing(changed(fields=[])), False), (known, False)):
        call = Call(f"{DEMO}/Get")
        call.client, claim = CLIENT, Claim((), None)
        authorise(each, call, claim)
        if refusal:
            with pytest.raises(Refusal, match="has not shown its contract") as refused:
                resolve(each, call, claim)
            assert (refused.value.reason, refused.value.retry_after) == (Reason.PROVIDER_UNREACHABLE, 1)
        else:
            resolve(each, call, claim)


class Book:
    """Takes what would go to the journal."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def append(self, record: Record, *, under_way: int) -> asyncio.Future[None]:
        self.records.append(record)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written


def recording_two(book: Any, backlog: int = 0) -> WorkerState:
    """An exchange that records two refusals of a client for a reason at most."""
    unused: Any = None
    standing = WorkerState(GatewaySettings(max_recorded_refusals=2 / 25), "node", book, unused)
    standing.admission.backlog = backlog
    return standing


async def refuse(standing: WorkerState, client: str, reason: Reason, *, dismissed: bool = False) -> None:
    call = Call(f"{DEMO}/Get")
    call.client = client
    call.dismissal = Refusal(reason, "") if dismissed else None
    call.end(RULES[reason].code, Origin.GATEWAY, reason)
    assert all(written.done() for written in finish(standing, call, Claim((), None)))


async def recorded(times: int, reason: Reason, *clients: str, dismissed: bool = False, backlog: int = 0) -> list[str]:
    """Whose refusals are recorded when each of the clients is refused so many times."""
    book = Book()
    standing = recording_two(book, backlog)
    for client in clients * times:
        await refuse(standing, client, reason, dismissed=dismissed)
    return sorted(record.client for record in book.records)


@pytest.mark.parametrize(
    "reason", [Reason.TOKEN_EXPIRED, Reason.MEMBER_DISABLED, Reason.ACCESS_DENIED, Reason.QUOTA_EXCEEDED]
)
async def test_of_each_callers_refusals_the_first_are_recorded_and_then_so_many_a_second(reason: Reason) -> None:
    assert await recorded(5, reason, "a", "b") == ["a", "a", "b", "b"]


async def test_a_flood_of_one_reason_does_not_hide_another() -> None:
    book = Book()
    standing = recording_two(book)
    for reason in [Reason.UNKNOWN_SERVICE] * 5 + [Reason.ACCESS_DENIED]:
        await refuse(standing, "a", reason)
    assert [record.reason for record in book.records] == ["UNKNOWN_SERVICE", "UNKNOWN_SERVICE", "ACCESS_DENIED"]


async def test_what_comes_after_a_call_was_let_in_is_always_recorded() -> None:
    assert await recorded(5, Reason.PROVIDER_UNREACHABLE, "a") == ["a"] * 5
    assert await recorded(5, Reason.MEMBER_DISABLED, "a", dismissed=True) == ["a"] * 5


async def test_no_refusal_is_recorded_while_the_journal_is_full() -> None:
    assert await recorded(1, Reason.ACCESS_DENIED, "a", backlog=GatewaySettings().max_backlog + 1) == []
