"""A chain of calls ends within the time of its first caller: portal, linked service, population database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.clock import begin
from ndxp.errors import Code, Reason, Refusal
from ndxp.life_events.v1 import life_events_pb2 as linked
from ndxp.public_services.v1 import public_services_pb2 as pb
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceStub
from ndxp.wire import metadata, status
from ndxp.world import Citizen, World
from ndxp.world.registers.portal_accounts import PortalAccounts
from tests.services.conftest import Town, open_town
from tests.support.fakes import TokenOffice, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.conftest import FailureOf

WALLET = "VN/GOV/G01/wallet"
HOPS = ["SubmitDossier", "SubmitBirth", "GetCitizen"]


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path) -> AsyncIterator[Town]:
    begin(tmp_path / "clock", 0.0)
    names, settings = ("population", "life_events", "public_services"), {"life_events_delivery": "pull"}
    async with open_town(world, control, tmp_path, names, clock_file=tmp_path / "clock", **settings) as town:
        yield town


def person(citizen: Citizen) -> dict[str, str]:
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


@pytest.fixture
def submission(world: World, request_id: "Callable[[], str]") -> pb.SubmitDossierRequest:
    """A birth, from a citizen who has an account at the portal."""
    holder = next(each for each in world.sample(1_000, alive=True) if world.identifier(PortalAccounts, each.number))
    mother = world.persona("newborn-mother").citizen
    born = linked.Birth(
        surname="Nguyễn", middle_name="Minh", given_name="An", sex=2, birth_date="2023-06-20", mother=person(mother)
    )
    return pb.SubmitDossierRequest(
        request_id=request_id(), procedure_code="2.002621", province="VN/GOV/H26", applicant=person(holder), birth=born
    )


def submit(town: Town, request: pb.SubmitDossierRequest, within: float) -> Any:
    return PublicServiceServiceStub(town.channel(WALLET)).SubmitDossier(request, timeout=within)


async def test_each_hop_has_less_time_than_the_one_before(town: Town, submission: pb.SubmitDossierRequest) -> None:
    """The second and the third hop are busy once, and their callers wait for 0.3 s, as the answer asks for."""
    once = {method: [None] for method in HOPS[1:]}

    def busy(method: str) -> Any:
        async def refuse(context: Any) -> None:
            if once[method]:
                once[method].pop()
                refusal = Refusal(Reason.OVERLOADED, "busy", retry_after=0.3)
                context.set_trailing_metadata(((metadata.STATUS_DETAILS, status.encode(refusal)),))
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")

        return refuse

    town.gateway.failing = {method: busy(method) for method in HOPS[1:]}
    await submit(town, submission, within=9)
    hops = {call.method.rpartition("/")[2]: call.remaining for call in town.gateway.forwarded}  # the last of each
    assert list(hops) == HOPS
    portal, linked_service, population = (hops[method] or 0 for method in HOPS)
    assert portal - 0.1 > linked_service > population + 0.1


async def test_a_chain_whose_last_hop_is_slow_ends_in_time_and_leaves_nothing_behind(
    town: Town, submission: pb.SubmitDossierRequest, failure_of: "FailureOf"
) -> None:
    ended = []

    async def hold(context: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(context)

    town.gateway.failing["GetCitizen"] = hold
    failure = await failure_of(submit(town, submission, within=2))
    assert failure.code is Code.DEADLINE_EXCEEDED
    await until(lambda: ended)
    assert [call.method.rpartition("/")[2] for call in town.gateway.forwarded] == HOPS
    del town.gateway.failing["GetCitizen"]
    assert (await submit(town, submission, within=9)).dossier.code  # the same request_id: nothing was half done
