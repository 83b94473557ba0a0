"""Services 033 and 037, households and batches."""

from typing import TYPE_CHECKING

import pytest

from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.world import Citizen, World, normalise_name

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town


@pytest.fixture
def citizen(world: World) -> Citizen:
    return world.persona("traveller").citizen


def verify(
    citizen: Citizen, *, number: str | None = None, name: str | None = None, birth: str | None = None
) -> pb.VerifyCitizenRequest:
    """The question about a citizen, with what differs."""
    return pb.VerifyCitizenRequest(
        citizen_number=citizen.number if number is None else number,
        full_name=citizen.full_name if name is None else name,
        birth_date=str(citizen.birth_date) if birth is None else birth,
    )


async def test_number_name_and_birth_date_of_one_citizen_match(town: "Town", citizen: Citizen) -> None:
    assert (await town.population().VerifyCitizen(verify(citizen))).matched


async def test_number_and_name_match_without_a_birth_date(town: "Town", citizen: Citizen) -> None:
    assert (await town.population().VerifyCitizen(verify(citizen, birth=""))).matched
    assert not (await town.population().VerifyCitizen(verify(citizen, birth="", name="Nguyễn Văn Khác"))).matched
    assert not (await town.population().VerifyCitizen(verify(citizen, birth="", number="999999999999"))).matched


async def test_missing_diacritics_and_case_are_no_difference(town: "Town", world: World) -> None:
    citizen = world.persona("diacritics").citizen
    assert (await town.population().VerifyCitizen(verify(citizen, name=normalise_name(citizen.full_name)))).matched
    assert (await town.population().VerifyCitizen(verify(citizen, name=citizen.full_name.lower()))).matched


async def test_the_year_alone_and_the_compact_form_match(town: "Town", citizen: Citizen) -> None:
    for birth in (f"{citizen.birth_date:%Y}", f"{citizen.birth_date:%Y%m%d}"):
        assert (await town.population().VerifyCitizen(verify(citizen, birth=birth))).matched


async def test_the_old_number_finds_the_citizen(town: "Town", world: World) -> None:
    citizen = next(citizen for citizen in world.sample(1000) if citizen.old_number)
    assert (await town.population().VerifyCitizen(verify(citizen, number=citizen.old_number))).matched


async def test_another_name_or_birth_date_or_an_unknown_number_does_not_match(town: "Town", citizen: Citizen) -> None:
    for difference in (
        verify(citizen, name="Nguyễn Văn Khác"),
        verify(citizen, birth="1901-01-01"),
        verify(citizen, birth="1901"),
        verify(citizen, number=town.world.absent_number(0)),
        verify(citizen, number="999999999999"),
    ):
        assert not (await town.population().VerifyCitizen(difference)).matched


async def test_the_deceased_still_match_and_their_record_says_so(town: "Town", world: World) -> None:
    citizen = world.persona("deceased-insured").citizen
    assert (await town.population().VerifyCitizen(verify(citizen))).matched
    answer = await town.population().GetCitizen(
        pb.GetCitizenRequest(
            citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
        )
    )
    assert (answer.citizen.deceased, answer.citizen.death_date) == (True, str(citizen.death_date))


@pytest.mark.parametrize(
    ("number", "name", "birth", "reason", "field"),
    [
        ("12345", None, None, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
        ("00107500001x", None, None, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
        ("", None, None, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
        (None, " - ", None, "NAME_MISSING", "full_name"),
        (None, "N" * 201, None, "NAME_TOO_LONG", "full_name"),
        (None, "a" + "\u0301" * 100_000, None, "NAME_TOO_LONG", "full_name"),
        (None, None, "1976-02-30", "BIRTH_DATE_MALFORMED", "birth_date"),
        (None, None, "May 1976", "BIRTH_DATE_MALFORMED", "birth_date"),
    ],
)
async def test_a_malformed_field_is_named_and_its_value_is_not_repeated(
    town: "Town", citizen: Citizen, failure_of: "FailureOf", number: str | None, name: str | None, birth: str | None,
    reason: str, field: str,
) -> None:  # fmt: skip
    question = verify(citizen, number=number, name=name, birth=birth)
    failure = await failure_of(town.population().VerifyCitizen(question))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert field in failure.message
    for value in (question.citizen_number, question.full_name, question.birth_date):
        assert not value.strip(" -") or value not in failure.message


async def test_the_record_comes_only_when_all_three_agree(town: "Town", citizen: Citizen) -> None:
    question = pb.GetCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
    )
    record = (await town.population().GetCitizen(question)).citizen
    assert record.citizen_number == citizen.number
    assert record.full_name == citizen.full_name
    assert record.sex == citizen.sex
    assert record.household_number == citizen.household_number
    assert record.permanent_address.province == citizen.permanent_address.province
    question.full_name = "Nguyễn Văn Khác"
    assert not (await town.population().GetCitizen(question)).HasField("citizen")


async def test_a_household_lists_its_members_the_head_first(
    town: "Town", world: World, failure_of: "FailureOf"
) -> None:
    citizen = world.persona("large-family").citizen
    household = world.household(citizen.number)
    assert household
    answer = await town.population().ListHousehold(pb.ListHouseholdRequest(citizen_number=household.members[-1]))
    assert answer.household_number == household.number
    assert tuple(member.citizen_number for member in answer.members) == household.members
    assert answer.members[0].relation_to_head == "head"
    unknown = pb.ListHouseholdRequest(citizen_number=world.absent_number(3))
    failure = await failure_of(town.population().ListHousehold(unknown))
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "CITIZEN_UNKNOWN")


async def test_a_batch_answers_in_order_and_goes_on_after_a_bad_item(town: "Town", world: World) -> None:
    questions = []
    for place, citizen in enumerate(world.sample(30)):
        number = "bad" if place % 5 == 4 else citizen.number
        name = "Ai Khác" if place % 3 == 2 else citizen.full_name
        questions.append(
            pb.BatchVerifyCitizensRequest(
                item_id=str(place), citizen_number=number, full_name=name, birth_date=str(citizen.birth_date)
            )
        )
    answers = [answer async for answer in town.population().BatchVerifyCitizens(iter(questions))]
    assert [answer.item_id for answer in answers] == [question.item_id for question in questions]
    for place, answer in enumerate(answers):
        assert bool(answer.problem) == (place % 5 == 4)
        assert answer.matched == (place % 5 != 4 and place % 3 != 2)
