"""Applications from submission to the post, and verification of passports."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from ndxp.birthdate import BirthDate
from ndxp.errors import Code
from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.world import Citizen, World, normalise_name
from ndxp.world.registers.passports import Passports
from services.passports import PassportSettings
from services.passports.records import Application
from services.passports.rules import Course, Progress, State, printed
from tests.support.agencies import passports

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

APPLICATION = Application(
    application_id="a", citizen_number="c", full_name="n", birth=BirthDate(2000), delivery_address="d",
    submitted_at=1_000_000, verification_transaction_id="t", passport_number="R00000001",
)  # fmt: skip

RequestId = Callable[[], str]


@pytest.fixture
def citizen(world: World) -> Citizen:
    return world.persona("migrant").citizen


@pytest.fixture
def submission(citizen: Citizen, request_id: RequestId) -> Callable[..., pb.SubmitApplicationRequest]:
    def submission(**different: str) -> pb.SubmitApplicationRequest:
        fields = {
            "request_id": request_id(), "citizen_number": citizen.number, "full_name": citizen.full_name,
            "birth_date": str(citizen.birth_date), "delivery_address": "1 Hàng Bạc, Hà Nội",
        }  # fmt: skip
        return pb.SubmitApplicationRequest(**{**fields, **different})

    return submission


Submission = Callable[..., pb.SubmitApplicationRequest]


async def submit(town: "Town", request: pb.SubmitApplicationRequest) -> pb.Application:
    application: pb.Application = (await town.passports().SubmitApplication(request)).application
    return application


async def get(town: "Town", application: pb.Application) -> pb.Application:
    request = pb.GetApplicationRequest(application_id=application.application_id)
    found: pb.Application = (await town.passports().GetApplication(request)).application
    return found


async def verify(town: "Town", number: str, name: str, birth: str) -> pb.VerifyPassportResponse:
    request = pb.VerifyPassportRequest(passport_number=number, full_name=name, birth_date=birth)
    answer: pb.VerifyPassportResponse = await town.passports().VerifyPassport(request)
    return answer


async def test_an_application_is_received_after_verification_through_the_gateway(
    town: "Town", submission: Submission
) -> None:
    application = await submit(town, submission())
    assert application.state == pb.APPLICATION_STATE_RECEIVED
    assert application.passport_number == ""
    (onward,) = town.onward_calls()
    assert (onward.client, onward.transaction_id) == (passports.subsystem, application.verification_transaction_id)
    assert await get(town, application) == application


async def test_a_repeated_submission_is_one_application_and_one_verification(
    town: "Town", submission: Submission, citizen: Citizen
) -> None:
    request = submission()
    assert await submit(town, request) == await submit(town, request)
    listed = await town.passports().ListApplications(pb.ListApplicationsRequest(citizen_number=citizen.number))
    assert len(listed.applications) == 1
    assert len(town.onward_calls()) == 1


async def test_who_is_not_a_living_citizen_is_refused_on_record(
    town: "Town", world: World, submission: Submission
) -> None:
    deceased = world.persona("deceased-insured").citizen
    for different in (
        {"full_name": "Ai Khác"},
        {"citizen_number": world.absent_number(9)},
        {
            "citizen_number": deceased.number,
            "full_name": deceased.full_name,
            "birth_date": str(deceased.birth_date),
        },
    ):
        application = await submit(town, submission(**different))
        assert application.state == pb.APPLICATION_STATE_REFUSED
        assert (await get(town, application)).passport_number == ""


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"delivery_address": " "}, "FIELD_MISSING"),
        ({"delivery_address": "a" * 301}, "FIELD_MALFORMED"),
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"birth_date": "never"}, "BIRTH_DATE_MALFORMED"),
    ],
)
async def test_a_malformed_submission_is_not_asked_onward(
    town: "Town", submission: Submission, failure_of: "FailureOf", different: dict[str, str], reason: str
) -> None:
    failure = await failure_of(submit(town, submission(**different)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert not town.onward_calls()


def test_by_time_the_state_follows_from_submission_and_now_alone() -> None:
    course = Course(Progress.TIME, 5.0)
    states = [course.state(APPLICATION, 1_000_000 + seconds * 1_000_000) for seconds in (-1, 0, 4, 5, 9, 10, 15, 999)]
    received, verified, printed, posted = State.RECEIVED, State.VERIFIED, State.PRINTED, State.POSTED
    assert states == [received, received, received, verified, verified, printed, posted, posted]


def test_without_a_setting_there_is_a_day_and_more_to_withdraw_an_application() -> None:
    step = PassportSettings.model_fields["passports_step_seconds"].default
    day = 24 * 3600 * 1_000_000
    assert not printed(Course(Progress.TIME, step).state(APPLICATION, APPLICATION.submitted_at + day))


@pytest.mark.parametrize("step_seconds", [0.001])
async def test_by_time_an_application_reaches_the_post_by_itself(town: "Town", submission: Submission) -> None:
    application = await submit(town, submission())
    while application.state != pb.APPLICATION_STATE_POSTED:
        application = await get(town, application)
    assert application.passport_number


@pytest.mark.parametrize("progress", ["immediate"])
async def test_immediately_an_application_is_posted_at_once_and_the_passport_verifies(
    town: "Town", submission: Submission, citizen: Citizen
) -> None:
    application = await submit(town, submission(birth_date=f"{citizen.birth_date:%Y}"))
    assert application.state == pb.APPLICATION_STATE_POSTED
    number = application.passport_number
    assert number[0].isalpha()
    assert number[1:].isdigit()
    assert len(number) == 9
    answer = await verify(town, number, normalise_name(citizen.full_name), str(citizen.birth_date))
    assert (answer.matched, answer.valid) == (True, True)
    assert answer.valid_to
    assert not (await verify(town, number, citizen.full_name, "1901-01-01")).matched
    assert not (await verify(town, number, "Ai Khác", str(citizen.birth_date))).matched


@pytest.mark.parametrize("progress", ["immediate"])
async def test_every_passport_has_a_number_of_its_own_that_the_world_does_not_use(
    town: "Town", world: World, submission: Submission
) -> None:
    numbers = [(await submit(town, submission())).passport_number for _ in range(5)]
    assert len(set(numbers)) == 5
    assert all(world.resolve(Passports, number) is None for number in numbers)


@pytest.mark.parametrize("progress", ["hand"])
async def test_by_hand_an_application_moves_one_state_a_request(
    town: "Town", submission: Submission, citizen: Citizen, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    application = await submit(town, submission())

    def step() -> pb.AdvanceApplicationRequest:
        return pb.AdvanceApplicationRequest(request_id=request_id(), application_id=application.application_id)

    first = step()
    states = [(await town.passports().AdvanceApplication(first)).application.state for _ in range(2)]
    states += [(await town.passports().AdvanceApplication(step())).application.state for _ in range(2)]
    assert states == [
        pb.APPLICATION_STATE_VERIFIED,
        pb.APPLICATION_STATE_VERIFIED,  # replayed
        pb.APPLICATION_STATE_PRINTED,
        pb.APPLICATION_STATE_POSTED,
    ]
    failure = await failure_of(town.passports().AdvanceApplication(step()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_IN_PROGRESS")
    number = (await get(town, application)).passport_number
    assert (await verify(town, number, citizen.full_name, str(citizen.birth_date))).valid


async def test_by_time_nothing_moves_by_hand(
    town: "Town", submission: Submission, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    application = await submit(town, submission())
    request = pb.AdvanceApplicationRequest(request_id=request_id(), application_id=application.application_id)
    failure = await failure_of(town.passports().AdvanceApplication(request))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_BY_HAND")


def withdrawal(application: pb.Application, request_id: RequestId) -> pb.WithdrawApplicationRequest:
    return pb.WithdrawApplicationRequest(request_id=request_id(), application_id=application.application_id)


async def test_an_application_is_withdrawn_once(
    town: "Town", submission: Submission, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    application = await submit(town, submission())
    request = withdrawal(application, request_id)
    answer = await town.passports().WithdrawApplication(request)
    assert answer.application.state == pb.APPLICATION_STATE_WITHDRAWN
    assert await town.passports().WithdrawApplication(request) == answer
    failure = await failure_of(town.passports().WithdrawApplication(withdrawal(application, request_id)))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_WITHDRAWN")


@pytest.mark.parametrize("progress", ["immediate"])
async def test_what_is_printed_is_not_withdrawn(
    town: "Town", submission: Submission, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    application = await submit(town, submission())
    failure = await failure_of(town.passports().WithdrawApplication(withdrawal(application, request_id)))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_PRINTED")


async def test_an_unknown_application_is_not_found(
    town: "Town", request_id: RequestId, failure_of: "FailureOf"
) -> None:
    unknown = pb.Application(application_id="nothing")
    for call in (get(town, unknown), town.passports().WithdrawApplication(withdrawal(unknown, request_id))):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "APPLICATION_UNKNOWN")


async def test_applications_are_listed_by_pages_the_latest_first(
    town: "Town", submission: Submission, citizen: Citizen
) -> None:
    submitted = [await submit(town, submission()) for _ in range(5)]
    listed: list[pb.Application] = []
    token, pages = "", 0
    while token or not pages:
        page = await town.passports().ListApplications(
            pb.ListApplicationsRequest(citizen_number=citizen.number, page_size=2, page_token=token)
        )
        listed += page.applications
        token, pages = page.next_page_token, pages + 1
    assert (listed, pages) == (submitted[::-1], 3)


@pytest.mark.parametrize(("persona", "valid"), [("traveller", True), ("expired-passport", False)])
async def test_a_passport_of_the_world_matches_and_is_valid_until_it_expires(
    town: "Town", world: World, persona: str, valid: bool
) -> None:
    citizen = world.persona(persona).citizen
    passport = world.entry(Passports, citizen.number)
    assert passport
    answer = await verify(town, passport.number, citizen.full_name, str(citizen.birth_date))
    assert (answer.matched, answer.valid, answer.valid_to) == (True, valid, str(passport.expires))
    assert not (await verify(town, passport.number, "Ai Khác", str(citizen.birth_date))).matched


async def test_an_unknown_passport_does_not_match_and_a_malformed_one_is_refused(
    town: "Town", failure_of: "FailureOf"
) -> None:
    assert not (await verify(town, "Z9999999", "Ai Khác", "1990")).matched
    failure = await failure_of(verify(town, "12345678", "Ai Khác", "1990"))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "PASSPORT_NUMBER_MALFORMED")


@pytest.mark.parametrize("progress", ["immediate"])
async def test_a_citizen_has_a_list_of_passports_those_printed_here_first(
    town: "Town", world: World, request_id: RequestId
) -> None:
    holder = world.persona("traveller").citizen
    issued = world.entry(Passports, holder.number)
    assert issued
    await submit(
        town,
        pb.SubmitApplicationRequest(
            request_id=request_id(), citizen_number=holder.number, full_name=holder.full_name,
            birth_date=str(holder.birth_date), delivery_address="1 Hàng Bạc, Hà Nội",
        ),
    )  # fmt: skip
    listed = (await town.passports().ListPassports(pb.ListPassportsRequest(citizen_number=holder.number))).passports
    assert [passport.passport_number for passport in listed] == ["R00000001", issued.number]
    assert [passport.valid for passport in listed] == [True, True]
    assert (listed[1].issued_on, listed[1].expires_on) == (str(issued.issued), str(issued.expires))
    assert {(passport.citizen_number, passport.full_name) for passport in listed} == {(holder.number, holder.full_name)}


async def test_a_passport_that_is_not_printed_yet_is_in_no_list(
    town: "Town", world: World, submission: Submission, failure_of: "FailureOf"
) -> None:
    without = next(
        citizen for citizen in world.sample(50, alive=True) if not world.identifier(Passports, citizen.number)
    )
    await submit(
        town,
        submission(
            citizen_number=without.number, full_name=without.full_name, birth_date=str(without.birth_date)
        ),
    )  # fmt: skip
    request = pb.ListPassportsRequest(citizen_number=without.number)
    assert not (await town.passports().ListPassports(request)).passports
    failure = await failure_of(town.passports().ListPassports(pb.ListPassportsRequest(citizen_number="B1234567")))
    assert (failure.code, failure.field) == (Code.INVALID_ARGUMENT, "citizen_number")
