"""Claims of allowances on a death, from filing to the grant, and participation in social insurance."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp import clock
from ndxp.agency.database import Transaction
from ndxp.clock import FIRST_MOMENT, VIETNAM
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.social_security.v1 import social_security_pb2 as pb
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wire import metadata
from ndxp.world import Citizen, World
from ndxp.world.registers.participation import Participant, Participation
from tests.services.conftest import CIVIL_STATUS, MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import PATIENCE, TokenOffice, until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
NAMES = ("population", "social_security")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FILING = ((metadata.TRACEPARENT, TRACE), (metadata.USER_ID, "officer 7"))
BEFORE, SINCE = 1_490_000, 1_800_000


pytestmark = pytest.mark.usefixtures("quick_jobs")


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        yield town


def participants(world: World, seed: int) -> Iterator[tuple[Citizen, Participant]]:
    for citizen in world.sample(20_000, seed):
        if entry := world.entry(Participation, citizen.number):
            yield citizen, entry


@pytest.fixture(scope="session")
def pensioner(world: World) -> Citizen:
    """Lives, and has a pension."""
    return next(citizen for citizen, entry in participants(world, 41) if entry.pension and not citizen.deceased)


@pytest.fixture(scope="session")
def worker(world: World) -> Citizen:
    """Lives, and contributes for more than a year."""
    return next(citizen for citizen, entry in participants(world, 42) if entry.contributes and entry.months > 12)


@pytest.fixture(scope="session")
def survivor(world: World) -> Citizen:
    return world.persona("migrant").citizen


def claim_of(citizen: Citizen) -> dict[str, str]:
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


def stated(citizen: Citizen, **different: str) -> pb.Person:
    return pb.Person(**{**claim_of(citizen), **different})


@pytest.fixture
def claim(pensioner: Citizen, survivor: Citizen, request_id: RequestId) -> Callable[..., pb.ClaimDeathBenefitsRequest]:
    """A claim of both allowances, with what differs."""

    def claim(**different: Any) -> pb.ClaimDeathBenefitsRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "dossier_code": "000.00.00.H26-230703-0002", "deceased": stated(pensioner),
            "survivor": stated(survivor), "funeral": True, "survivors": True,
        }  # fmt: skip
        return pb.ClaimDeathBenefitsRequest(**{**fields, **different})

    return claim


Claiming = Callable[..., pb.ClaimDeathBenefitsRequest]


async def die(town: "Town", citizen: Citizen, request_id: RequestId, day: str = "2023-07-01") -> None:
    await town.population(CIVIL_STATUS).RegisterDeath(
        population.RegisterDeathRequest(
            request_id=request_id(), citizen_number=citizen.number, full_name=citizen.full_name, death_date=day
        )
    )


async def filed(town: "Town", request: pb.ClaimDeathBenefitsRequest) -> str:
    code: str = (await town.social_security().ClaimDeathBenefits(request)).claim.code
    return code


async def get(town: "Town", code: str, member: str = MEMBER) -> pb.Claim:
    found: pb.Claim = (await town.social_security(member).GetClaim(pb.GetClaimRequest(code=code))).claim
    return found


async def settled(town: "Town", code: str, state: int = pb.CLAIM_STATE_RECEIVED) -> pb.Claim:
    """The claim when it is not in this state any more."""

    async def other() -> pb.Claim | None:
        found = await get(town, code)
        return None if found.state == state else found

    given: pb.Claim = await until(other)
    return given


async def decided(town: "Town", clock_file: Path, code: str) -> pb.Claim:
    """The claim a fortnight later."""
    clock.move(clock_file, clock.Clock(clock_file).moment() + timedelta(days=14))
    return await settled(town, code)


async def participation(town: "Town", citizen: Citizen, **different: str) -> pb.GetParticipationResponse:
    request = pb.GetParticipationRequest(**{**claim_of(citizen), **different})
    given: pb.GetParticipationResponse = await town.social_security().GetParticipation(request)
    return given


@pytest.mark.parametrize(("day", "salary"), [("2023-07-01", SINCE), ("2023-06-30", BEFORE)])
async def test_a_death_stops_the_pension_and_gives_both_allowances_after_forty_working_hours(
    town: "Town", clock_file: Path, claim: Claiming, pensioner: Citizen, request_id: RequestId, day: str, salary: int
) -> None:
    await die(town, pensioner, request_id, day)
    assert (await participation(town, pensioner)).participation.pension
    request = claim()
    asked = await town.social_security().ClaimDeathBenefits(request, metadata=FILING)
    received = asked.claim
    due = datetime(2023, 7, 12, 17, tzinfo=VIETNAM)
    assert (received.state, received.due_at.ToMicroseconds()) == (pb.CLAIM_STATE_RECEIVED, clock.micros_of(due))
    clock.move(clock_file, datetime(2023, 7, 10, 7, 59, tzinfo=VIETNAM))
    assert await get(town, received.code) == received
    clock.move(clock_file, datetime(2023, 7, 10, 8, 0, tzinfo=VIETNAM))
    granted = await settled(town, received.code)
    assert (granted.state, granted.reason) == (pb.CLAIM_STATE_GRANTED, "")
    assert (granted.funeral_allowance, granted.survivors_allowance) == (10 * salary, 24 * salary)
    assert granted.pension_stopped
    assert not (await participation(town, pensioner)).participation.pension
    onward = town.onward_calls()
    assert {call.metadata[metadata.TRACEPARENT] for call in onward} == {TRACE}
    assert {call.metadata[metadata.PURPOSE] for call in onward} == {"death benefits"}
    assert {call.metadata[metadata.USER_ID] for call in onward} == {"officer 7"}
    assert granted.verification_transaction_id == onward[0].transaction_id


async def test_each_allowance_is_granted_once(
    town: "Town", clock_file: Path, claim: Claiming, worker: Citizen, request_id: RequestId
) -> None:
    await die(town, worker, request_id)
    funeral = claim(deceased=stated(worker), survivors=False)
    first = await filed(town, funeral)
    granted = await decided(town, clock_file, first)
    assert (granted.funeral_allowance, granted.survivors_allowance) == (10 * SINCE, 0)
    assert not granted.pension_stopped
    assert not (await participation(town, worker)).participation.contributes
    assert await filed(town, funeral) == first
    both = await decided(town, clock_file, await filed(town, claim(deceased=stated(worker))))
    assert (both.state, both.funeral_allowance) == (pb.CLAIM_STATE_GRANTED, 0)
    assert both.survivors_allowance == 24 * SINCE
    refused = await decided(town, clock_file, await filed(town, claim(deceased=stated(worker))))
    assert (refused.state, refused.reason) == (pb.CLAIM_STATE_REFUSED, "what is claimed was granted before")


async def test_a_claim_is_refused_when_nobody_died_the_survivor_died_or_nothing_is_due(
    town: "Town", world: World, clock_file: Path, claim: Claiming, worker: Citizen, pensioner: Citizen,
    request_id: RequestId,
) -> None:  # fmt: skip
    outside = next(one for one in world.sample(1000, 43, alive=True) if not world.entry(Participation, one.number))
    dead = next(one for one in world.sample(20_000, 44) if one.deceased)
    await die(town, outside, request_id)
    await die(town, pensioner, request_id)
    reasons = {
        await filed(town, claim(deceased=stated(worker))): "the population database has no death of the deceased",
        await filed(town, claim(survivor=stated(dead))): "the survivor is deceased",
        await filed(
            town, claim(deceased=stated(outside))
        ): "the deceased had no pension and had not contributed for 12 months",
    }
    clock.move(clock_file, FIRST_MOMENT + timedelta(days=14))
    claims = {code: await settled(town, code) for code in reasons}
    assert {code: one.reason for code, one in claims.items()} == reasons
    assert {one.state for one in claims.values()} == {pb.CLAIM_STATE_REFUSED}
    assert {(one.funeral_allowance, one.survivors_allowance, one.pension_stopped) for one in claims.values()} == {
        (0, 0, False)
    }


async def test_a_supplement_is_wanted_for_a_name_that_differs_and_with_it_the_claim_is_granted(
    town: "Town", clock_file: Path, claim: Claiming, pensioner: Citizen, survivor: Citizen, request_id: RequestId,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    await die(town, pensioner, request_id)
    stub, code = town.social_security(), await filed(town, claim(survivor=stated(survivor, full_name="Ai Khác")))
    right = pb.Person(full_name=survivor.full_name)
    failure = await failure_of(stub.SupplementClaim(pb.SupplementClaimRequest(
        request_id=request_id(), code=code, survivor=right
    )))  # fmt: skip
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NO_SUPPLEMENT_WANTED")
    wanting = await decided(town, clock_file, code)
    assert wanting.state == pb.CLAIM_STATE_SUPPLEMENT
    assert wanting.reason == "number, name and birth date of the survivor are not those of one citizen"
    for wrong, reason in (
        ({}, "FIELD_MISSING"),
        ({"survivor": pb.Person(citizen_number="1")}, "CITIZEN_NUMBER_MALFORMED"),
        ({"survivor": stated(pensioner)}, "ONE_PERSON_TWICE"),
    ):
        request = pb.SupplementClaimRequest(request_id=request_id(), code=code, **wrong)
        failure = await failure_of(stub.SupplementClaim(request))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert await get(town, code) == wanting
    request = pb.SupplementClaimRequest(request_id=request_id(), code=code, survivor=right)
    given = (await stub.SupplementClaim(request)).claim
    assert (given.state, given.due_at.ToMicroseconds() > wanting.due_at.ToMicroseconds()) == (
        pb.CLAIM_STATE_RECEIVED, True,
    )  # fmt: skip
    assert (await stub.SupplementClaim(request)).claim == given
    assert (await decided(town, clock_file, code)).state == pb.CLAIM_STATE_GRANTED


async def test_without_a_supplement_within_seven_working_days_a_claim_is_refused(
    town: "Town", clock_file: Path, claim: Claiming, pensioner: Citizen
) -> None:
    code = await filed(town, claim(deceased=stated(pensioner, birth_date="1901")))
    assert (await decided(town, clock_file, code)).state == pb.CLAIM_STATE_SUPPLEMENT
    clock.move(clock_file, FIRST_MOMENT + timedelta(days=28))
    refused = await settled(town, code, pb.CLAIM_STATE_SUPPLEMENT)
    assert (refused.state, refused.reason) == (pb.CLAIM_STATE_REFUSED, "no supplement came within 7 working days")


async def test_a_claim_is_withdrawn_until_it_is_decided(
    town: "Town", clock_file: Path, claim: Claiming, pensioner: Citizen, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    await die(town, pensioner, request_id)
    stub, code = town.social_security(), await filed(town, claim())
    request = pb.WithdrawClaimRequest(request_id=request_id(), code=code)
    withdrawn = (await stub.WithdrawClaim(request)).claim
    assert withdrawn.state == pb.CLAIM_STATE_WITHDRAWN
    assert (await stub.WithdrawClaim(request)).claim == withdrawn
    again = pb.WithdrawClaimRequest(request_id=request_id(), code=code)
    failure = await failure_of(stub.WithdrawClaim(again))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_OPEN")
    other = await filed(town, claim())
    assert (await decided(town, clock_file, other)).state == pb.CLAIM_STATE_GRANTED  # the first one did not take it
    assert await get(town, code) == withdrawn
    assert len(town.onward_calls()) == 2  # about the two of the other claim


async def test_killed_before_its_own_record_it_grants_once(
    world: World, control: TokenOffice, tmp_path: Path, clock_file: Path, claim: Claiming, pensioner: Citizen,
    request_id: RequestId, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The agency ends when it has its answers, before it writes anything; then it is started again."""
    answered, end_job = asyncio.Event(), Transaction.end_job

    def ended_before(documents: Transaction, key: str) -> bool:
        end_job(documents, key)
        answered.set()
        raise OSError("killed")

    monkeypatch.setattr(Transaction, "end_job", ended_before)
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        await die(town, pensioner, request_id)
        code = await filed(town, claim())
        clock.move(clock_file, FIRST_MOMENT + timedelta(days=14))
        async with asyncio.timeout(PATIENCE):
            await answered.wait()
        assert (await get(town, code)).state == pb.CLAIM_STATE_RECEIVED
        assert (await participation(town, pensioner)).participation.pension
    monkeypatch.setattr(Transaction, "end_job", end_job)
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        granted = await settled(town, code)
        assert (granted.state, granted.pension_stopped) == (pb.CLAIM_STATE_GRANTED, True)


