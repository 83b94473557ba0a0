"""Births, deaths and marriages from filing to certificate, and what becomes of certificates."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp import clock
from ndxp.agency.database import Transaction
from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.clock import FIRST_MOMENT, VIETNAM
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wire import metadata
from ndxp.world import Citizen, Sex, World
from ndxp.world.registers.certificates import BirthCertificate, Certificates
from tests.services.conftest import CIVIL_STATUS, MEMBER, OTHER, SECRETS, open_town
from tests.support import agencies
from tests.support.agencies import PARTS
from tests.support.fakes import PATIENCE, TokenOffice, until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
NAMES = ("population", "civil_status")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FILING = ((metadata.TRACEPARENT, TRACE), (metadata.USER_ID, "officer 7"))


pytestmark = pytest.mark.usefixtures("quick_jobs")


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        yield town


@pytest.fixture(scope="session")
def mother(world: World) -> Citizen:
    return next(
        citizen
        for citizen in world.sample(10_000, 3, alive=True)
        if citizen.sex is Sex.FEMALE and citizen.spouse and citizen.spouse.number and 20 <= citizen.age() <= 40
    )


@pytest.fixture(scope="session")
def father(world: World, mother: Citizen) -> Citizen:
    assert mother.spouse
    found = world.citizen(mother.spouse.number)
    assert found
    return found


@pytest.fixture(scope="session")
def elder(world: World) -> Citizen:
    return next(citizen for citizen in world.sample(1000, 4, alive=True) if citizen.age() > 70)


def stated(citizen: Citizen, **different: str) -> pb.Person:
    fields = {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip
    return pb.Person(**{**fields, **different})


@pytest.fixture
def birth(mother: Citizen, father: Citizen, request_id: RequestId) -> Callable[..., pb.SubmitBirthRequest]:
    """A birth that can be registered, with what differs."""

    def birth(**different: Any) -> pb.SubmitBirthRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "dossier_code": "000.00.00.H26-230703-0001", "surname": "Trần",
            "middle_name": "Minh", "given_name": "An", "sex": 2, "birth_date": "2023-06-28", "province": "001",
            "mother": stated(mother), "father": stated(father),
        }  # fmt: skip
        return pb.SubmitBirthRequest(**{**fields, **different})

    return birth


@pytest.fixture
def death(elder: Citizen, request_id: RequestId) -> Callable[..., pb.SubmitDeathRequest]:
    """A death that can be registered, with what differs."""

    def death(**different: Any) -> pb.SubmitDeathRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "dossier_code": "000.00.00.H26-230703-0002", "deceased": stated(elder),
            "death_date": "2023-07-01", "province": "001",
        }  # fmt: skip
        return pb.SubmitDeathRequest(**{**fields, **different})

    return death


Birth = Callable[..., pb.SubmitBirthRequest]
Death = Callable[..., pb.SubmitDeathRequest]


async def answer(town: "Town", code: str, member: str = MEMBER) -> pb.Answer:
    [found] = (await town.civil_status(member).GetAnswers(pb.GetAnswersRequest(codes=[code]))).answers
    given: pb.Answer = found
    return given


async def decided(town: "Town", clock_file: Path, code: str) -> pb.Answer:
    """The answer a day later."""
    clock.move(clock_file, clock.Clock(clock_file).moment() + timedelta(days=1))
    return await settled(town, code)


async def settled(town: "Town", code: str) -> pb.Answer:
    open_states = (pb.ANSWER_STATE_WAITING, pb.ANSWER_STATE_ELIGIBLE)
    return await changed(town, code, open_states)


async def changed(town: "Town", code: str, states: Sequence[int]) -> pb.Answer:
    """The answer when it is in none of these states any more."""

    async def other() -> pb.Answer | None:
        found = await answer(town, code)
        return None if found.state in states else found

    given: pb.Answer = await until(other)
    return given


def told(town: "Town", method: str) -> int:
    """How often the population database was told."""
    return sum(call.method.endswith(f"/{method}") for call in town.onward_calls())


async def test_a_birth_ends_with_a_number_and_a_certificate_after_four_working_hours(
    town: "Town", clock_file: Path, birth: Birth, mother: Citizen, father: Citizen
) -> None:
    code = (await town.civil_status().SubmitBirth(birth(), metadata=FILING)).code
    assert code.startswith("LTKS-230703-")
    clock.move(clock_file, FIRST_MOMENT + timedelta(hours=3))
    assert (await answer(town, code)).state == pb.ANSWER_STATE_WAITING
    assert not town.onward_calls()
    clock.move(clock_file, FIRST_MOMENT + timedelta(hours=6))  # with the pause at noon
    done = await settled(town, code)
    assert (done.state, done.full_name) == (pb.ANSWER_STATE_DONE, "Trần Minh An")
    assert done.decided_at.ToMicroseconds() == clock.micros_of(FIRST_MOMENT + timedelta(hours=6))
    question = population.VerifyCitizenRequest(
        citizen_number=done.citizen_number, full_name=done.full_name, birth_date="2023-06-28"
    )
    assert (await town.population().VerifyCitizen(question)).matched
    asked = pb.GetCertificateRequest(
        certificate_number=done.certificate_number, full_name="TRAN MINH AN", birth_date="2023"
    )
    certificate = (await town.civil_status(OTHER).GetCertificate(asked)).certificate
    assert (certificate.kind, certificate.registered_on) == (pb.CERTIFICATE_KIND_BIRTH, "2023-07-03")
    assert (certificate.holder.citizen_number, certificate.sex) == (done.citizen_number, 2)
    assert (certificate.mother.citizen_number, certificate.father.citizen_number) == (mother.number, father.number)
    onward = town.onward_calls()
    assert [call.client for call in onward[:-1]] == [CIVIL_STATUS] * len(onward[:-1])
    assert {call.metadata[metadata.TRACEPARENT] for call in onward} == {TRACE}
    assert {call.metadata[metadata.PURPOSE] for call in onward} == {"birth registration"}
    assert {call.metadata[metadata.MESSAGE_ID] for call in onward} == {code}
    assert {call.metadata[metadata.USER_ID] for call in onward} == {"officer 7"}
    assert done.population_transaction_id == onward[-1].transaction_id


async def test_a_death_is_on_record_in_the_population_database_and_has_a_certificate(
    town: "Town", clock_file: Path, death: Death, elder: Citizen, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    year_alone = death(deceased=stated(elder, birth_date=str(elder.birth_date.year)))
    code = (await town.civil_status().SubmitDeath(year_alone)).code
    assert code.startswith("LTKT-230703-")
    done = await decided(town, clock_file, code)
    assert (done.state, done.citizen_number) == (pb.ANSWER_STATE_DONE, elder.number)
    claim = {"full_name": elder.full_name, "birth_date": str(elder.birth_date)}
    record = await town.population().GetCitizen(population.GetCitizenRequest(citizen_number=elder.number, **claim))
    assert (record.citizen.deceased, record.citizen.death_date) == (True, "2023-07-01")
    asked = pb.GetCertificateRequest(certificate_number=done.certificate_number, **claim)
    certificate = (await town.civil_status().GetCertificate(asked)).certificate
    assert (certificate.kind, certificate.death_date) == (pb.CERTIFICATE_KIND_DEATH, "2023-07-01")
    assert (certificate.holder.birth_date, certificate.sex) == (str(elder.birth_date), elder.sex)

    def amend(field: int, old_value: str, new_value: str) -> Any:
        request = pb.AmendCertificateRequest(
            request_id=request_id(), certificate_number=done.certificate_number,
            field=pb.CertificateField.Name(field), old_value=old_value, new_value=new_value, reason="a slip",
        )  # fmt: skip
        return town.civil_status().AmendCertificate(request)

    dying, birth_date = pb.CERTIFICATE_FIELD_DEATH_DATE, pb.CERTIFICATE_FIELD_BIRTH_DATE
    for call in (
        amend(dying, "2023-07-01", "2023-07-05"), amend(dying, "2023-07-01", "1900-01-01"),
        amend(birth_date, str(elder.birth_date), "2023-07-02"),
    ):  # fmt: skip
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "DATE_IMPOSSIBLE")
    assert (await amend(dying, "2023-07-01", "2023-06-30")).certificate.death_date == "2023-06-30"
    again = (await town.civil_status().SubmitDeath(death())).code
    refused = await decided(town, clock_file, again)
    assert (refused.state, refused.reason) == (pb.ANSWER_STATE_REFUSED, "the death is registered already")


@pytest.mark.parametrize(
    ("hour", "minute", "day", "at"), [(14, 59, 3, 17.0), (15, 0, 4, 9.5), (7, 0, 3, 11.5), (16, 30, 4, 11.0)]
)
async def test_it_is_decided_within_the_working_day_on_which_it_counts_as_received(
    town: "Town", clock_file: Path, death: Death, hour: int, minute: int, day: int, at: float
) -> None:
    monday = datetime(2023, 7, 3, tzinfo=VIETNAM)
    if hour < 8:
        monday -= timedelta(days=1)  # on Sunday
    clock.move(clock_file, max(FIRST_MOMENT, monday.replace(hour=hour, minute=minute)))
    if hour < 8:
        at = 13.5  # eight o'clock is when the clock begins
    code = (await town.civil_status().SubmitDeath(death())).code
    due = datetime(2023, 7, day, tzinfo=VIETNAM) + timedelta(hours=at)
    with town.agencies["civil_status"].foundation.database.reading() as documents:
        [job] = documents.due_jobs(2**62, 2**62, limit=2)
    assert job.due == clock.micros_of(due)
    assert (await answer(town, code)).state == pb.ANSWER_STATE_WAITING


@pytest.mark.parametrize(
    ("person", "why"),
    [
        ("father-as-mother", "the stated mother is not a woman"),
        ("child-as-mother", "the stated mother is not of an age at which one bears a child"),
        ("mother-as-father", "the stated father is not a man"),
        ("dead-mother", "the stated mother is deceased"),
    ],
)
async def test_a_birth_with_wrong_parents_is_refused_and_nothing_is_registered(
    town: "Town", world: World, clock_file: Path, birth: Birth, mother: Citizen, father: Citizen, person: str, why: str
) -> None:
    dead = next(one for one in world.sample(20_000, 5) if one.deceased and one.sex is Sex.FEMALE)
    girl = next(one for one in world.sample(1000, 6, alive=True) if one.sex is Sex.FEMALE and one.age() < 10)
    other = next(one for one in world.sample(1000, 7, alive=True) if one.sex is Sex.FEMALE and one.age() > 20)
    parents: dict[str, dict[str, Any]] = {
        "father-as-mother": {"mother": stated(father), "father": None},
        "child-as-mother": {"mother": stated(girl), "father": None},
        "mother-as-father": {"mother": stated(mother), "father": stated(other)},
        "dead-mother": {"mother": stated(dead), "father": None},
    }
    code = (await town.civil_status().SubmitBirth(birth(**parents[person]))).code
    refused = await decided(town, clock_file, code)
    assert (refused.state, refused.reason, refused.certificate_number) == (pb.ANSWER_STATE_REFUSED, why, "")
    assert refused.citizen_number == ""


async def test_a_child_is_registered_once_and_its_twin_too(town: "Town", clock_file: Path, birth: Birth) -> None:
    stub = town.civil_status()
    codes = [
        (await stub.SubmitBirth(birth(given_name=name))).code for name in ("An", "Bình", "ÂN")
    ]  # "ÂN" is "An" without its marks
    answers = [await decided(town, clock_file, code) for code in codes]
    refused = [one for one in answers if one.state == pb.ANSWER_STATE_REFUSED]
    assert [one.reason for one in refused] == ["the birth of this child is registered already"]
    assert answers[1].state == pb.ANSWER_STATE_DONE
    assert told(town, "RegisterBirth") == 2
    third = (await stub.SubmitBirth(birth())).code
    assert (await decided(town, clock_file, third)).state == pb.ANSWER_STATE_REFUSED


async def test_a_child_of_the_world_is_registered_already(
    town: "Town", world: World, clock_file: Path, birth: Birth
) -> None:
    child = next(one for one in world.sample(5000, 8, alive=True) if one.birth_date.year > 2010 and one.mother.number)
    her = world.citizen(child.mother.number)
    assert her
    request = birth(
        mother=stated(her), father=None, surname=child.surname, middle_name=child.middle_name,
        given_name=child.given_name, birth_date=str(child.birth_date), sex=int(child.sex),
    )  # fmt: skip
    refused = await decided(town, clock_file, (await town.civil_status().SubmitBirth(request)).code)
    assert (refused.state, told(town, "RegisterBirth")) == (pb.ANSWER_STATE_REFUSED, 0)


async def test_a_supplement_is_wanted_for_a_wrong_birth_date_and_with_it_the_birth_is_registered(
    town: "Town", clock_file: Path, birth: Birth, mother: Citizen, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    stub = town.civil_status()
    code = (await stub.SubmitBirth(birth(mother=stated(mother, birth_date="1901")))).code
    early = pb.SupplementDossierRequest(request_id=request_id(), code=code, mother=pb.Person(birth_date="1990"))
    failure = await failure_of(stub.SupplementDossier(early))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NO_SUPPLEMENT_WANTED")
    wanting = await decided(town, clock_file, code)
    assert (wanting.state, wanting.HasField("decided_at")) == (pb.ANSWER_STATE_SUPPLEMENT, False)
    assert wanting.reason == "number, name and birth date of the mother are not those of one citizen"
    for wrong, reason in (
        ({}, "FIELD_MISSING"),
        ({"deceased": stated(mother)}, "NOT_STATED_THERE"),
        ({"mother": pb.Person(birth_date="never")}, "BIRTH_DATE_MALFORMED"),
        ({"father": stated(mother)}, "ONE_PERSON_TWICE"),
    ):
        request = pb.SupplementDossierRequest(request_id=request_id(), code=code, **wrong)
        failure = await failure_of(stub.SupplementDossier(request))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert await answer(town, code) == wanting
    right = pb.Person(birth_date=str(mother.birth_date))
    request = pb.SupplementDossierRequest(request_id=request_id(), code=code, mother=right)
    given = await stub.SupplementDossier(request)
    assert (given.answer.state, given.answer.reason) == (pb.ANSWER_STATE_WAITING, "")
    assert await stub.SupplementDossier(request) == given
    done = await decided(town, clock_file, code)
    assert done.state == pb.ANSWER_STATE_DONE
    assert told(town, "RegisterBirth") == 1


async def test_without_a_supplement_within_seven_working_days_a_dossier_is_refused(
    town: "Town", clock_file: Path, death: Death, elder: Citizen
) -> None:
    code = (await town.civil_status().SubmitDeath(death(deceased=stated(elder, full_name="Ai Khác")))).code
    assert (await decided(town, clock_file, code)).state == pb.ANSWER_STATE_SUPPLEMENT
    clock.move(clock_file, datetime(2023, 7, 13, 16, 59, tzinfo=VIETNAM))
    assert (await answer(town, code)).state == pb.ANSWER_STATE_SUPPLEMENT
    clock.move(clock_file, datetime(2023, 7, 13, 17, 0, tzinfo=VIETNAM))
    stopped = await changed(town, code, [pb.ANSWER_STATE_SUPPLEMENT])
    assert (stopped.state, stopped.reason) == (pb.ANSWER_STATE_REFUSED, "no supplement came within 7 working days")
    assert told(town, "RegisterDeath") == 0


async def test_a_repeated_submission_is_one_dossier(
    town: "Town", clock_file: Path, birth: Birth, failure_of: "FailureOf"
) -> None:
    request = birth()
    first = await town.civil_status().SubmitBirth(request)
    assert await town.civil_status().SubmitBirth(request) == first
    await decided(town, clock_file, first.code)
    assert await town.civil_status().SubmitBirth(request) == first
    assert told(town, "RegisterBirth") == 1
    request.given_name = "Bình"
    failure = await failure_of(town.civil_status().SubmitBirth(request))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


async def test_a_population_database_that_is_away_is_asked_again(town: "Town", clock_file: Path, birth: Birth) -> None:
    failures = [grpc.StatusCode.UNAVAILABLE] * 7

    async def away(context: Any) -> None:
        if failures:
            await context.abort(failures.pop(), "away")

    town.gateway.failing["RegisterBirth"] = town.gateway.failing["GetCitizen"] = away
    code = (await town.civil_status().SubmitBirth(birth())).code
    assert (await decided(town, clock_file, code)).state == pb.ANSWER_STATE_DONE
    assert not failures


async def test_a_missing_grant_refuses_nobody(town: "Town", clock_file: Path, death: Death) -> None:
    refusals = [grpc.StatusCode.PERMISSION_DENIED]

    async def refuse(context: Any) -> None:
        if refusals:
            await context.abort(refusals.pop(), "no grant")

    town.gateway.failing["RegisterDeath"] = refuse
    code = (await town.civil_status().SubmitDeath(death())).code
    assert (await decided(town, clock_file, code)).state == pb.ANSWER_STATE_DONE


@pytest.mark.parametrize("kind", ["birth", "death"])
async def test_killed_between_the_population_databases_answer_and_its_own_record_it_registers_once(
    world: World, control: TokenOffice, tmp_path: Path, clock_file: Path, birth: Birth, death: Death, kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The agency ends when the population database has registered; it is started again over the same database."""
    answered, method = asyncio.Event(), {"birth": "RegisterBirth", "death": "RegisterDeath"}[kind]
    end_job = Transaction.end_job

    def ended_before(documents: Transaction, key: str) -> bool:
        if "-register-" in key:
            answered.set()
            raise OSError("killed")
        return end_job(documents, key)

    monkeypatch.setattr(Transaction, "end_job", ended_before)
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        stub = town.civil_status()
        code = (await (stub.SubmitBirth(birth()) if kind == "birth" else stub.SubmitDeath(death()))).code
        clock.move(clock_file, FIRST_MOMENT.replace(hour=17))
        async with asyncio.timeout(PATIENCE):
            await answered.wait()
        assert (await answer(town, code)).state == pb.ANSWER_STATE_ELIGIBLE
    monkeypatch.setattr(Transaction, "end_job", end_job)
    async with open_town(world, control, tmp_path, NAMES, clock_file=clock_file) as town:
        done = await settled(town, code)
        assert done.state == pb.ANSWER_STATE_DONE
        assert told(town, method) >= 1
        watching = town.population().WatchChanges(population.WatchChangesRequest(stop_at_end=True))
        assert [change.citizen_number async for change in watching] == [done.citizen_number]


