"""Synchronisation of civil servants' profiles, keys of bodies, monthly approval, coverage."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp import clock
from ndxp.civil_servants.v1 import civil_servants_pb2 as pb
from ndxp.civil_servants.v1.civil_servants_pb2_grpc import CivilServantServiceStub
from ndxp.errors import AgencyError, Code
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.world import World
from ndxp.world.registers.civil_servants import CivilServants
from services.civil_servants import service
from tests.services.conftest import MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

MINISTRY, FINANCE = "VN/GOV/G09/lgsp", "VN/GOV/G12/lgsp"
RequestId = Callable[[], str]
Synchronise = Callable[..., Any]
KEY, NEXT = Ed25519PrivateKey.from_private_bytes(b"1" * 32), Ed25519PrivateKey.from_private_bytes(b"2" * 32)
APPROVAL_DAY = date(2023, 7, 28)


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    names = ("population", "civil_servants")
    async with open_town(world, control, tmp_path, names, clock_file=clock_file) as town:
        yield town


@pytest.fixture
def day(clock_file: Path) -> Callable[[date], None]:
    """Moves the nation's clock on to a day."""
    return lambda chosen: clock.move(clock_file, datetime.combine(chosen, time(9), clock.VIETNAM))


def stub(town: "Town", member: str = MEMBER) -> CivilServantServiceStub:
    return CivilServantServiceStub(town.channel(member))


def profile(world: World, number: str, **different: Any) -> pb.Profile:
    """What a body may send of one of its civil servants, as the population database has the person."""
    holder = world.resolve(CivilServants, number)
    assert holder
    citizen, servant = world.citizen(holder), world.entry(CivilServants, holder)
    assert citizen
    assert servant
    fields = {
        "citizen_number": holder, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
        "position": servant.position, "grade": servant.grade, "entry_date": str(servant.entered),
        "state": pb.STATE_WORKING,
    }  # fmt: skip
    return pb.Profile(**{**fields, **different})


def late(world: World, code: str, place: int = 0) -> str:
    """A civil servant whom the body has not synchronised by the nation's day."""
    body = world.registers[CivilServants].bodies[code]
    return f"{code}-{body.synchronised + place:07d}"


def mistaken(world: World, code: str) -> str:
    """A civil servant of whom the body has another birth date than the population database."""
    register = world.registers[CivilServants]
    for serial in range(register.bodies[code].staff):
        number = f"{code}-{serial:07d}"
        holder = world.resolve(CivilServants, number)
        servant, citizen = world.entry(CivilServants, holder or ""), world.citizen(holder or "")
        if servant and citizen and servant.birth_date != citizen.birth_date:
            return number
    raise LookupError("no profile is mistaken")


@pytest.fixture
def synchronise(town: "Town", request_id: RequestId) -> Synchronise:
    async def synchronise(
        *profiles: pb.Profile, member: str = MEMBER, names: Sequence[str] = ()
    ) -> list[pb.SynchroniseProfilesResponse]:
        async def requests() -> AsyncIterator[pb.SynchroniseProfilesRequest]:
            for place, each in enumerate(profiles):
                name = names[place] if names else request_id()
                yield pb.SynchroniseProfilesRequest(request_id=name, profile=each)

        return [answer async for answer in stub(town, member).SynchroniseProfiles(requests())]

    return synchronise


async def body(town: "Town", member: str = MEMBER) -> pb.GetBodyResponse:
    answer: pb.GetBodyResponse = await stub(town, member).GetBody(pb.GetBodyRequest())
    return answer


async def get(town: "Town", number: str, member: str = MEMBER) -> pb.GetProfileResponse:
    answer: pb.GetProfileResponse = await stub(town, member).GetProfile(pb.GetProfileRequest(citizen_number=number))
    return answer


def results(answers: Sequence[pb.SynchroniseProfilesResponse]) -> list[Any]:
    return [answer.result for answer in answers]


