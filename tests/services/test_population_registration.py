"""Births, deaths and addresses: what is registered, what is refused, and that nothing is done twice."""

import asyncio
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ndxp.clock import Clock
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.world import Citizen, Sex, World
from services.population.service import PopulationService
from tests.services.conftest import CIVIL_STATUS

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]


@pytest.fixture
def mother(world: World) -> Citizen:
    return next(
        citizen
        for citizen in world.sample(10_000, 3, alive=True)
        if citizen.sex is Sex.FEMALE and citizen.spouse and citizen.spouse.number and 20 <= citizen.age() <= 40
    )


@pytest.fixture
def birth(mother: Citizen, request_id: RequestId) -> Callable[..., pb.RegisterBirthRequest]:
    """A report of a birth that can be registered, with what differs."""

    def birth(**different: Any) -> pb.RegisterBirthRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "surname": "Trần", "middle_name": "Minh", "given_name": "An",
            "sex": pb.SEX_FEMALE, "birth_date": "2023-06-15", "province": mother.birth_registration.province,
            "mother_number": mother.number, "father_number": mother.spouse.number if mother.spouse else "",
        }  # fmt: skip
        return pb.RegisterBirthRequest(**{**fields, **different})

    return birth


Birth = Callable[..., pb.RegisterBirthRequest]


async def test_a_newborn_gets_a_number_of_its_cell_and_is_a_citizen_at_once(
    town: "Town", birth: Birth, mother: Citizen
) -> None:
    child = (await town.population(CIVIL_STATUS).RegisterBirth(birth())).citizen
    assert child.citizen_number.startswith(mother.birth_registration.province + "323")
    assert not town.world.exists(child.citizen_number)
    assert child.full_name == "Trần Minh An"
    assert child.mother.citizen_number == child.legal_representative.citizen_number == mother.number
    assert mother.spouse
    assert child.father.citizen_number == mother.spouse.number
    question = {"citizen_number": child.citizen_number, "full_name": "TRAN MINH AN", "birth_date": "20230615"}
    assert (await town.population().VerifyCitizen(pb.VerifyCitizenRequest(**question))).matched
    assert (await town.population().GetCitizen(pb.GetCitizenRequest(**question))).citizen == child


async def test_a_newborn_joins_the_mothers_household(town: "Town", birth: Birth, mother: Citizen) -> None:
    first = (await town.population(CIVIL_STATUS).RegisterBirth(birth())).citizen
    second = (await town.population(CIVIL_STATUS).RegisterBirth(birth(given_name="Bình"))).citizen
    for member in (mother.number, first.citizen_number):
        household = await town.population().ListHousehold(pb.ListHouseholdRequest(citizen_number=member))
        assert household.household_number == mother.household_number
        numbers = [member.citizen_number for member in household.members]
        assert mother.number in numbers
        assert numbers[-2:] == [first.citizen_number, second.citizen_number]


async def test_every_newborn_gets_a_number_of_its_own(town: "Town", birth: Birth) -> None:
    calls = [town.population(CIVIL_STATUS).RegisterBirth(birth(given_name="Anh")) for _ in range(30)]
    answers = await asyncio.gather(*calls)
    assert len({answer.citizen.citizen_number for answer in answers}) == 30


async def test_a_birth_of_today_is_registered_though_the_world_ends_before(town: "Town", birth: Birth) -> None:
    child = (
        await town.population(CIVIL_STATUS).RegisterBirth(birth(birth_date=str(Clock().today()), middle_name=""))
    ).citizen
    assert (child.birth_date, child.full_name) == (str(Clock().today()), "Trần An")
    question = pb.VerifyCitizenRequest(
        citizen_number=child.citizen_number, full_name="Trần An", birth_date=child.birth_date
    )
    assert (await town.population().VerifyCitizen(question)).matched


