"""Lab 14: calls of the pupil's own are no finds, a record is no verification, and a grant that is too wide is found."""

from typing import Any

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import GetCitizenRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing, regrant, why

SERVICE: tuple[str, str, list[str]] = ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService", ["GetCitizen"])
PURPOSE = "consent of the person"
TERMS: dict[str, Any] = {
    "purposes": [PURPOSE],
    "fields": ["citizen.full_name", "citizen.deceased"],
    "valid_until": "2030-12-31",
}


def ask(place: Workplace, role: str, purpose: str) -> str:
    """Gets the citizen's record; gives the transaction."""
    values = place.values
    who = GetCitizenRequest(citizen_number=values["number"], full_name=values["name"], birth_date=values["birth"])
    with place.connect(role) as connection:
        PopulationServiceStub(connection.channel).GetCitizen(who, metadata=[("x-ndxp-purpose", purpose)])
    return place.calls(role)[-1].transaction_id


def test_a_record_that_the_pupil_has_made_is_not_the_one_that_was_left_by_the_clerk(begin: Begin) -> None:
    course = begin("14")
    place = course.workplace()
    course.answer("words", ask(place, "office", f"divorce {place.values['number']}"))
    assert "does not say in its words whom it is about" in why(course, "words")


def test_a_whole_record_or_a_number_in_the_purpose_is_more_than_a_verification_needs(begin: Begin) -> None:
    course = begin("14")
    place = course.workplace()
    office = place.admin.get("/transactions", client=place.subsystems["office"])
    course.answer("words", next(each["transaction_id"] for each in office if each["purpose"].startswith("divorce of")))
    ask(place, "office", "residence registration")
    values = place.values
    who = VerifyCitizenRequest(citizen_number=values["number"], full_name=values["name"], birth_date=values["birth"])
    with place.connect("office") as connection:
        for purpose in ("", f"about {values['number']}"):
            PopulationServiceStub(connection.channel).VerifyCitizen(who, metadata=[("x-ndxp-purpose", purpose)])
    assert "no answer of two bytes" in why(course, "words")


def test_the_nurse_who_has_checked_the_patient_in_had_a_reason(begin: Begin) -> None:
    course = begin("14")
    place = course.workplace()
    records = place.admin.get("/transactions", client=place.subsystems["hospital"])
    course.answer("curious", next(each["user_id"] for each in records if each["method"].endswith("/CheckIn")))
    assert "or has checked the patient in" in why(course, "curious")


def test_a_grant_that_is_wider_or_other_than_the_need_is_not_enough(begin: Begin) -> None:
    course = begin("14")
    course.solve()
    place = course.workplace()

    def missing_with(different: dict[str, Any]) -> list[str]:
        """The tasks that are not done when the grant is another one, and was used."""
        regrant(place, "bank", *SERVICE, **{**TERMS, **different})
        ask(place, "bank", PURPOSE)
        return missing(course)

    wider: list[dict[str, Any]] = [{"fields": []}, {"valid_until": ""}]
    for other in (*wider, {"fields": ["citizen.full_name"]}, {"valid_until": "2031-01-01"}):
        assert missing_with(other) == ["narrow"], other
    assert missing_with({}) == []


def test_a_grant_that_the_operator_has_made_without_a_request_is_not_enough(begin: Begin) -> None:
    course = begin("14")
    place = course.workplace()
    place.admin.send("DELETE", f"/grants/{place.values['grant']}")
    place.grant("bank", *SERVICE, **TERMS)
    place.settle()
    ask(place, "bank", PURPOSE)
    assert "has not asked for a grant" in why(course, "narrow")