async def test_each_profile_of_a_stream_is_stored_unchanged_different_or_refused(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    new, wrong = profile(world, late(world, "H26")), mistaken(world, "H26")
    holder = world.resolve(CivilServants, wrong)
    servant = world.entry(CivilServants, holder or "")
    assert servant
    as_on_file = profile(world, wrong, birth_date=str(servant.birth_date))
    before = await body(town)
    answers = await synchronise(new, profile(world, "H26-0000000"), as_on_file, profile(world, late(world, "H29")))
    assert results(answers) == [pb.RESULT_STORED, pb.RESULT_UNCHANGED, pb.RESULT_DIFFERS, pb.RESULT_REFUSED]
    assert (answers[3].reason, answers[3].field) == ("SERVES_ANOTHER_BODY", "citizen_number")
    after = await body(town)
    assert after.body.synchronised == before.body.synchronised + 1
    assert after.body.staff == before.body.staff
    assert (await get(town, new.citizen_number)).profile == new


async def test_a_stream_is_verified_a_hundred_at_a_time_and_answered_in_its_order(
    town: "Town", world: World, synchronise: Synchronise, request_id: RequestId
) -> None:
    names = [request_id() for _ in range(150)]
    answers = await synchronise(*(profile(world, f"H26-{serial:07d}") for serial in range(150)), names=names)
    assert [answer.request_id for answer in answers] == names
    assert set(results(answers)) == {pb.RESULT_UNCHANGED, pb.RESULT_STORED}  # what was mistaken on file is corrected
    assert [call.method.rpartition("/")[2] for call in town.onward_calls()] == ["BatchVerifyCitizens"] * 2


async def test_the_same_request_again_gets_the_first_answer_and_is_not_verified_again(
    town: "Town", world: World, synchronise: Synchronise, request_id: RequestId
) -> None:
    new, names = profile(world, late(world, "H26")), [request_id()]
    first = await synchronise(new, names=names)
    asked = len(town.onward_calls())
    assert await synchronise(new, names=names) == first
    assert results(first) == [pb.RESULT_STORED]
    assert len(town.onward_calls()) == asked
    (other,) = await synchronise(profile(world, late(world, "H26", 1)), names=names)
    assert (other.result, other.reason, other.field) == (pb.RESULT_REFUSED, "REQUEST_ID_REUSED", "request_id")


WRONG: Sequence[tuple[dict[str, Any], str, str]] = (
    ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
    ({"full_name": " "}, "NAME_MISSING", "full_name"),
    ({"full_name": "An\tBình"}, "FIELD_MALFORMED", "full_name"),
    ({"birth_date": "1980"}, "BIRTH_DATE_MALFORMED", "birth_date"),
    ({"position": ""}, "FIELD_MISSING", "position"),
    ({"position": "a" * 101}, "FIELD_MALFORMED", "position"),
    ({"grade": "1.3"}, "GRADE_MALFORMED", "grade"),
    ({"entry_date": "1950-01-01"}, "ENTRY_DATE_IMPOSSIBLE", "entry_date"),
    ({"entry_date": "2999-01-01"}, "ENTRY_DATE_IMPOSSIBLE", "entry_date"),
    ({"state": 0}, "STATE_MISSING", "state"),
    ({"state": 9}, "STATE_MISSING", "state"),
)


async def test_a_profile_that_cannot_be_taken_names_its_field_and_stops_no_other(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    before = await body(town)
    wrong = [profile(world, late(world, "H26"), **different) for different, _, _ in WRONG]
    *refused, taken = await synchronise(*wrong, profile(world, "H26-0000000"))
    assert set(results(refused)) == {pb.RESULT_REFUSED}
    assert [(answer.reason, answer.field) for answer in refused] == [(reason, field) for _, reason, field in WRONG]
    assert taken.result == pb.RESULT_UNCHANGED
    assert await body(town) == before


async def test_a_request_without_its_number_is_refused(world: World, synchronise: Synchronise) -> None:
    (answer,) = await synchronise(profile(world, late(world, "H26")), names=[""])
    assert (answer.result, answer.reason, answer.field) == (pb.RESULT_REFUSED, "REQUEST_ID_MISSING", "request_id")


async def test_who_is_hired_and_who_leaves_is_counted_and_then_another_body_may_employ(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    citizen = next(
        c for c in world.sample(1000, 8, alive=True) if 30 < c.age() < 50 and not world.entry(CivilServants, c.number)
    )
    hired = pb.Profile(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date),
        position="Chuyên viên", grade="01.003", entry_date="2023-07-01", state=pb.STATE_WORKING,
    )  # fmt: skip
    left = pb.Profile()
    left.CopyFrom(hired)
    left.state = pb.STATE_LEFT
    here, there = await body(town), await body(town, OTHER)
    (never,) = await synchronise(left)
    assert (never.reason, never.field) == ("NEVER_SERVED", "state")
    assert results(await synchronise(hired)) == [pb.RESULT_STORED]
    assert results(await synchronise(hired, member=OTHER)) == [pb.RESULT_REFUSED]
    assert (await body(town)).body.staff == here.body.staff + 1
    assert results(await synchronise(left, left)) == [pb.RESULT_STORED, pb.RESULT_UNCHANGED]
    assert (await body(town)).body == here.body
    assert results(await synchronise(hired, member=OTHER)) == [pb.RESULT_STORED]
    assert (await body(town, OTHER)).body.synchronised == there.body.synchronised + 1


async def test_without_the_population_database_nothing_is_stored(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    async def fail(context: Any) -> None:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")

    before = await body(town)
    town.gateway.failing["BatchVerifyCitizens"] = fail
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await synchronise(profile(world, late(world, "H26")))
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert await body(town) == before


async def test_a_database_that_is_away_ends_the_stream_and_refuses_no_profile(
    world: World, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise AgencyError(Code.UNAVAILABLE, "DATABASE_UNAVAILABLE", "the agency's database does not answer")

    monkeypatch.setattr(service, "once", away)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await synchronise(profile(world, late(world, "H26")))
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_another_bodys_profile_is_as_one_that_does_not_exist(
    town: "Town", world: World, failure_of: "FailureOf"
) -> None:
    ours = world.resolve(CivilServants, "H26-0000000")
    assert ours
    assert (await get(town, ours)).civil_servant_number == "H26-0000000"
    for number in (ours, world.absent_number(3)):
        failure = await failure_of(get(town, number, OTHER))
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "PROFILE_UNKNOWN")


async def test_a_member_that_is_no_body_synchronises_nothing(town: "Town", failure_of: "FailureOf") -> None:
    failure = await failure_of(body(town, "VN/COM/9900000009/ekyc"))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "BODY_UNKNOWN")


async def register(town: "Town", name: str, key: Ed25519PrivateKey = KEY) -> bytes:
    public = key.public_key().public_bytes_raw()
    await stub(town).RegisterKey(pb.RegisterKeyRequest(request_id=name, public_key=public))
    return public


async def test_a_body_registers_its_key_once_and_changes_it_only_with_the_one_before(
    town: "Town", request_id: RequestId, failure_of: "FailureOf"
) -> None:
    public = NEXT.public_key().public_bytes_raw()
    text = f"ndxp civil servants: key\nH26\n{public.hex()}\n".encode()

    def rotation(signature: bytes, key: bytes = public) -> Any:
        request = pb.RotateKeyRequest(request_id=request_id(), public_key=key, signature=signature)
        return stub(town).RotateKey(request)

    early = await failure_of(rotation(KEY.sign(text)))
    assert (early.code, early.reason) == (Code.FAILED_PRECONDITION, "KEY_MISSING")
    short = await failure_of(rotation(KEY.sign(text), public[:31]))
    assert (short.code, short.reason) == (Code.INVALID_ARGUMENT, "KEY_MALFORMED")
    first = await register(town, request_id())
    second = await failure_of(register(town, request_id(), NEXT))
    assert (second.code, second.reason) == (Code.ALREADY_EXISTS, "KEY_REGISTERED")
    for signature in (NEXT.sign(text), KEY.sign(text.replace(b"H26", b"H29")), b""):
        failure = await failure_of(rotation(signature))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "SIGNATURE_INVALID")
    same = await failure_of(rotation(KEY.sign(text), first))
    assert (same.code, same.reason) == (Code.INVALID_ARGUMENT, "KEY_UNCHANGED")
    assert (await body(town)).public_key == first
    await rotation(KEY.sign(text))
    assert (await body(town)).public_key == public
    assert (await body(town, OTHER)).public_key == b""


async def test_a_body_approves_in_the_last_five_days_what_it_has_signed(
    town: "Town", world: World, synchronise: Synchronise, request_id: RequestId, day: Callable[[date], None]
) -> None:
    sent = sorted([profile(world, late(world, "H26", place)) for place in range(3)], key=lambda p: p.citizen_number)
    day(APPROVAL_DAY)
    await register(town, request_id())
    await synchronise(*sent)
    lines = [
        f"{p.citizen_number}\t{p.full_name}\t{p.birth_date}\t{p.position}\t{p.grade}\t{p.entry_date}\t{p.state}\n"
        for p in sent
    ]
    digest = sha256("".join(lines).encode()).hexdigest()
    now = await body(town)
    assert now.digest == digest
    assert now.approval_text == f"ndxp civil servants: approval\nH26\n2023-07\n{digest}\n".encode()
    assert now.approval_from == "2023-07-27"
    assert not (await get(town, sent[0].citizen_number)).HasField("approved_at")
    request = pb.ApproveProfilesRequest(
        request_id=request_id(), month="2023-07", digest=digest, signature=KEY.sign(now.approval_text)
    )
    approved = await stub(town).ApproveProfiles(request)
    assert approved.body.approved_month == "2023-07"
    assert await stub(town).ApproveProfiles(request) == approved
    assert (await get(town, sent[0].citizen_number)).approved_at == approved.approved_at
    sent[0].grade = "01.002"
    await synchronise(sent[0])
    assert not (await get(town, sent[0].citizen_number)).HasField("approved_at")
    assert (await get(town, sent[1].citizen_number)).HasField("approved_at")


async def test_an_approval_at_the_wrong_time_or_wrongly_signed_is_refused(
    town: "Town", request_id: RequestId, failure_of: "FailureOf", day: Callable[[date], None]
) -> None:
    wrong: Sequence[tuple[date, dict[str, Any], Code, str, str]] = (
        (date(2023, 7, 26), {}, Code.FAILED_PRECONDITION, "APPROVAL_NOT_OPEN", "month"),
        (APPROVAL_DAY, {"month": "2023-06"}, Code.INVALID_ARGUMENT, "MONTH_WRONG", "month"),
        (APPROVAL_DAY, {"month": ""}, Code.INVALID_ARGUMENT, "MONTH_WRONG", "month"),
        (APPROVAL_DAY, {"digest": "0" * 64}, Code.FAILED_PRECONDITION, "DIGEST_DIFFERS", "digest"),
        (APPROVAL_DAY, {"signature": b"s" * 64}, Code.INVALID_ARGUMENT, "SIGNATURE_INVALID", "signature"),
        (APPROVAL_DAY, {"signature": b""}, Code.INVALID_ARGUMENT, "SIGNATURE_INVALID", "signature"),
        (APPROVAL_DAY, {"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING", "request_id"),
        (date(2023, 8, 1), {}, Code.INVALID_ARGUMENT, "MONTH_WRONG", "month"),
    )
    await register(town, request_id())
    now = await body(town)
    right = {"month": "2023-07", "digest": now.digest, "signature": KEY.sign(now.approval_text)}
    for on, different, code, reason, field in wrong:
        day(on)
        request = pb.ApproveProfilesRequest(**{"request_id": request_id(), **right, **different})
        failure = await failure_of(stub(town).ApproveProfiles(request))
        assert (failure.code, failure.reason) == (code, reason)
        assert field in failure.message
    assert (await body(town)).body == now.body


async def test_an_approval_needs_a_key_and_is_given_once_for_the_same_profiles(
    town: "Town", request_id: RequestId, failure_of: "FailureOf", day: Callable[[date], None]
) -> None:
    day(APPROVAL_DAY)
    now = await body(town)

    def approval() -> Any:
        signature = KEY.sign(now.approval_text)
        return stub(town).ApproveProfiles(
            pb.ApproveProfilesRequest(request_id=request_id(), month="2023-07", digest=now.digest, signature=signature)
        )

    failure = await failure_of(approval())
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "KEY_MISSING")
    await register(town, request_id())
    await approval()
    failure = await failure_of(approval())
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "APPROVED_BEFORE")