@pytest.mark.parametrize(
    ("surname", "given_name", "asked"),
    [
        ("Ðặng", "An", "Đặng An"),
        ("Ðặng", "An", "DANG AN"),
        ("Trần", "K’Brơi", "Trần K'Brơi"),
        ("Trần", "Kʼ‑Brơi", "tran k'brơi"),
        ("Y Ê\u0306ban", "ƀlưn", "Y Êban Blưn"),
        ("Trần", unicodedata.normalize("NFD", "Ễ" * 48), "Trần " + "Ễ" * 48),
    ],
)
async def test_a_name_is_kept_as_it_was_written_and_compared_by_what_it_looks_like(
    town: "Town", birth: Birth, surname: str, given_name: str, asked: str
) -> None:
    written = birth(surname=surname, middle_name="", given_name=given_name)
    child = (await town.population(CIVIL_STATUS).RegisterBirth(written)).citizen
    assert child.full_name == f"{surname} {given_name}"
    question = pb.VerifyCitizenRequest(
        citizen_number=child.citizen_number, full_name=asked, birth_date=child.birth_date
    )
    assert (await town.population().VerifyCitizen(question)).matched


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"surname": " "}, "FIELD_MISSING"),
        ({"given_name": "\u0301"}, "NAME_MALFORMED"),
        ({"given_name": "-"}, "NAME_MALFORMED"),
        ({"given_name": "a" + "\u0301" * 500}, "FIELD_MALFORMED"),
        ({"given_name": "An1"}, "NAME_MALFORMED"),
        ({"given_name": "A" * 51}, "FIELD_MALFORMED"),
        ({"sex": pb.SEX_UNSPECIFIED}, "SEX_MISSING"),
        ({"birth_date": "1999-12-31"}, "BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "9999-01-01"}, "BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "2023"}, "BIRTH_DATE_MALFORMED"),
        ({"province": "999"}, "PROVINCE_UNKNOWN"),
        ({"mother_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"father_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_malformed_birth_is_refused(
    town: "Town", birth: Birth, failure_of: "FailureOf", different: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(town.population(CIVIL_STATUS).RegisterBirth(birth(**different)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)


async def test_parents_must_be_possible(town: "Town", birth: Birth, failure_of: "FailureOf", mother: Citizen) -> None:
    world = town.world
    assert mother.spouse
    deceased = next(c for c in world.sample(100_000) if c.deceased and c.sex == 2)
    child = next(c for c in world.sample(1000, alive=True) if c.sex == 2 and c.birth_date.year > 2015)
    for different, reason in (
        ({"mother_number": world.absent_number(1)}, "CITIZEN_UNKNOWN"),
        ({"mother_number": mother.spouse.number}, "MOTHER_NOT_FEMALE"),
        ({"mother_number": deceased.number}, "MOTHER_DECEASED"),
        ({"mother_number": child.number}, "MOTHER_AGE"),
        ({"father_number": world.absent_number(1)}, "CITIZEN_UNKNOWN"),
        ({"father_number": mother.number}, "FATHER_NOT_MALE"),
    ):
        failure = await failure_of(town.population(CIVIL_STATUS).RegisterBirth(birth(**different)))
        assert failure.reason == reason
        assert failure.code in (Code.NOT_FOUND, Code.FAILED_PRECONDITION)


async def test_the_same_request_gets_the_first_answer_and_does_nothing_more(town: "Town", birth: Birth) -> None:
    request = birth()
    first = await town.population(CIVIL_STATUS).RegisterBirth(request)
    assert await town.population(CIVIL_STATUS).RegisterBirth(request) == first
    changes = [change async for change in town.population().WatchChanges(pb.WatchChangesRequest(stop_at_end=True))]
    assert [change.citizen_number for change in changes] == [first.citizen.citizen_number]


async def test_a_request_id_belongs_to_one_request_and_one_client(
    town: "Town", birth: Birth, failure_of: "FailureOf"
) -> None:
    request = birth()
    first = await town.population(CIVIL_STATUS).RegisterBirth(request)
    other = birth(request_id=request.request_id, given_name="Bình")
    failure = await failure_of(town.population(CIVIL_STATUS).RegisterBirth(other))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    elsewhere = await town.population("VN/GOV/G22/portal").RegisterBirth(request)
    assert elsewhere.citizen.citizen_number != first.citizen.citizen_number


@pytest.fixture
def living(world: World) -> Iterator[Citizen]:
    return world.sample(100, seed=1, alive=True)


async def test_a_death_stays_on_record(
    town: "Town", living: Iterator[Citizen], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    citizen = next(living)
    request = pb.RegisterDeathRequest(
        request_id=request_id(),
        citizen_number=citizen.number,
        full_name=citizen.full_name,
        death_date=str(Clock().today()),
    )
    answer = await town.population(CIVIL_STATUS).RegisterDeath(request)
    assert (answer.citizen.deceased, answer.citizen.death_date) == (True, str(Clock().today()))
    assert await town.population(CIVIL_STATUS).RegisterDeath(request) == answer
    request.request_id = request_id()
    failure = await failure_of(town.population(CIVIL_STATUS).RegisterDeath(request))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_DECEASED")


async def test_a_death_needs_the_right_name_and_a_possible_day(
    town: "Town", living: Iterator[Citizen], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    citizen = next(living)
    good = {"citizen_number": citizen.number, "full_name": citizen.full_name, "death_date": "2023-06-30"}
    for different, code, reason in (
        ({"full_name": "Ai Khác"}, Code.FAILED_PRECONDITION, "NAME_DIFFERS"),
        ({"death_date": "1800-01-01"}, Code.INVALID_ARGUMENT, "DEATH_DATE_IMPOSSIBLE"),
        ({"death_date": "9999-01-01"}, Code.INVALID_ARGUMENT, "DEATH_DATE_IMPOSSIBLE"),
        ({"death_date": "2023"}, Code.INVALID_ARGUMENT, "DEATH_DATE_MALFORMED"),
        ({"citizen_number": town.world.absent_number(2)}, Code.NOT_FOUND, "CITIZEN_UNKNOWN"),
    ):
        request = pb.RegisterDeathRequest(request_id=request_id(), **{**good, **different})
        failure = await failure_of(town.population(CIVIL_STATUS).RegisterDeath(request))
        assert (failure.code, failure.reason) == (code, reason)


ADDRESS = pb.Address(province="079", district="Quận 1", ward="Phường Bến Nghé", detail="1 Lê Duẩn")


async def test_an_address_changes_and_the_permanent_one_stays(
    town: "Town", living: Iterator[Citizen], request_id: RequestId
) -> None:
    citizen = next(living)
    request = pb.ChangeAddressRequest(request_id=request_id(), citizen_number=citizen.number, current_address=ADDRESS)
    answer = await town.population().ChangeAddress(request)
    assert answer.citizen.current_address == ADDRESS
    assert answer.citizen.permanent_address.ward == citizen.permanent_address.ward
    question = pb.GetCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
    )
    assert (await town.population().GetCitizen(question)).citizen == answer.citizen


async def test_an_address_needs_a_province_a_ward_and_a_detail_and_a_living_citizen(
    town: "Town", living: Iterator[Citizen], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    number = next(living).number
    for to, who, reason in (
        (pb.Address(province="000", ward="a", detail="b"), number, "PROVINCE_UNKNOWN"),
        (pb.Address(province="001", detail="b"), number, "FIELD_MISSING"),
        (pb.Address(province="001", ward="a"), number, "FIELD_MISSING"),
        (pb.Address(province="001", ward="a" * 101, detail="b"), number, "FIELD_MALFORMED"),
        (pb.Address(province="001", ward="a\nb", detail="b"), number, "FIELD_MALFORMED"),
        (ADDRESS, town.world.absent_number(5), "CITIZEN_UNKNOWN"),
        (ADDRESS, town.world.persona("deceased-insured").citizen.number, "CITIZEN_DECEASED"),
    ):
        request = pb.ChangeAddressRequest(request_id=request_id(), citizen_number=who, current_address=to)
        assert (await failure_of(town.population().ChangeAddress(request))).reason == reason


async def test_an_upload_takes_each_change_once_and_tells_the_problems(
    town: "Town", living: Iterator[Citizen], request_id: RequestId
) -> None:
    good = [
        pb.UploadChangesRequest(request_id=request_id(), citizen_number=next(living).number, current_address=ADDRESS)
        for _ in range(5)
    ]
    bad = pb.UploadChangesRequest(request_id=request_id(), citizen_number="1", current_address=ADDRESS)
    tally = await town.population().UploadChanges(iter([*good[:3], bad, *good[3:], good[0]]))
    assert (tally.accepted, tally.replayed, tally.rejected) == (5, 1, 1)
    assert [problem.request_id for problem in tally.problems] == [bad.request_id]
    again = await town.population().UploadChanges(iter(good))
    assert (again.accepted, again.replayed, again.rejected) == (0, 5, 0)
    changes = [change async for change in town.population().WatchChanges(pb.WatchChangesRequest(stop_at_end=True))]
    assert [change.citizen_number for change in changes] == [change.citizen_number for change in good]


async def test_an_upload_tells_the_first_hundred_problems_and_counts_all(town: "Town", request_id: RequestId) -> None:
    bad = [pb.UploadChangesRequest(request_id=request_id()) for _ in range(120)]
    tally = await town.population().UploadChanges(iter(bad))
    assert (tally.rejected, len(tally.problems)) == (120, 100)
    assert [problem.request_id for problem in tally.problems] == [change.request_id for change in bad[:100]]


async def test_others_get_their_turn_between_two_changes_however_many_upload(
    town: "Town", world: World, request_id: RequestId, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, take = asyncio.get_running_loop(), PopulationService._take
    others = 0
    kept_waiting: list[int] = []

    def others_ran() -> None:
        nonlocal others
        others -= 1

    def watched(service: PopulationService, request: pb.UploadChangesRequest) -> bool:
        nonlocal others
        kept_waiting.append(others)
        others += 1
        loop.call_soon(others_ran)
        return take(service, request)

    monkeypatch.setattr(PopulationService, "_take", watched)
    people = [citizen.number for citizen in world.sample(40, 6, alive=True)]
    uploads = [
        [
            pb.UploadChangesRequest(request_id=request_id(), citizen_number=number, current_address=ADDRESS)
            for number in people
        ]
        for _ in range(8)
    ]
    tallies = await asyncio.gather(*(town.population().UploadChanges(iter(upload)) for upload in uploads))
    assert [tally.accepted for tally in tallies] == [40] * 8
    assert kept_waiting == [0] * 320
