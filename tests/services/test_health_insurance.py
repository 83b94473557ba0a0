"""Cards and their result codes, check-ins, children's cards and visits."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ndxp.clock import Clock
from ndxp.errors import Code
from ndxp.health_insurance.v1 import health_insurance_pb2 as pb
from ndxp.population.v1 import population_pb2
from ndxp.world import Citizen, World
from ndxp.world.registers.health_insurance import HealthInsurance, InsuranceCard
from ndxp.world.registers.social_insurance import SocialInsurance
from services.health_insurance.rules import Result, judge, read_card_claim
from tests.services.conftest import CIVIL_STATUS
from tests.support.agencies import health_insurance

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]


def ask(card: InsuranceCard, **different: str) -> pb.GetCardRequest:
    """The question about a card as the insurer has it, with what differs."""
    fields = {"number": card.number, "full_name": card.name, "birth_date": f"{card.birth_date:%d/%m/%Y}"}
    return pb.GetCardRequest(**{**fields, **different})


def card_of(world: World, persona: str) -> InsuranceCard:
    card = world.entry(HealthInsurance, world.persona(persona).citizen.number)
    assert card
    return card


@pytest.fixture
def card(world: World) -> InsuranceCard:
    return card_of(world, "traveller")


@pytest.mark.parametrize(("persona", "code"), [("traveller", "000"), ("expired-card", "003"), ("locked-card", "004")])
async def test_a_card_is_judged_and_shown_when_all_agrees(town: "Town", world: World, persona: str, code: str) -> None:
    card = card_of(world, persona)
    answer = await town.health_insurance().GetCard(ask(card))
    assert (answer.result_code, answer.note) == (code, Result(code).note)
    assert (answer.card.card_number, answer.card.valid_to) == (card.number, str(card.valid_to))


async def test_all_three_kinds_of_number_find_the_card(town: "Town", card: InsuranceCard) -> None:
    for number in (card.number, card.old_number, card.citizen_number):
        answer = await town.health_insurance().GetCard(ask(card, number=number))
        assert (answer.result_code, answer.card.old_card_number) == ("000", card.old_number)


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"number": "12345"}, "051"),
        ({"number": "XX9012345678901"}, "051"),
        ({"full_name": ""}, "051"),
        ({"birth_date": "30/02/2000"}, "051"),
        ({"number": "HT1999999999999"}, "010"),
        ({"full_name": "Ai Khác"}, "053"),
        ({"birth_date": "1901"}, "054"),
    ],
)
async def test_what_is_malformed_unknown_or_differs_has_its_code_and_no_card(
    town: "Town", card: InsuranceCard, different: dict[str, str], code: str
) -> None:
    answer = await town.health_insurance().GetCard(ask(card, **different))
    assert (answer.result_code, answer.note) == (code, Result(code).note)
    assert not answer.HasField("card")


async def test_an_old_card_number_of_another_category_is_not_found(town: "Town", card: InsuranceCard) -> None:
    other = "TE1" + card.old_number[3:]
    assert (await town.health_insurance().GetCard(ask(card, number=other))).result_code == "010"


async def test_the_uninsured_have_no_card(town: "Town", world: World) -> None:
    citizen = uninsured(world)
    answer = await town.health_insurance().GetCard(
        pb.GetCardRequest(number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date))
    )
    assert answer.result_code == "010"


@pytest.mark.parametrize(("persona", "code"), [("name-differs", "053"), ("birth-date-differs", "054")])
async def test_what_the_insurer_has_wrong_shows_against_the_citizens_own_data(
    town: "Town", world: World, persona: str, code: str
) -> None:
    citizen = world.persona(persona).citizen
    right = {"full_name": citizen.full_name, "birth_date": str(citizen.birth_date)}
    answer = await town.health_insurance().GetCard(ask(card_of(world, persona), **right))
    assert answer.result_code == code


def test_a_card_that_begins_tomorrow_is_not_yet_valid(card: InsuranceCard) -> None:
    claim = read_card_claim(card.number, card.name, str(card.birth_date))
    tomorrow = Clock().today() + timedelta(1)
    judgement = judge(claim, replace(card, valid_from=tomorrow, valid_to=tomorrow), Clock().today())
    assert judgement.result is Result.NOT_YET_VALID
    assert judge(claim, replace(card, valid_to=date(2023, 6, 30)), Clock().today()).result is Result.EXPIRED


def check_in(citizen: Citizen, request_id: str, **different: str) -> pb.CheckInRequest:
    fields = {
        "request_id": request_id, "citizen_number": citizen.number, "full_name": citizen.full_name,
        "birth_date": str(citizen.birth_date), "facility": "01001",
    }  # fmt: skip
    return pb.CheckInRequest(**{**fields, **different})


async def visits(town: "Town", number: str, **page: Any) -> pb.ListVisitsResponse:
    answer: pb.ListVisitsResponse = await town.health_insurance().ListVisits(
        pb.ListVisitsRequest(citizen_number=number, **page)
    )
    return answer


async def test_a_check_in_verifies_through_the_gateway_and_records_the_visit(
    town: "Town", world: World, request_id: RequestId
) -> None:
    citizen = world.persona("traveller").citizen
    answer = await town.health_insurance().CheckIn(check_in(citizen, request_id()))
    assert (answer.admitted, answer.citizen_matched, answer.result_code) == (True, True, "000")
    (onward,) = town.onward_calls()
    outer = town.gateway.forwarded[0]
    assert (onward.client, onward.method) == (
        health_insurance.subsystem,
        "ndxp.population.v1.PopulationService/GetCitizen",
    )
    assert onward.transaction_id == answer.verification_transaction_id
    assert onward.metadata["x-ndxp-message-id"] == outer.transaction_id
    assert onward.metadata["x-ndxp-purpose"]
    assert onward.remaining is not None
    assert list((await visits(town, citizen.number)).visits) == [answer.visit]


@pytest.mark.parametrize(
    ("persona", "different", "matched", "code"),
    [
        ("traveller", {"full_name": "Ai Khác"}, False, "053"),
        ("expired-card", {}, True, "003"),
        ("name-differs", {}, True, "053"),
    ],
)
async def test_nobody_is_admitted_unless_citizen_and_card_are_in_order(
    town: "Town", world: World, request_id: RequestId, persona: str, different: dict[str, str], matched: bool, code: str
) -> None:
    citizen = world.persona(persona).citizen
    answer = await town.health_insurance().CheckIn(check_in(citizen, request_id(), **different))
    assert (answer.admitted, answer.citizen_matched, answer.result_code) == (False, matched, code)
    assert not answer.HasField("visit")
    assert not (await visits(town, citizen.number)).visits


async def test_a_repeated_check_in_gets_the_first_answer_without_another_verification(
    town: "Town", world: World, request_id: RequestId
) -> None:
    citizen = world.persona("traveller").citizen
    request = check_in(citizen, request_id())
    first = await town.health_insurance().CheckIn(request)
    assert await town.health_insurance().CheckIn(request) == first
    assert len(town.onward_calls()) == 1
    assert len((await visits(town, citizen.number)).visits) == 1


async def test_the_same_check_in_twice_at_once_is_one_visit(town: "Town", world: World, request_id: RequestId) -> None:
    citizen = world.persona("traveller").citizen
    request = check_in(citizen, request_id())
    first, second = await asyncio.gather(*(town.health_insurance().CheckIn(request) for _ in range(2)))
    assert first == second
    assert len((await visits(town, citizen.number)).visits) == 1


def uninsured(world: World, *, child: bool = False) -> Citizen:
    return next(
        citizen
        for citizen in world.sample(100_000, 5, alive=True)
        if world.entry(HealthInsurance, citizen.number) is None and (citizen.age() < 5) == child
    )


def issue(request_id: str, number: str, name: str, birth: str, province: str = "079") -> pb.IssueChildCardRequest:
    return pb.IssueChildCardRequest(
        request_id=request_id, citizen_number=number, full_name=name, birth_date=birth, province=province
    )


async def newborn(town: "Town", request_id: RequestId, birth: str) -> population_pb2.Citizen:
    mother = town.world.persona("newborn-mother").citizen
    report = population_pb2.RegisterBirthRequest(
        request_id=request_id(), surname="Lê", middle_name="Gia", given_name="Hân", sex=population_pb2.SEX_FEMALE,
        birth_date=birth, province="079", mother_number=mother.number,
    )  # fmt: skip
    answer = await town.population(CIVIL_STATUS).RegisterBirth(report)
    child: population_pb2.Citizen = answer.citizen
    return child


@pytest.mark.parametrize("birth", ["2023-06-20", str(Clock().today())])
async def test_a_newborn_gets_a_card_and_is_checked_in_with_it(town: "Town", request_id: RequestId, birth: str) -> None:
    child = await newborn(town, request_id, birth)
    request = issue(request_id(), child.citizen_number, child.full_name, birth)
    card = (await town.health_insurance().IssueChildCard(request)).card
    assert card.old_card_number == "TE179" + card.card_number
    assert (card.valid_from, card.valid_to[:4], card.benefit_percent) == (birth, str(int(birth[:4]) + 6), 100)
    assert (await town.health_insurance().IssueChildCard(request)).card == card
    for number in (card.card_number, card.old_card_number, child.citizen_number):
        asked = pb.GetCardRequest(number=number, full_name="le gia han", birth_date=birth[:4])
        assert (await town.health_insurance().GetCard(asked)).card == card
    arrival = pb.CheckInRequest(
        request_id=request_id(), citizen_number=child.citizen_number, full_name=child.full_name, birth_date=birth,
        facility="79001",
    )  # fmt: skip
    assert (await town.health_insurance().CheckIn(arrival)).admitted


async def test_a_child_of_the_world_keeps_its_social_insurance_number(
    town: "Town", world: World, request_id: RequestId
) -> None:
    child = uninsured(world, child=True)
    request = issue(request_id(), child.number, child.full_name, str(child.birth_date))
    card = (await town.health_insurance().IssueChildCard(request)).card
    assert card.social_insurance_number == world.identifier(SocialInsurance, child.number)


async def test_a_childs_card_is_refused_to_others(
    town: "Town", world: World, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    child, adult, insured = uninsured(world, child=True), uninsured(world), world.persona("child").citizen
    for number, name, born, province, code, reason in (
        (adult.number, adult.full_name, adult.birth_date, "079", Code.FAILED_PRECONDITION, "NOT_UNDER_SIX"),
        (child.number, "Ai Khác", child.birth_date, "079", Code.FAILED_PRECONDITION, "CITIZEN_NOT_MATCHED"),
        (insured.number, insured.full_name, insured.birth_date, "079", Code.ALREADY_EXISTS, "CARD_EXISTS"),
        (child.number, child.full_name, "2022", "079", Code.INVALID_ARGUMENT, "BIRTH_DATE_MALFORMED"),
        (child.number, child.full_name, child.birth_date, "79", Code.INVALID_ARGUMENT, "PROVINCE_UNKNOWN"),
    ):
        request = issue(request_id(), number, name, str(born), province)
        failure = await failure_of(town.health_insurance().IssueChildCard(request))
        assert (failure.code, failure.reason) == (code, reason)


async def test_visits_are_listed_by_pages_the_latest_first(
    town: "Town", card: InsuranceCard, request_id: RequestId
) -> None:
    recorded = []
    for turn in range(7):
        request = pb.RecordVisitRequest(
            request_id=request_id(), citizen_number=card.citizen_number, facility="01001", purpose=f"visit {turn}"
        )
        recorded.append((await town.health_insurance().RecordVisit(request)).visit)
        assert (await town.health_insurance().RecordVisit(request)).visit == recorded[-1]
    listed: list[pb.Visit] = []
    token, pages = "", 0
    while token or not pages:
        page = await visits(town, card.citizen_number, page_size=3, page_token=token)
        listed += page.visits
        token, pages = page.next_page_token, pages + 1
    assert listed == recorded[::-1]
    assert pages == 3


async def test_a_visit_needs_a_card_and_a_facility(
    town: "Town", world: World, card: InsuranceCard, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    for number, facility, code, reason in (
        (uninsured(world).number, "01001", Code.NOT_FOUND, "CARD_UNKNOWN"),
        (card.citizen_number, "", Code.INVALID_ARGUMENT, "FIELD_MISSING"),
        ("1", "01001", Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED"),
    ):
        request = pb.RecordVisitRequest(request_id=request_id(), citizen_number=number, facility=facility)
        failure = await failure_of(town.health_insurance().RecordVisit(request))
        assert (failure.code, failure.reason) == (code, reason)


@pytest.mark.parametrize(
    ("page", "reason"), [({"page_size": -1}, "PAGE_SIZE_INVALID"), ({"page_token": "x"}, "PAGE_TOKEN_INVALID")]
)
async def test_a_page_that_there_is_not_is_refused(
    town: "Town", card: InsuranceCard, failure_of: "FailureOf", page: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(visits(town, card.citizen_number, **page))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