@pytest.mark.parametrize(
    ("different", "reason", "field"),
    [
        ({"request_id": ""}, "REQUEST_ID_MISSING", "request_id"),
        ({"dossier_code": ""}, "FIELD_MISSING", "dossier_code"),
        ({"surname": ""}, "FIELD_MISSING", "surname"),
        ({"given_name": "A1"}, "NAME_MALFORMED", "given_name"),
        ({"sex": 3}, "SEX_MISSING", "sex"),
        ({"birth_date": "2023"}, "BIRTH_DATE_MALFORMED", "birth_date"),
        ({"birth_date": "2023-07-04"}, "BIRTH_DATE_IMPOSSIBLE", "birth_date"),
        ({"province": "000"}, "PROVINCE_UNKNOWN", "province"),
        ({"mother": pb.Person(citizen_number="1")}, "CITIZEN_NUMBER_MALFORMED", "mother.citizen_number"),
        ({"mother": None}, "CITIZEN_NUMBER_MALFORMED", "mother.citizen_number"),
        ({"father": pb.Person(citizen_number="001099000001")}, "NAME_MISSING", "father.full_name"),
    ],
)
async def test_a_malformed_birth_is_refused_at_once_and_not_stored(
    town: "Town", birth: Birth, failure_of: "FailureOf", different: dict[str, Any], reason: str, field: str
) -> None:
    call = town.civil_status().SubmitBirth(birth(**different))
    failure = await failure_of(call)
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert field in failure.message
    with town.agencies["civil_status"].foundation.database.reading() as documents:
        assert documents.due_jobs(2**62, 2**62, limit=2) == []


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"death_date": "2023-07-04"}, "DEATH_DATE_IMPOSSIBLE"),
        ({"death_date": "1900-01-01"}, "DEATH_DATE_IMPOSSIBLE"),
        ({"death_date": "July"}, "DEATH_DATE_MALFORMED"),
        ({"deceased": None}, "CITIZEN_NUMBER_MALFORMED"),
    ],
)
async def test_a_malformed_death_is_refused_at_once(
    town: "Town", death: Death, failure_of: "FailureOf", different: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(town.civil_status().SubmitDeath(death(**different)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)


@pytest.mark.parametrize(
    ("codes", "code", "reason"),
    [
        ([], Code.INVALID_ARGUMENT, "CODES_NUMBER"),
        (["a", "b", "c", "d"], Code.INVALID_ARGUMENT, "CODES_NUMBER"),
        (["a", "a"], Code.INVALID_ARGUMENT, "CODES_NUMBER"),
        (["LTKS-230703-a"], Code.NOT_FOUND, "DOSSIER_UNKNOWN"),
    ],
)
async def test_answers_are_asked_for_by_one_to_three_codes_that_are_the_callers_own(
    town: "Town", failure_of: "FailureOf", codes: list[str], code: Code, reason: str
) -> None:
    failure = await failure_of(town.civil_status().GetAnswers(pb.GetAnswersRequest(codes=codes)))
    assert (failure.code, failure.reason) == (code, reason)


async def test_three_answers_come_in_the_order_of_the_codes(
    town: "Town", birth: Birth, failure_of: "FailureOf"
) -> None:
    codes = [(await town.civil_status().SubmitBirth(birth())).code for _ in range(3)]
    answers = (await town.civil_status().GetAnswers(pb.GetAnswersRequest(codes=codes[::-1]))).answers
    assert [one.code for one in answers] == codes[::-1]
    failure = await failure_of(town.civil_status(OTHER).GetAnswers(pb.GetAnswersRequest(codes=codes[:1])))
    assert failure.reason == "DOSSIER_UNKNOWN"


@pytest.fixture(scope="session")
def couple(world: World) -> tuple[Citizen, Citizen]:
    """A man and a woman who may marry."""
    single = [one for one in world.sample(3000, 9, alive=True) if one.marital_status == 1 and 20 <= one.age() < 40]
    return next(o for o in single if o.sex is Sex.MALE), next(o for o in single if o.sex is Sex.FEMALE)


def marriage(request_id: str, husband: Citizen, wife: Citizen) -> pb.SubmitMarriageRequest:
    return pb.SubmitMarriageRequest(
        request_id=request_id, dossier_code="m", husband=stated(husband), wife=stated(wife), province="001"
    )


async def test_a_marriage_has_a_certificate_for_both_and_neither_marries_again(
    town: "Town", clock_file: Path, couple: tuple[Citizen, Citizen], request_id: RequestId
) -> None:
    stub = town.civil_status()
    done = await decided(town, clock_file, (await stub.SubmitMarriage(marriage(request_id(), *couple))).code)
    assert (done.state, done.citizen_number) == (pb.ANSWER_STATE_DONE, couple[0].number)
    for one in couple:
        asked = pb.GetCertificateRequest(
            certificate_number=done.certificate_number, full_name=one.full_name, birth_date=str(one.birth_date)
        )
        certificate = (await stub.GetCertificate(asked)).certificate
        assert (certificate.holder.citizen_number, certificate.wife.citizen_number) == tuple(o.number for o in couple)
    again = (await stub.SubmitMarriage(marriage(request_id(), *couple))).code
    refused = await decided(town, clock_file, again)
    assert (refused.state, refused.reason) == (pb.ANSWER_STATE_REFUSED, "the stated husband is married")


async def test_who_is_married_too_young_or_of_the_other_sex_does_not_marry(
    town: "Town", world: World, clock_file: Path, couple: tuple[Citizen, Citizen], mother: Citizen,
    request_id: RequestId, failure_of: "FailureOf",
) -> None:  # fmt: skip
    husband, wife = couple
    boy = next(one for one in world.sample(1000, 6, alive=True) if one.sex is Sex.MALE and one.age() == 19)
    filed = {
        (await town.civil_status().SubmitMarriage(marriage(request_id(), *two))).code: why
        for two, why in (
            ((husband, mother), "the stated wife is married"),
            ((boy, wife), "the stated husband is younger than 20"),
            ((wife, husband), "the stated husband is not a man"),
        )
    }
    clock.move(clock_file, FIRST_MOMENT.replace(hour=17))
    assert {code: (await settled(town, code)).reason for code in filed} == filed
    failure = await failure_of(town.civil_status().SubmitMarriage(marriage(request_id(), wife, wife)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "ONE_PERSON_TWICE")


@pytest.fixture(scope="session")
def wrong(world: World) -> tuple[Citizen, BirthCertificate]:
    """Somebody of Hà Nội whose certificate has another birth date than the population database."""
    for index in range(400_000):
        number = world.number(index)
        entry, citizen = world.entry(Certificates, number), None
        if entry and entry.birth_date.year != int(entry.number[7:11]):
            citizen = world.citizen(number)
        if entry and citizen:
            return citizen, entry
    raise AssertionError


async def test_a_planted_wrong_birth_date_is_found_and_amended_by_the_province_that_registered_it(
    town: "Town", wrong: tuple[Citizen, BirthCertificate], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    citizen, entry = wrong
    stub = town.civil_status()

    async def found(birth_date: str) -> pb.GetCertificateResponse:
        asked = pb.GetCertificateRequest(
            certificate_number=entry.number, full_name=citizen.full_name, birth_date=birth_date
        )
        given: pb.GetCertificateResponse = await stub.GetCertificate(asked)
        return given

    differs = await found(str(citizen.birth_date))
    assert differs == pb.GetCertificateResponse(result=pb.CERTIFICATE_RESULT_BIRTH_DATE_DIFFERS)
    before = (await found(str(entry.birth_date))).certificate
    assert before.holder.citizen_number == citizen.number

    def amend(**different: Any) -> pb.AmendCertificateRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "certificate_number": entry.number, "field": pb.CERTIFICATE_FIELD_BIRTH_DATE,
            "old_value": str(entry.birth_date), "new_value": str(citizen.birth_date), "reason": "a slip of the pen",
        }  # fmt: skip
        return pb.AmendCertificateRequest(**{**fields, **different})

    for different, code, reason in (
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
        ({"certificate_number": "KS-001-1899-0000001"}, Code.NOT_FOUND, "CERTIFICATE_UNKNOWN"),
        ({"field": 0}, Code.INVALID_ARGUMENT, "FIELD_NOT_THERE"),
        ({"field": pb.CERTIFICATE_FIELD_DEATH_DATE}, Code.INVALID_ARGUMENT, "FIELD_NOT_THERE"),
        ({"old_value": "1901-01-01"}, Code.FAILED_PRECONDITION, "OLD_VALUE_DIFFERS"),
        ({"new_value": str(entry.birth_date)}, Code.INVALID_ARGUMENT, "NOTHING_CHANGES"),
        ({"new_value": "2023-07-03"}, Code.INVALID_ARGUMENT, "DATE_IMPOSSIBLE"),
        ({"new_value": "1990"}, Code.INVALID_ARGUMENT, "NEW_VALUE_MALFORMED"),
        ({"reason": ""}, Code.INVALID_ARGUMENT, "FIELD_MISSING"),
    ):
        failure = await failure_of(stub.AmendCertificate(amend(**different)))
        assert (failure.code, failure.reason) == (code, reason)
    failure = await failure_of(town.civil_status(OTHER).AmendCertificate(amend()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "OTHER_PROVINCE")
    assert (await found(str(entry.birth_date))).certificate == before

    request = amend()
    amended = (await stub.AmendCertificate(request)).certificate
    assert (await stub.AmendCertificate(request)).certificate == amended
    renamed = amend(
        field=pb.CERTIFICATE_FIELD_FULL_NAME, old_value=" ".join(citizen.full_name.split()), new_value="Lê Thị Mới",
    )  # fmt: skip
    history = (await stub.AmendCertificate(renamed)).certificate.amendments
    assert [one.old_value for one in history] == [str(entry.birth_date), " ".join(citizen.full_name.split())]
    failure = await failure_of(stub.AmendCertificate(amend()))
    assert failure.reason == "OLD_VALUE_DIFFERS"
    assert (await found(str(citizen.birth_date))).result == pb.CERTIFICATE_RESULT_NAME_DIFFERS


async def test_a_certificate_is_given_for_its_number_name_and_birth_date_only(
    town: "Town", world: World, mother: Citizen, failure_of: "FailureOf"
) -> None:
    entry = world.entry(Certificates, mother.number)
    assert entry
    right = {
        "certificate_number": entry.number, "full_name": mother.full_name, "birth_date": str(entry.birth_date),
    }  # fmt: skip

    async def result(**different: str) -> pb.GetCertificateResponse:
        request = pb.GetCertificateRequest(**{**right, **different})
        given: pb.GetCertificateResponse = await town.civil_status().GetCertificate(request)
        return given

    given = await result()
    assert given.result == pb.CERTIFICATE_RESULT_AGREES
    assert given.certificate.mother.full_name == mother.mother.name
    assert town.gateway.forwarded[-1].subjects.split().count(hashed(mother.number)) == 1
    for different, expected in (
        ({"full_name": "Ai Khác"}, pb.CERTIFICATE_RESULT_NAME_DIFFERS),
        ({"birth_date": "1901"}, pb.CERTIFICATE_RESULT_BIRTH_DATE_DIFFERS),
        ({"certificate_number": "KS-001-1899-0000001"}, pb.CERTIFICATE_RESULT_NOT_FOUND),
    ):
        assert await result(**different) == pb.GetCertificateResponse(result=expected)
    failure = await failure_of(result(certificate_number=""))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "FIELD_MISSING")


async def test_a_dossier_is_about_those_who_exist_and_when_done_about_the_child(
    town: "Town", clock_file: Path, birth: Birth, mother: Citizen, father: Citizen
) -> None:
    code = (await town.civil_status().SubmitBirth(birth())).code
    people = {hashed(mother.number), hashed(father.number)}
    assert set(town.gateway.forwarded[-1].subjects.split()) == people
    done = await decided(town, clock_file, code)
    assert set(town.gateway.forwarded[-1].subjects.split()) == {*people, hashed(done.citizen_number)}
    absent = birth(mother=stated(mother, citizen_number=town.world.absent_number(3)), father=None)
    await town.civil_status().SubmitBirth(absent)
    assert town.gateway.forwarded[-1].subjects == ""


def test_civil_status_alone_may_tell_the_population_database_of_births_and_deaths() -> None:
    rights = [
        (right["consumer"] if right in part.grants else part.subsystems[0], right["methods"])
        for part in PARTS.values()
        for right in (*part.grants, *part.asks)
        if (part.name == "population" and right in part.grants) or right.get("contract") == agencies.population.contract
    ]
    assert rights
    for method in ("RegisterBirth", "RegisterDeath"):
        told_by = {consumer for consumer, patterns in rights if any(fnmatch(method, each) for each in patterns)}
        assert told_by == {CIVIL_STATUS}


def hashed(number: str) -> str:
    return subject_hash(SECRETS[SUBJECTS].encode(), number)