async def test_a_population_database_that_is_away_is_asked_again(
    town: "Town", clock_file: Path, claim: Claiming, pensioner: Citizen, request_id: RequestId
) -> None:
    failures = [grpc.StatusCode.PERMISSION_DENIED, *[grpc.StatusCode.UNAVAILABLE] * 4]

    async def away(context: Any) -> None:
        if failures:
            await context.abort(failures.pop(), "away")

    await die(town, pensioner, request_id)
    town.gateway.failing["GetCitizen"] = away
    assert (await decided(town, clock_file, await filed(town, claim()))).state == pb.CLAIM_STATE_GRANTED
    assert not failures


@pytest.mark.parametrize(
    ("different", "reason", "field"),
    [
        ({"request_id": ""}, "REQUEST_ID_MISSING", "request_id"),
        ({"dossier_code": " "}, "FIELD_MISSING", "dossier_code"),
        ({"funeral": False, "survivors": False}, "NOTHING_CLAIMED", "allowance"),
        ({"deceased": None}, "CITIZEN_NUMBER_MALFORMED", "deceased.citizen_number"),
        ({"survivor": pb.Person(citizen_number="001090000001", full_name="A")}, "BIRTH_DATE_MALFORMED", "survivor."),
    ],
)
async def test_a_malformed_claim_is_refused_at_once_and_not_stored(
    town: "Town", claim: Claiming, failure_of: "FailureOf", different: dict[str, Any], reason: str, field: str
) -> None:
    failure = await failure_of(town.social_security().ClaimDeathBenefits(claim(**different)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert field in failure.message
    with town.agencies["social_security"].foundation.database.reading() as documents:
        assert documents.due_jobs(2**62, 2**62, limit=2) == []


async def test_a_claim_is_there_for_its_filer_only(
    town: "Town", claim: Claiming, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    code = await filed(town, claim())
    stub = town.social_security(OTHER)
    for call in (
        stub.GetClaim(pb.GetClaimRequest(code=code)),
        stub.WithdrawClaim(pb.WithdrawClaimRequest(request_id=request_id(), code=code)),
        stub.SupplementClaim(pb.SupplementClaimRequest(request_id=request_id(), code=code)),
        town.social_security().GetClaim(pb.GetClaimRequest(code=f"{code}0")),
    ):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "CLAIM_UNKNOWN")


async def test_participation_is_told_for_number_name_and_birth_date(
    town: "Town", world: World, worker: Citizen, failure_of: "FailureOf"
) -> None:
    entry = world.entry(Participation, worker.number)
    assert entry
    found = await participation(town, worker)
    assert found == pb.GetParticipationResponse(
        matched=True,
        participation=pb.Participation(
            social_insurance_number=entry.number, since=f"{entry.since:%Y-%m}", months=entry.months, contributes=True
        ),
    )
    own = subject_hash(SECRETS[SUBJECTS].encode(), worker.number)
    assert town.gateway.forwarded[-1].subjects == own
    for different in ({"full_name": "Ai Khác"}, {"birth_date": "1901"}):
        assert await participation(town, worker, **different) == pb.GetParticipationResponse()
        assert town.gateway.forwarded[-1].subjects == own
    assert not (await participation(town, worker, citizen_number=world.absent_number(4))).matched
    child = next(one for one in world.sample(1000, 45) if one.age() < 10)
    assert await participation(town, child) == pb.GetParticipationResponse(matched=True)
    failure = await failure_of(participation(town, worker, citizen_number="1"))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED")


async def test_a_pension_is_stopped_once_the_death_is_confirmed(
    town: "Town", pensioner: Citizen, worker: Citizen, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    def stop(citizen: Citizen, **different: str) -> Any:
        fields = {"request_id": request_id(), **claim_of(citizen), **different}
        return town.social_security().StopPension(pb.StopPensionRequest(**fields))

    for call, reason in (
        (stop(pensioner), "CITIZEN_LIVES"),
        (stop(pensioner, full_name="Ai Khác"), "CITIZEN_NOT_MATCHED"),
    ):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, reason)
    assert (await participation(town, pensioner)).participation.pension
    await die(town, pensioner, request_id)
    await die(town, worker, request_id)
    same = request_id()
    stopped = await stop(pensioner, request_id=same)
    assert stopped.stopped_at.ToMicroseconds() == clock.micros_of(FIRST_MOMENT)
    assert await stop(pensioner, request_id=same) == stopped
    assert not (await participation(town, pensioner)).participation.pension
    for call in (stop(pensioner), stop(worker)):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NO_PENSION")
    failure = await failure_of(stop(pensioner, request_id=""))
    assert failure.reason == "REQUEST_ID_MISSING"


async def test_a_planted_pension_of_somebody_who_died_is_stopped(
    town: "Town", world: World, request_id: RequestId
) -> None:
    start, size = next(iter(world.nation.census.blocks(1930, 1945)))
    dead = next(
        citizen
        for place in range(size)
        if (entry := world.entry(Participation, world.number(start + place))) and entry.pension
        if (citizen := world.citizen(entry.citizen_number)) and citizen.deceased
    )
    await town.social_security().StopPension(pb.StopPensionRequest(request_id=request_id(), **claim_of(dead)))
    assert not (await participation(town, dead)).participation.pension