async def test_a_stream_of_profiles_and_a_profile_are_about_those_citizens(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    sent = [profile(world, f"H26-{serial:07d}") for serial in range(3)]
    nobody = profile(world, "H26-0000000", citizen_number=world.absent_number(1))
    own = [subject_hash(SECRETS[SUBJECTS].encode(), each.citizen_number) for each in sent]
    await synchronise(*sent, nobody)
    assert town.gateway.forwarded[0].subjects.split() == sorted(own)
    await get(town, sent[0].citizen_number)
    assert town.gateway.forwarded[-1].subjects == own[0]


async def test_coverage_of_all_bodies_is_as_reported_and_grows(
    town: "Town", world: World, synchronise: Synchronise
) -> None:
    before = await stub(town, MINISTRY).GetCoverage(pb.GetCoverageRequest())
    assert (before.staff, before.synchronised, len(before.bodies)) == (2_283_932, 2_087_114, 96)
    assert sum(each.central for each in before.bodies) == 33
    await synchronise(profile(world, late(world, "G12")), member=FINANCE)
    after = await stub(town, MINISTRY).GetCoverage(pb.GetCoverageRequest())
    assert after.synchronised == before.synchronised + 1
    changed = [a.code for a, b in zip(after.bodies, before.bodies, strict=True) if a != b]
    assert changed == ["G12"]
