"""Lab 2: a grant that is too wide, and a refusal that was skipped, are found."""

from typing import Any

from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing, regrant

WHO = GetCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")
PURPOSE = [("x-ndxp-purpose", "press accreditation")]
SERVICE: tuple[str, str, list[str]] = ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService", ["GetCitizen"])
TERMS: dict[str, Any] = {
    "purposes": ["press accreditation"],
    "fields": ["citizen.full_name"],
    "valid_until": "2030-12-31",
}


def test_a_grant_that_gives_more_than_is_needed_is_not_enough(begin: Begin) -> None:
    course = begin("2")
    course.solve()
    place = course.workplace()

    def missing_with(different: dict[str, Any]) -> list[str]:
        """The tasks that are not done when the grant is another one, and was used."""
        regrant(place, "press", *SERVICE, **{**TERMS, **different})
        with place.connect("press") as connection:
            PopulationServiceStub(connection.channel).GetCitizen(WHO, metadata=PURPOSE)
        return missing(course)

    more: list[dict[str, Any]] = [{"fields": []}, {"valid_until": ""}, {"purposes": []}]
    for wider in (*more, {"fields": ["citizen.full_name", "citizen.religion"]}):
        assert missing_with(wider) == ["narrow"], wider
    assert missing_with({}) == []


def test_a_broadcaster_that_was_never_refused_has_not_seen_why_it_needs_a_grant(begin: Begin) -> None:
    course = begin("2")
    place = course.workplace()
    place.grant("press", *SERVICE, **TERMS)
    place.settle()
    with place.connect("press") as connection:
        PopulationServiceStub(connection.channel).GetCitizen(WHO, metadata=PURPOSE)
    course.answer("least", "hospital")
    assert missing(course) == ["three", "purpose", "least", "narrow"]
