"""Whom every answer of the agencies is about, as the gateway gets to know it."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.population.v1 import population_pb2 as pb
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.world import Citizen, World
from ndxp.world.registers.health_insurance import HealthInsurance
from ndxp.world.registers.passports import Passports
from tests.services.conftest import CIVIL_STATUS, SECRETS
from tests.support.agencies import health_insurance, population

if TYPE_CHECKING:
    from tests.services.conftest import Town

RequestId = Callable[[], str]
ADDRESS = pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")


def hashes(*numbers: str) -> str:
    return " ".join(sorted(subject_hash(SECRETS[SUBJECTS].encode(), number) for number in set(numbers)))


def claim(citizen: Citizen, **instead: str) -> dict[str, str]:
    true = {"citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date)}
    return {**true, **instead}


async def about(town: "Town", method: Any, request: Any) -> str:
    """Whom a call is about, however it ends; of calls in calls, the outermost."""
    before = len(town.gateway.forwarded)
    call = method(request)
    with suppress(grpc.aio.AioRpcError):
        if hasattr(call, "read"):
            async for _ in call:
                pass
        else:
            await call
    return town.gateway.forwarded[before].subjects


@pytest.fixture
def traveller(world: World) -> Citizen:
    return world.persona("traveller").citizen


@pytest.mark.parametrize("method", ["VerifyCitizen", "GetCitizen"])
async def test_a_citizen_is_the_subject_of_a_verification_that_matches_or_not(
    town: "Town", traveller: Citizen, method: str
) -> None:
    ask: Any = getattr(town.population(), method)
    request: Any = getattr(pb, f"{method}Request")
    assert await about(town, ask, request(**claim(traveller))) == hashes(traveller.number)
    assert await about(town, ask, request(**claim(traveller, full_name="Nguyễn Văn A"))) == hashes(traveller.number)
    elder = next(person for person in town.world.sample(1000, 4) if person.old_number)
    old = claim(elder, citizen_number=elder.old_number)
    assert await about(town, ask, request(**old)) == hashes(elder.number)


@pytest.mark.parametrize("method", ["VerifyCitizen", "GetCitizen"])
async def test_a_number_that_nobody_has_and_a_malformed_one_are_about_nobody(
    town: "Town", world: World, traveller: Citizen, method: str
) -> None:
    ask: Any = getattr(town.population(), method)
    request: Any = getattr(pb, f"{method}Request")
    for number in (world.absent_number(1), "1"):
        assert await about(town, ask, request(**claim(traveller, citizen_number=number))) == ""
    assert await about(town, ask, request(**claim(traveller, birth_date="never"))) == ""


async def test_everybody_in_a_household_is_a_subject(town: "Town", world: World) -> None:
    head = world.persona("large-family").citizen
    household = world.household(head.number)
    assert household is not None
    request = pb.ListHouseholdRequest(citizen_number=head.number)
    assert await about(town, town.population().ListHousehold, request) == hashes(*household.members)


async def test_everybody_in_a_batch_is_a_subject_and_of_many_the_record_says_that_there_were_more(
    town: "Town", world: World
) -> None:
    people = list(world.sample(70, 3))

    async def asking(those: list[Citizen]) -> AsyncIterator[pb.BatchVerifyCitizensRequest]:
        for person in those:
            yield pb.BatchVerifyCitizensRequest(**claim(person))
        yield pb.BatchVerifyCitizensRequest(**claim(people[0], citizen_number=world.absent_number(1)))

    ask = town.population().BatchVerifyCitizens
    assert await about(town, ask, asking(people[:5])) == hashes(*(person.number for person in people[:5]))
    assert await about(town, ask, asking(people)) == hashes(*(person.number for person in people[:64])) + " +"


async def test_a_birth_is_about_child_and_parents_also_when_it_is_said_again(
    town: "Town", world: World, request_id: RequestId
) -> None:
    mother = world.persona("newborn-mother").citizen
    assert mother.spouse is not None
    request = pb.RegisterBirthRequest(
        request_id=request_id(), surname="Nguyễn", given_name="An", sex=pb.SEX_FEMALE, birth_date="2023-06-30",
        province="001", mother_number=mother.number, father_number=mother.spouse.number,
    )  # fmt: skip
    first = await about(town, town.population(CIVIL_STATUS).RegisterBirth, request)
    child = (await town.population(CIVIL_STATUS).RegisterBirth(request)).citizen.citizen_number
    assert first == town.gateway.forwarded[-1].subjects == hashes(child, mother.number, mother.spouse.number)
    verify = pb.VerifyCitizenRequest(citizen_number=child, full_name="An", birth_date="2023")
    assert await about(town, town.population().VerifyCitizen, verify) == hashes(child)
    ask = pb.ListHouseholdRequest(citizen_number=child)
    household = await about(town, town.population().ListHousehold, ask)
    assert set(hashes(child, mother.number).split()) <= set(household.split())


async def test_a_death_is_about_the_deceased_and_so_is_the_error_that_it_is_registered_already(
    town: "Town", traveller: Citizen, request_id: RequestId
) -> None:
    def death() -> pb.RegisterDeathRequest:
        return pb.RegisterDeathRequest(
            request_id=request_id(), citizen_number=traveller.number, full_name=traveller.full_name,
            death_date="2023-07-01",
        )  # fmt: skip

    for _ in range(2):
        assert await about(town, town.population(CIVIL_STATUS).RegisterDeath, death()) == hashes(traveller.number)


async def test_changes_of_address_are_about_those_who_move_and_so_is_the_feed(
    town: "Town", world: World, request_id: RequestId
) -> None:
    movers = [person.number for person in world.sample(3, 5, alive=True)]
    stub = town.population()
    change = pb.ChangeAddressRequest(request_id=request_id(), citizen_number=movers[0], current_address=ADDRESS)

    async def changes() -> AsyncIterator[pb.UploadChangesRequest]:
        for number, name in ((movers[1], request_id()), (movers[2], same), (movers[2], same), ("1", request_id())):
            yield pb.UploadChangesRequest(request_id=name, citizen_number=number, current_address=ADDRESS)

    same = request_id()
    assert await about(town, stub.ChangeAddress, change) == hashes(movers[0])
    assert await about(town, stub.UploadChanges, changes()) == hashes(*movers[1:])
    assert await about(town, stub.WatchChanges, pb.WatchChangesRequest(stop_at_end=True)) == hashes(*movers)


async def test_an_insured_citizen_is_the_subject_of_every_answer_of_the_insurer(
    town: "Town", world: World, traveller: Citizen, request_id: RequestId
) -> None:
    stub, card = town.health_insurance(), world.entry(HealthInsurance, traveller.number)
    assert card is not None
    own = hashes(traveller.number)
    by_card = {**claim(traveller), "number": card.number}
    del by_card["citizen_number"]
    check_in = insurance.CheckInRequest(request_id=request_id(), facility="01001", **claim(traveller))
    for method, request in (
        (stub.GetCard, insurance.GetCardRequest(**by_card)),
        (stub.GetCard, insurance.GetCardRequest(**{**by_card, "full_name": "Nguyễn Văn A"})),
        (stub.CheckIn, check_in),
        (stub.CheckIn, check_in),
        (stub.RecordVisit, insurance.RecordVisitRequest(
            request_id=request_id(), citizen_number=traveller.number, facility="01001"
        )),
        (stub.ListVisits, insurance.ListVisitsRequest(citizen_number=traveller.number)),
        (stub.IssueChildCard, insurance.IssueChildCardRequest(
            request_id=request_id(), province="001", **claim(traveller)
        )),
    ):  # fmt: skip
        assert await about(town, method, request) == own
    assert {call.subjects for call in town.onward_calls()} == {own}


async def test_the_insurer_names_whoever_exists_and_nobody_else(
    town: "Town", world: World, traveller: Citizen, request_id: RequestId
) -> None:
    uninsured = next(person for person in world.sample(1000, 9) if world.entry(HealthInsurance, person.number) is None)
    stub = town.health_insurance()
    for person, expected in ((uninsured.number, hashes(uninsured.number)), (world.absent_number(1), "")):
        assert await about(town, stub.ListVisits, insurance.ListVisitsRequest(citizen_number=person)) == expected
        check_in = insurance.CheckInRequest(
            request_id=request_id(), facility="01001", **claim(traveller, citizen_number=person)
        )
        assert await about(town, stub.CheckIn, check_in) == expected


async def test_an_applicant_is_the_subject_of_every_answer_of_the_passport_department(
    town: "Town", world: World, traveller: Citizen, request_id: RequestId
) -> None:
    stub, passport = town.passports(), world.entry(Passports, traveller.number)
    assert passport is not None
    own = hashes(traveller.number)
    submit = passports.SubmitApplicationRequest(
        request_id=request_id(), delivery_address="1 Tràng Tiền", **claim(traveller)
    )
    assert await about(town, stub.SubmitApplication, submit) == own
    application = (await stub.SubmitApplication(submit)).application.application_id
    assert town.gateway.forwarded[-1].subjects == own
    of_passport = {"passport_number": passport.number, "full_name": "Somebody Else", "birth_date": "1990"}
    withdrawal = passports.WithdrawApplicationRequest(request_id=request_id(), application_id=application)
    for method, request in (
        (stub.GetApplication, passports.GetApplicationRequest(application_id=application)),
        (stub.ListApplications, passports.ListApplicationsRequest(citizen_number=traveller.number)),
        (stub.WithdrawApplication, withdrawal),
        (stub.WithdrawApplication, withdrawal),
        (stub.AdvanceApplication, passports.AdvanceApplicationRequest(
            request_id=request_id(), application_id=application
        )),
        (stub.VerifyPassport, passports.VerifyPassportRequest(**of_passport)),
    ):  # fmt: skip
        assert await about(town, method, request) == own


async def test_the_passport_department_names_nobody_for_a_number_that_nobody_has(
    town: "Town", world: World, traveller: Citizen, request_id: RequestId
) -> None:
    stub, number = town.passports(), world.absent_number(1)
    submit = passports.SubmitApplicationRequest(
        request_id=request_id(), delivery_address="1 Tràng Tiền", **claim(traveller, citizen_number=number)
    )
    listed = passports.ListApplicationsRequest(citizen_number=number)
    for method, request in ((stub.SubmitApplication, submit), (stub.ListApplications, listed)):
        assert await about(town, method, request) == ""


async def test_without_the_key_calls_are_answered_and_the_log_says_what_is_missing(
    town: "Town", traveller: Citizen, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    without = {name: secret for name, secret in SECRETS.items() if name != SUBJECTS}
    (tmp_path / "credentials.json").write_text(json.dumps(without), encoding="utf-8")
    for _ in range(2):
        assert (await town.population().VerifyCitizen(pb.VerifyCitizenRequest(**claim(traveller)))).matched
    assert {call.subjects for call in town.gateway.forwarded} == {""}
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "'subjects'" in warnings[0]


async def test_agencies_give_a_citizen_the_same_hash(town: "Town", traveller: Citizen, request_id: RequestId) -> None:
    await town.health_insurance().CheckIn(
        insurance.CheckInRequest(request_id=request_id(), facility="01001", **claim(traveller))
    )
    named = {call.method.partition("/")[0]: call.subjects for call in town.gateway.forwarded}
    assert named == dict.fromkeys((health_insurance.contract, population.contract), hashes(traveller.number))
