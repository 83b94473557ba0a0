"""Lab 4: right answers without the calls, a stack of other people, and a name copied from the registry are found."""

from collections.abc import Mapping, Sequence

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import BatchVerifyCitizensRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.nation import world
from tests.labs.conftest import Begin, missing, why


def send(place: Workplace, numbers: Sequence[str]) -> None:
    """Verifies citizens in one stream, each as the registry has them."""
    people = [citizen for number in numbers if (citizen := world().citizen(number))]
    with place.connect() as connection:
        questions = (
            BatchVerifyCitizensRequest(
                item_id=f"{item:02}", citizen_number=person.number, full_name=person.full_name,
                birth_date=person.birth_date.isoformat(),
            )
            for item, person in enumerate(people, start=1)
        )  # fmt: skip
        assert all(
            answer.matched for answer in PopulationServiceStub(connection.channel).BatchVerifyCitizens(questions)
        )


def test_right_answers_without_the_calls_are_not_enough(begin: Begin) -> None:
    course = begin("4")
    known: Mapping[str, str] = course.attempt.values
    answers = {"dates": "4", "which": known["mistakes"], "batch": known["counts"], "repair": known["hopeless"]}
    for task, answer in answers.items():
        course.answer(task, answer)
    assert missing(course) == ["names", "dates", "which", "batch", "repair"]


def test_a_name_that_was_copied_from_the_registry_is_no_repair(begin: Begin) -> None:
    course = begin("4")
    course.solve()
    place = course.workplace()
    send(place, place.values["people"].split())
    assert missing(course) == ["repair"]
    assert "somebody has asked the registry" in why(course, "repair")


def test_a_stack_of_other_people_is_not_the_stack(begin: Begin) -> None:
    course = begin("4")
    place = course.workplace()
    send(place, [person.number for person in place.people(12)])
    course.answer("repair", place.values["hopeless"])
    assert "no batch of these twelve citizens" in why(course, "repair")


def test_a_call_without_another_spelling_is_not_enough(begin: Begin) -> None:
    course = begin("4")
    place = course.workplace()
    values = place.values
    with place.connect() as connection:
        verify = PopulationServiceStub(connection.channel).VerifyCitizen
        for name in ("name", "name", "turned"):
            verify(
                VerifyCitizenRequest(
                    citizen_number=values["number"], full_name=values[name], birth_date=values["birth"]
                )
            )
    assert "two spellings" in why(course, "names")
