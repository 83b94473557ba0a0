"""Registration of candidates: the form that is filled in, wishes, the closing day, and who may see what."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ndxp import clock
from ndxp.education.v1 import education_pb2 as pb
from ndxp.education.v1.education_pb2_grpc import EducationServiceStub
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.world import Citizen, World, normalise_name
from ndxp.world.registers.candidates import Candidate, Candidates
from tests.services.conftest import CIVIL_STATUS, MEMBER, OTHER, OTHER_SCHOOLS, SCHOOLS, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
HANOI = "001"
BKA, KHA = (
    pb.Wish(university_code="BKA", programme_code="7480101"),
    pb.Wish(university_code="KHA", programme_code="7340101"),
)
CLOSED = clock.FIRST_MOMENT.replace(day=31, hour=0)


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, ["population", "education"], clock_file=clock_file) as town:
        yield town


@pytest.fixture
def portal(town: "Town") -> EducationServiceStub:
    """As a member that is no school."""
    return EducationServiceStub(town.channel(MEMBER))


@pytest.fixture
def schools(town: "Town") -> EducationServiceStub:
    """As the schools of Hà Nội."""
    return EducationServiceStub(town.channel(SCHOOLS))


@pytest.fixture(scope="module")
def pupil(world: World) -> Citizen:
    """A candidate of Hà Nội with diacritics in the name."""
    first, size = next(world.nation.census.blocks(2005, 2005))
    return next(
        citizen
        for place in range(size)
        if world.entry(Candidates, number := world.number(first + place))
        and (citizen := world.citizen(number))
        and not citizen.full_name.isascii()
    )


@pytest.fixture
def candidate(world: World, pupil: Citizen) -> Candidate:
    candidate = world.entry(Candidates, pupil.number)
    assert candidate
    return candidate


@pytest.fixture
def form(pupil: Citizen, request_id: RequestId) -> Callable[..., pb.RegisterCandidateRequest]:
    def form(**different: Any) -> pb.RegisterCandidateRequest:
        fields = {
            "request_id": request_id(), "citizen_number": pupil.number, "full_name": pupil.full_name,
            "birth_date": str(pupil.birth_date), "wishes": [BKA, KHA],
        }  # fmt: skip
        return pb.RegisterCandidateRequest(**{**fields, **different})

    return form


Form = Callable[..., pb.RegisterCandidateRequest]


async def register(school: EducationServiceStub, request: pb.RegisterCandidateRequest) -> pb.Registration:
    registration: pb.Registration = (await school.RegisterCandidate(request)).registration
    return registration


async def get(school: EducationServiceStub, registration: pb.Registration) -> pb.Registration:
    request = pb.GetRegistrationRequest(registration_id=registration.registration_id)
    found: pb.Registration = (await school.GetRegistration(request)).registration
    return found


async def is_registered(schools: EducationServiceStub, candidate: Candidate) -> bool:
    found = await schools.GetCandidate(pb.GetCandidateRequest(candidate_code=candidate.code))
    return bool(found.candidate.registered)


async def test_what_the_pupil_does_not_type_is_filled_in_from_the_population_database(
    town: "Town", portal: EducationServiceStub, form: Form, pupil: Citizen, candidate: Candidate
) -> None:
    registration = await register(portal, form(telephone="0912 345 678"))
    filled_in = {field.name: value for field, value in registration.particulars.ListFields()}
    assert {name: each.value for name, each in filled_in.items()} == {
        "full_name": pupil.full_name, "birth_date": str(pupil.birth_date), "sex": "Nam" if pupil.sex == 1 else "Nữ",
        "ethnicity": pupil.ethnicity, "birth_registration_place": str(pupil.birth_registration),
        "permanent_address": str(pupil.permanent_address), "telephone": "0912 345 678",
    }  # fmt: skip
    sources = {name: pb.Source.Name(each.source) for name, each in filled_in.items()}
    assert sources == dict.fromkeys(filled_in, "SOURCE_POPULATION") | {"telephone": "SOURCE_PUPIL"}
    assert not any(each.differs for each in filled_in.values())
    assert {name for name, each in filled_in.items() if each.typed} == {"full_name", "birth_date", "telephone"}
    assert (registration.candidate_code, registration.citizen_number) == (candidate.code, pupil.number)
    assert (list(registration.wishes), registration.online) == ([BKA, KHA], True)
    [onward] = town.onward_calls()
    assert onward.transaction_id == registration.verification_transaction_id
    assert onward.metadata["x-ndxp-purpose"] == "examination registration"
    assert town.gateway.forwarded[0].subjects == subject_hash(SECRETS[SUBJECTS].encode(), pupil.number)
    assert await get(portal, registration) == registration


async def test_each_particular_says_whether_the_pupil_typed_something_else(
    portal: EducationServiceStub, form: Form, pupil: Citizen
) -> None:
    registration = await register(
        portal,
        form(
            full_name=normalise_name(pupil.full_name), birth_date="2005", sex="Nam" if pupil.sex == 1 else "Nữ",
            ethnicity="Khác", permanent_address=f" {str(pupil.permanent_address).upper()} ",
        ),
    )  # fmt: skip
    particulars = registration.particulars
    differing = {field.name for field, each in particulars.ListFields() if each.differs}
    assert differing == {"full_name", "ethnicity"}
    assert (particulars.ethnicity.value, particulars.ethnicity.typed) == (pupil.ethnicity, "Khác")
    assert (particulars.birth_date.value, particulars.birth_date.typed) == (str(pupil.birth_date), "2005")
    assert particulars.full_name.value == pupil.full_name


async def test_schools_register_and_find_the_candidates_of_their_own_province_and_no_others(
    town: "Town", schools: EducationServiceStub, form: Form, pupil: Citizen, candidate: Candidate,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    ask = pb.GetCandidateRequest(candidate_code=candidate.code)
    assert (await schools.GetCandidate(ask)).candidate == pb.Candidate(
        candidate_code=candidate.code, citizen_number=pupil.number, year=2023, province=HANOI, school=candidate.school
    )
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), pupil.number)
    assert not (await register(schools, form(wishes=[]))).online
    assert await is_registered(schools, candidate)
    elsewhere = EducationServiceStub(town.channel(OTHER_SCHOOLS))
    for code in (candidate.code, "23010000000", "23990000000"):
        failure = await failure_of(elsewhere.GetCandidate(pb.GetCandidateRequest(candidate_code=code)))
        assert (failure.code, failure.reason, failure.field) == (Code.NOT_FOUND, "CANDIDATE_UNKNOWN", "candidate_code")
        assert town.gateway.forwarded[-1].subjects == ""
    failure = await failure_of(elsewhere.RegisterCandidate(form()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_A_CANDIDATE")
    assert "in your province" in failure.message


@pytest.mark.parametrize("code", ["", "2301000000", "230100000000", "2301000000a"])
async def test_what_is_no_candidates_code_is_refused(
    schools: EducationServiceStub, failure_of: "FailureOf", code: str
) -> None:
    failure = await failure_of(schools.GetCandidate(pb.GetCandidateRequest(candidate_code=code)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "CANDIDATE_CODE_MALFORMED")


async def test_a_repeated_request_is_one_registration_and_one_look_up(
    town: "Town", portal: EducationServiceStub, form: Form
) -> None:
    request = form()
    assert await register(portal, request) == await register(portal, request)
    assert len(town.onward_calls()) == 1


async def test_a_registration_that_is_made_anew_replaces_the_callers_own_and_no_other(
    town: "Town", portal: EducationServiceStub, form: Form, failure_of: "FailureOf"
) -> None:
    first = await register(portal, form())
    again = await register(portal, form(wishes=[KHA], ethnicity="Khác"))
    assert (again.registration_id, list(again.wishes)) == (first.registration_id, [KHA])
    assert again.particulars.ethnicity.differs
    elsewhere = EducationServiceStub(town.channel(OTHER))
    failure = await failure_of(elsewhere.RegisterCandidate(form()))
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "CANDIDATE_REGISTERED")
    assert await get(portal, first) == again


async def test_wishes_are_kept_in_their_order_and_can_be_changed(
    portal: EducationServiceStub, form: Form, request_id: RequestId
) -> None:
    registration = await register(portal, form())
    request = pb.ChangeWishesRequest(
        request_id=request_id(), registration_id=registration.registration_id, wishes=[KHA, BKA]
    )
    changed = await portal.ChangeWishes(request)
    assert list(changed.registration.wishes) == [KHA, BKA]
    assert await portal.ChangeWishes(request) == changed
    assert await get(portal, registration) == changed.registration


async def test_a_registration_is_withdrawn_once_and_the_candidate_can_register_elsewhere_then(
    town: "Town", portal: EducationServiceStub, schools: EducationServiceStub, form: Form, candidate: Candidate,
    request_id: RequestId, failure_of: "FailureOf",
) -> None:  # fmt: skip
    registration = await register(portal, form())

    def withdrawal() -> pb.WithdrawRegistrationRequest:
        return pb.WithdrawRegistrationRequest(request_id=request_id(), registration_id=registration.registration_id)

    request = withdrawal()
    withdrawn = await portal.WithdrawRegistration(request)
    assert withdrawn.registration.state == pb.REGISTRATION_STATE_WITHDRAWN
    assert await portal.WithdrawRegistration(request) == withdrawn
    assert not await is_registered(schools, candidate)
    change = pb.ChangeWishesRequest(request_id=request_id(), registration_id=registration.registration_id)
    for call in (portal.WithdrawRegistration(withdrawal()), portal.ChangeWishes(change)):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_WITHDRAWN")
    elsewhere = EducationServiceStub(town.channel(OTHER))
    other = await register(elsewhere, form())
    assert other.registration_id != registration.registration_id
    assert await is_registered(schools, candidate)


async def test_after_the_closing_day_nothing_is_registered_changed_or_withdrawn(
    portal: EducationServiceStub, form: Form, request_id: RequestId, failure_of: "FailureOf", clock_file: Path
) -> None:
    clock.move(clock_file, CLOSED - timedelta(minutes=1))
    season = pb.GetSeasonResponse(year=2023, closing_day="2023-07-30", open=True)
    assert await portal.GetSeason(pb.GetSeasonRequest()) == season
    request = form()
    registration = await register(portal, request)
    clock.move(clock_file, CLOSED)
    assert not (await portal.GetSeason(pb.GetSeasonRequest())).open
    name = registration.registration_id
    for call in (
        portal.RegisterCandidate(form()),
        portal.ChangeWishes(pb.ChangeWishesRequest(request_id=request_id(), registration_id=name)),
        portal.WithdrawRegistration(pb.WithdrawRegistrationRequest(request_id=request_id(), registration_id=name)),
    ):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "SEASON_CLOSED")
        assert "2023-07-30" in failure.message
    assert await get(portal, registration) == await register(portal, request) == registration


async def test_who_is_not_matched_lives_no_more_or_is_no_candidate_is_not_registered(
    town: "Town", portal: EducationServiceStub, form: Form, world: World, pupil: Citizen, candidate: Candidate,
    schools: EducationServiceStub, request_id: RequestId, failure_of: "FailureOf",
) -> None:  # fmt: skip
    adult = world.persona("traveller").citizen
    grown_up = {
        "citizen_number": adult.number, "full_name": adult.full_name, "birth_date": str(adult.birth_date)
    }  # fmt: skip
    for different, reason in (
        ({"full_name": "Ai Khác"}, "CITIZEN_NOT_MATCHED"),
        ({"citizen_number": world.absent_number(1)}, "CITIZEN_NOT_MATCHED"),
        (grown_up, "NOT_A_CANDIDATE"),
    ):
        failure = await failure_of(portal.RegisterCandidate(form(**different)))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, reason)
        assert failure.field == "citizen_number"
    death = population.RegisterDeathRequest(
        request_id=request_id(), citizen_number=pupil.number, full_name=pupil.full_name, death_date="2023-06-30"
    )
    await town.population(CIVIL_STATUS).RegisterDeath(death)
    failure = await failure_of(portal.RegisterCandidate(form()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "CITIZEN_NOT_MATCHED")
    assert not await is_registered(schools, candidate)


TOO_MANY = [pb.Wish(university_code="BKA", programme_code=f"{7480000 + place}") for place in range(21)]


@pytest.mark.parametrize(
    ("wishes", "reason", "field"),
    [
        (TOO_MANY, "WISHES_TOO_MANY", "wishes"),
        ([BKA, KHA, BKA], "WISH_TWICE", "wishes[2]"),
        ([BKA, pb.Wish(programme_code="7480101")], "WISH_MALFORMED", "wishes[1].university_code"),
        ([pb.Wish(university_code="BKA", programme_code="748")], "WISH_MALFORMED", "wishes[0].programme_code"),
    ],
)
async def test_wrong_wishes_are_refused_and_nothing_is_stored(
    town: "Town", portal: EducationServiceStub, form: Form, request_id: RequestId, failure_of: "FailureOf",
    wishes: list[pb.Wish], reason: str, field: str,
) -> None:  # fmt: skip
    registration = await register(portal, form(wishes=TOO_MANY[:20]))
    change = pb.ChangeWishesRequest(
        request_id=request_id(), registration_id=registration.registration_id, wishes=wishes
    )
    for call in (portal.RegisterCandidate(form(wishes=wishes)), portal.ChangeWishes(change)):
        failure = await failure_of(call)
        assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, field)
    assert await get(portal, registration) == registration
    assert len(town.onward_calls()) == 1


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"full_name": "-"}, "NAME_MISSING"),
        ({"birth_date": "never"}, "BIRTH_DATE_MALFORMED"),
        ({"sex": "N" * 21}, "FIELD_MALFORMED"),
        ({"ethnicity": "Ki\nnh"}, "FIELD_MALFORMED"),
        ({"permanent_address": "a" * 301}, "FIELD_MALFORMED"),
        ({"telephone": "call me"}, "TELEPHONE_MALFORMED"),
    ],
)
async def test_a_malformed_form_is_refused_and_not_asked_onward(
    town: "Town", portal: EducationServiceStub, form: Form, failure_of: "FailureOf", different: dict[str, str],
    reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(portal.RegisterCandidate(form(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, *different)
    assert not town.onward_calls()


async def test_a_request_without_its_own_id_stores_nothing(
    portal: EducationServiceStub, schools: EducationServiceStub, form: Form, candidate: Candidate,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    failure = await failure_of(portal.RegisterCandidate(form(request_id="")))
    assert (failure.code, failure.reason, failure.field) == (
        Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING", "request_id",
    )  # fmt: skip
    assert not await is_registered(schools, candidate)
    registration = await register(portal, form())
    for call in (
        portal.ChangeWishes(pb.ChangeWishesRequest(registration_id=registration.registration_id)),
        portal.WithdrawRegistration(pb.WithdrawRegistrationRequest(registration_id=registration.registration_id)),
    ):
        assert (await failure_of(call)).reason == "REQUEST_ID_MISSING"
    assert await get(portal, registration) == registration


async def test_an_unknown_registration_is_not_found(
    portal: EducationServiceStub, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    name = "2023-nothing"
    for call in (
        get(portal, pb.Registration(registration_id=name)),
        portal.ChangeWishes(pb.ChangeWishesRequest(request_id=request_id(), registration_id=name)),
        portal.WithdrawRegistration(pb.WithdrawRegistrationRequest(request_id=request_id(), registration_id=name)),
    ):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "REGISTRATION_UNKNOWN")
        assert failure.field == "registration_id"
