import pytest

from ndxp.agency.stated import Person, corrected, corrections, read_people
from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.errors import AgencyError, Code

ONE = {"citizen_number": "001190000001", "full_name": "Nguyễn Thị A", "birth_date": "1990-03-15"}
OTHER = {"citizen_number": "001090000002", "full_name": "Trần Văn B", "birth_date": "1988"}
ROLES = ("mother", "father")


def people() -> dict[str, Person]:
    request = pb.SubmitBirthRequest(mother=pb.Person(**ONE), father=pb.Person(**OTHER))
    return read_people(request, *ROLES)


def test_people_are_read_by_what_they_are_in_a_filing() -> None:
    assert people() == {
        "mother": Person(number="001190000001", full_name="Nguyễn Thị A", birth_date="1990-03-15"),
        "father": Person(number="001090000002", full_name="Trần Văn B", birth_date="1988"),
    }


@pytest.mark.parametrize(
    ("different", "reason", "field"),
    [
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED", "father.citizen_number"),
        ({"full_name": "-"}, "NAME_MISSING", "father.full_name"),
        ({"birth_date": "soon"}, "BIRTH_DATE_MALFORMED", "father.birth_date"),
        ({"citizen_number": ONE["citizen_number"]}, "ONE_PERSON_TWICE", "father.citizen_number"),
    ],
)
def test_what_is_wrong_of_one_of_them_is_told_with_its_field(
    different: dict[str, str], reason: str, field: str
) -> None:
    request = pb.SubmitBirthRequest(mother=pb.Person(**ONE), father=pb.Person(**{**OTHER, **different}))
    with pytest.raises(AgencyError) as raised:
        read_people(request, *ROLES)
    assert (raised.value.code, raised.value.reason, raised.value.field) == (Code.INVALID_ARGUMENT, reason, field)


def test_a_correction_changes_what_it_has_and_leaves_the_rest() -> None:
    request = pb.SupplementDossierRequest(request_id="1", code="c", mother=pb.Person(birth_date="1991"))
    assert corrections(request) == {"mother": {"birth_date": "1991"}}
    after = corrected(people(), corrections(request), ROLES)
    assert after == {
        **people(),
        "mother": Person(number=ONE["citizen_number"], full_name=ONE["full_name"], birth_date="1991"),
    }


def test_somebody_who_was_not_stated_can_be_added_as_a_whole() -> None:
    alone = {"mother": people()["mother"]}
    whole = corrections(pb.SupplementDossierRequest(father=pb.Person(**OTHER)))
    assert corrected(alone, whole, ROLES) == people()
    with pytest.raises(AgencyError, match=r"father\.full_name"):
        corrected(alone, corrections(pb.SupplementDossierRequest(father=pb.Person(
            citizen_number=OTHER["citizen_number"], birth_date="1988",
        ))), ROLES)  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.SupplementDossierRequest(), "FIELD_MISSING", "mother"),
        (pb.SupplementDossierRequest(deceased=pb.Person(**ONE)), "NOT_STATED_THERE", "deceased"),
        (pb.SupplementDossierRequest(father=pb.Person(citizen_number="001190000001")), "ONE_PERSON_TWICE", "father"),
    ],
)
def test_a_correction_of_nobody_of_the_filing_is_refused(
    request_: pb.SupplementDossierRequest, reason: str, field: str
) -> None:
    with pytest.raises(AgencyError) as raised:
        corrected(people(), corrections(request_), ROLES)
    assert raised.value.reason == reason
    assert raised.value.field.startswith(field)
