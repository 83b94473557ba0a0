"""A birth and a death on their whole way, from the portal through the province to every agency."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.civil_status.v1 import civil_status_pb2 as civil
from ndxp.errors import Code
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wire import metadata
from ndxp.world import Citizen, World
from services.one_stop import linked as one_stop_linked
from tests.services.chain import CARD, CHILD, HOUSEHOLD, Chain, at, open_chain, refusal
from tests.services.conftest import KEEPER, MEMBER, OTHER, PORTAL, SECRETS
from tests.support.fakes import TokenOffice, until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf

RequestId = Callable[[], str]
PROVINCE = "VN/GOV/H26"


pytestmark = pytest.mark.usefixtures("quick_jobs")


@pytest.fixture
def delivery() -> str:
    """How dossiers get to the provinces; parametrize to change it."""
    return "push"


@pytest.fixture
async def chain(
    world: World, control: TokenOffice, tmp_path: Path, delivery: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chain]:
    monkeypatch.setattr(one_stop_linked, "PULL_EVERY", timedelta(hours=2))  # by 63 provinces
    async with open_chain(world, control, tmp_path, life_events_delivery=delivery) as chain:
        yield chain


def person(citizen: Citizen, **instead: str) -> dict[str, str]:
    true = {"citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date)}
    return {**true, **instead}


@pytest.fixture
def birth(world: World, request_id: RequestId) -> Callable[..., pb.SubmitBirthRequest]:
    mother = world.persona("newborn-mother").citizen

    def birth(**instead: Any) -> pb.SubmitBirthRequest:
        born: dict[str, Any] = {
            "surname": "Nguyễn", "middle_name": "Minh", "given_name": "An", "sex": 2, "birth_date": "2023-06-20",
            "mother": person(mother),
        }  # fmt: skip
        fields: dict[str, Any] = {"province": PROVINCE, "applicant": person(mother)}
        for name, value in instead.items():
            if name in fields:
                fields[name] = value
            else:
                born[name] = value
        return pb.SubmitBirthRequest(request_id=request_id(), birth=born, **fields)

    return birth


@pytest.fixture
def death(world: World, request_id: RequestId) -> Callable[..., pb.SubmitDeathRequest]:
    deceased, survivor = world.persona("elder").citizen, world.persona("traveller").citizen

    def death(**instead: Any) -> pb.SubmitDeathRequest:
        fields: dict[str, Any] = {
            "province": PROVINCE, "applicant": person(survivor), "procedures": [4, 5, 6, 7],
            "death": {"deceased": person(deceased), "death_date": "2023-07-01", "survivor": person(survivor)},
        }  # fmt: skip
        return pb.SubmitDeathRequest(request_id=request_id(), **{**fields, **instead})

    return death


async def submit(chain: Chain, request: Any) -> pb.Dossier:
    method = chain.life_events().SubmitBirth if "Birth" in type(request).__name__ else chain.life_events().SubmitDeath
    answer: Any = await method(request)
    dossier: pb.Dossier = answer.dossier
    return dossier


@pytest.mark.parametrize("delivery", ["push", "pull"])
async def test_a_birth_ends_with_number_household_and_card_within_four_working_days(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    filed = await submit(chain, birth())
    assert (filed.state, filed.due_at.ToJsonString()) == (pb.DOSSIER_STATE_RECEIVED, "2023-07-07T10:00:00Z")
    dossier = await chain.ended(filed.code)
    assert dossier.state == pb.DOSSIER_STATE_DONE
    assert dossier.ended_at.ToMicroseconds() <= dossier.due_at.ToMicroseconds()
    assert dossier.one_stop_code == "000.00.00.H26-230703-0001"
    results = {step.procedure: step.result for step in dossier.steps if step.result}
    assert results == {
        pb.PROCEDURE_BIRTH_REGISTRATION: CHILD, pb.PROCEDURE_RESIDENCE: HOUSEHOLD,
        pb.PROCEDURE_HEALTH_INSURANCE_CARD: CARD,
    }  # fmt: skip
    assert all(step.transaction_id for step in dossier.steps)
    assert (await chain.dossier(dossier.one_stop_code)).code == filed.code
    [registration] = chain.stand_in.requests("RegisterResidence")
    assert (registration.citizen_number, registration.full_name) == (CHILD, "Nguyễn Minh An")


@pytest.mark.parametrize("delivery", ["push", "pull"])
async def test_every_call_for_a_dossier_is_made_once_under_the_steps_own_identity_in_one_trace(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    filed = await submit(chain, birth())
    await chain.ended(filed.code)
    for method in ("SubmitBirth", "RegisterResidence", "IssueChildCard"):
        callers = [client for name, client, _ in chain.stand_in.asked if name == method]
        assert callers == [MEMBER]
    of_chain = {"ReceiveDossier", "SubmitBirth", "GetAnswers", "RegisterResidence", "GetFiling", "IssueChildCard"}
    calls = [call for call in chain.town.gateway.forwarded if call.client != PORTAL]
    of_dossier = [call for call in calls if call.method.rpartition("/")[2] in of_chain]
    assert {call.metadata[metadata.TRACEPARENT] for call in of_dossier} == {filed.traceparent}
    assert {call.metadata[metadata.PURPOSE] for call in of_dossier} == {"birth registration"}
    others = {call.metadata[metadata.MESSAGE_ID] for call in of_dossier} - {filed.code}
    assert len(others) <= 1  # the province's own code, by the day on which it has received the dossier
    assert all(re.fullmatch(r"000\.00\.00\.H26-2307\d\d-0001", code) for code in others)


@pytest.mark.parametrize(
    ("procedures", "steps"),
    [([4, 5], {4, 5}), ([4, 5, 6], {4, 5, 6}), ([5, 4, 7], {4, 5, 7}), ([4, 5, 6, 7], {4, 5, 6, 7})],
)
async def test_a_death_goes_through_the_procedures_that_were_chosen(
    chain: Chain, death: Callable[..., pb.SubmitDeathRequest], procedures: list[int], steps: set[int]
) -> None:
    filed = await submit(chain, death(procedures=procedures))
    dossier = await chain.ended(filed.code)
    assert dossier.state == pb.DOSSIER_STATE_DONE
    assert {step.procedure for step in dossier.steps if step.result} == steps
    assert len(chain.stand_in.requests("ClaimDeathBenefits")) == (1 if {6, 7} & steps else 0)
    assert dossier.due_at.ToJsonString() == "2023-07-17T10:00:00Z"


async def test_an_agency_that_is_down_is_asked_again_and_nothing_is_done_twice(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    down = {"GetAnswers": 4, "RegisterResidence": 4, "IssueChildCard": 2, "ReceiveDossier": 2, "ReportSteps": 2}

    def fails(method: str) -> Callable[[Any], Any]:
        async def fail(context: Any) -> None:
            if down[method]:
                down[method] -= 1
                await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

        return fail

    chain.town.gateway.failing.update({method: fails(method) for method in down})
    filed = await submit(chain, birth())
    assert (await chain.ended(filed.code)).state == pb.DOSSIER_STATE_DONE
    assert set(down.values()) == {0}
    assert len(chain.stand_in.requests("SubmitBirth")) == 1
    assert len({request.request_id for request in chain.stand_in.requests("IssueChildCard")}) == 1


async def test_three_dossiers_that_wait_are_asked_for_in_one_call(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    filed = [await submit(chain, birth(given_name=name)) for name in ("An", "Bình", "Chi", "Dung")]
    received = [await chain.until(each.code, lambda dossier: bool(dossier.one_stop_code), step=0) for each in filed]
    chain.advance(days=1)  # the clock stands again until civil status has them all

    async def sent(code: str) -> bool:
        request = one_stop.GetDossierRequest(code=code)
        shown = (await chain.one_stop(MEMBER).GetDossier(request, metadata=at(PROVINCE))).dossier
        return any(step.what == "sent the birth to civil status" for step in shown.steps)

    for each in received:
        await until(partial(sent, each.one_stop_code))
    for each in filed:
        assert (await chain.ended(each.code)).state == pb.DOSSIER_STATE_DONE
    asked = [code for request in chain.stand_in.requests("GetAnswers") for code in request.codes]
    assert max(len(request.codes) for request in chain.stand_in.requests("GetAnswers")) == 3
    assert sorted(asked) == sorted(f"LTKS-000.00.00.H26-230703-000{n}" for n in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("method", "agency"),
    [("SubmitBirth", "VN/GOV/G15/civil-status"), ("RegisterResidence", "VN/GOV/G01/residence"),
     ("IssueChildCard", "VN/GOV/G24/health-insurance")],
)  # fmt: skip
async def test_a_refusal_ends_the_dossier_with_its_reason_and_says_who_refused(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], method: str, agency: str
) -> None:
    chain.stand_in.answers[method] = refusal("NOT_SO")
    filed = await submit(chain, birth())
    dossier = await chain.ended(filed.code)
    assert (dossier.state, dossier.note) == (pb.DOSSIER_STATE_REFUSED, "NOT_SO: it is refused")
    assert (dossier.steps[-1].subsystem, dossier.steps[-1].what) == (agency, "refused")
    assert len(chain.stand_in.requests(method)) == 1


async def test_a_refusal_that_is_an_answer_ends_the_dossier_too(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    filing = residence.Filing(code="R", state=residence.FILING_STATE_REFUSED, reason="no such household")
    chain.stand_in.answers["GetFiling"] = lambda _: residence.GetFilingResponse(filing=filing)
    filed = await submit(chain, birth())
    dossier = await chain.ended(filed.code)
    assert (dossier.state, dossier.note) == (pb.DOSSIER_STATE_REFUSED, "no such household")


def wants_more(chain: Chain) -> None:
    """Civil status wants a supplement once."""
    decided = chain.stand_in.answers["GetAnswers"]

    def answer(request: civil.GetAnswersRequest) -> civil.GetAnswersResponse:
        chain.stand_in.answers["GetAnswers"] = decided
        wanted = civil.Answer(code=request.codes[0], state=civil.ANSWER_STATE_SUPPLEMENT, reason="NAME_DIFFERS")
        return civil.GetAnswersResponse(answers=[wanted])

    chain.stand_in.answers["GetAnswers"] = answer


async def waiting(chain: Chain, request: pb.SubmitBirthRequest) -> pb.Dossier:
    """A dossier that waits for a supplement."""
    wants_more(chain)
    filed = await submit(chain, request)
    return await chain.until(filed.code, lambda dossier: dossier.state == pb.DOSSIER_STATE_SUPPLEMENT)


async def test_a_supplement_takes_the_dossier_on_with_what_was_corrected(
    chain: Chain, world: World, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId
) -> None:
    right = world.persona("newborn-mother").citizen
    dossier = await waiting(chain, birth(mother=person(right, full_name="Trần Thị Sai")))
    assert dossier.note == "NAME_DIFFERS"
    corrected = pb.SupplementDossierRequest(
        request_id=request_id(), code=dossier.code, birth={"mother": {"full_name": right.full_name}}
    )
    answer = await chain.life_events().SupplementDossier(corrected)
    assert answer.dossier.birth.mother == pb.Person(**person(right))
    assert await chain.life_events().SupplementDossier(corrected) == answer
    assert (await chain.ended(dossier.code)).state == pb.DOSSIER_STATE_DONE
    [first], [second] = chain.stand_in.requests("SubmitBirth"), chain.stand_in.requests("SupplementDossier")
    assert (first.mother.full_name, second.mother.full_name) == ("Trần Thị Sai", right.full_name)
    assert second.code == f"LTKS-{dossier.one_stop_code}"


async def test_without_a_supplement_the_dossier_is_stopped_after_seven_working_days(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    waits = await waiting(chain, birth())
    assert not waits.HasField("ended_at")
    chain.advance(days=8)
    still = await chain.dossier(waits.code)
    assert still.state == pb.DOSSIER_STATE_SUPPLEMENT
    dossier = await chain.ended(waits.code)
    assert (dossier.state, dossier.note) == (pb.DOSSIER_STATE_REFUSED, "no supplement within 7 working days")
    assert dossier.ended_at.ToJsonString() >= "2023-07-12T10:00:00Z"


async def test_what_waits_can_be_withdrawn_and_what_an_agency_works_on_cannot(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    waits = await waiting(chain, birth())
    request = pb.WithdrawDossierRequest(request_id=request_id(), code=waits.code)
    withdrawn = (await chain.life_events().WithdrawDossier(request)).dossier
    assert (withdrawn.state, withdrawn.HasField("ended_at")) == (pb.DOSSIER_STATE_RETURNED, True)
    again = pb.WithdrawDossierRequest(request_id=request_id(), code=waits.code)
    assert (await failure_of(chain.life_events().WithdrawDossier(again))).reason == "ALREADY_ENDED"
    at_work = await submit(chain, birth(given_name="Bình"))
    await chain.until(at_work.code, lambda dossier: dossier.state == pb.DOSSIER_STATE_SENT_TO_JUSTICE)
    too_late = pb.WithdrawDossierRequest(request_id=request_id(), code=at_work.code)
    failure = await failure_of(chain.life_events().WithdrawDossier(too_late))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "AGENCY_AT_WORK")


@pytest.mark.parametrize("delivery", ["push", "pull"])
async def test_what_has_just_been_filed_can_be_withdrawn_and_no_agency_hears_of_it(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId
) -> None:
    filed = await submit(chain, birth())
    request = pb.WithdrawDossierRequest(request_id=request_id(), code=filed.code)
    withdrawn = (await chain.life_events().WithdrawDossier(request)).dossier
    assert withdrawn.state == pb.DOSSIER_STATE_RETURNED
    other = await submit(chain, birth(given_name="Bình"))
    await chain.ended(other.code)
    assert [each.given_name for each in chain.stand_in.requests("SubmitBirth")] == ["Bình"]
    assert (await chain.dossier(filed.code)).state == pb.DOSSIER_STATE_RETURNED


@pytest.mark.parametrize(
    ("instead", "reason", "field"),
    [
        ({"province": "VN/GOV/G22"}, "PROVINCE_UNKNOWN", "province"),
        ({"province": ""}, "PROVINCE_UNKNOWN", "province"),
        ({"applicant": {}}, "CITIZEN_NUMBER_MALFORMED", "applicant.citizen_number"),
        ({"surname": ""}, "FIELD_MISSING", "birth.surname"),
        ({"given_name": "4n"}, "NAME_MALFORMED", "birth.given_name"),
        ({"sex": 0}, "SEX_MISSING", "birth.sex"),
        ({"birth_date": "2023-07-04"}, "BIRTH_DATE_IMPOSSIBLE", "birth.birth_date"),
        ({"birth_date": "2023"}, "BIRTH_DATE_MALFORMED", "birth.birth_date"),
        ({"mother": {}}, "CITIZEN_NUMBER_MALFORMED", "birth.mother.citizen_number"),
        ({"father": {"citizen_number": "1"}}, "CITIZEN_NUMBER_MALFORMED", "birth.father.citizen_number"),
    ],
)
async def test_a_wrong_birth_is_refused_and_nothing_is_stored(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], failure_of: "FailureOf",
    instead: dict[str, Any], reason: str, field: str,
) -> None:  # fmt: skip
    failure = await failure_of(submit(chain, birth(**instead)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert field in failure.message
    assert not chain.town.onward_calls()


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ({"procedures": [4]}, "PROCEDURES_INVALID"),
        ({"procedures": [4, 5, 5]}, "PROCEDURES_INVALID"),
        ({"procedures": [4, 5, 1]}, "PROCEDURES_INVALID"),
        ({"procedures": [5, 6, 7]}, "PROCEDURES_INVALID"),
        ({"death": {"deceased": {}, "death_date": "2023-07-01"}}, "CITIZEN_NUMBER_MALFORMED"),
    ],
)
async def test_a_wrong_death_is_refused(
    chain: Chain, death: Callable[..., pb.SubmitDeathRequest], failure_of: "FailureOf",
    instead: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(submit(chain, death(**instead)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)


async def test_allowances_need_a_survivor_and_a_death_is_not_in_the_future(
    chain: Chain, death: Callable[..., pb.SubmitDeathRequest], failure_of: "FailureOf"
) -> None:
    alone = death()
    alone.death.ClearField("survivor")
    assert (await failure_of(submit(chain, alone))).reason == "SURVIVOR_MISSING"
    tomorrow = death()
    tomorrow.death.death_date = "2023-07-04"
    assert (await failure_of(submit(chain, tomorrow))).reason == "DEATH_DATE_IMPOSSIBLE"


async def test_an_applicant_whom_the_population_database_does_not_know_alive_is_refused(
    chain: Chain, world: World, birth: Callable[..., pb.SubmitBirthRequest], failure_of: "FailureOf"
) -> None:
    mother, dead = world.persona("newborn-mother").citizen, world.persona("deceased-insured").citizen
    wrong = birth(applicant=person(mother, full_name="Trần Văn Khác"))
    assert (await failure_of(submit(chain, wrong))).reason == "APPLICANT_NOT_MATCHED"
    assert (await failure_of(submit(chain, birth(applicant=person(dead))))).reason == "APPLICANT_DECEASED"


async def test_the_same_request_is_one_dossier(chain: Chain, birth: Callable[..., pb.SubmitBirthRequest]) -> None:
    request = birth()
    assert await submit(chain, request) == await submit(chain, request)


async def test_a_request_without_request_id_is_refused(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], failure_of: "FailureOf"
) -> None:
    request = birth()
    request.request_id = ""
    assert (await failure_of(submit(chain, request))).reason == "REQUEST_ID_MISSING"


async def test_a_dossier_is_there_for_its_filer_its_province_and_the_government_office_only(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], failure_of: "FailureOf", request_id: RequestId
) -> None:
    filed = await submit(chain, birth())
    await chain.until(filed.code, lambda dossier: bool(dossier.one_stop_code), step=0)
    for member in (PORTAL, MEMBER, "VN/GOV/G22/life-events"):
        assert (await chain.dossier(filed.code, member)).code == filed.code
    for code in (filed.code, (await chain.dossier(filed.code)).one_stop_code):
        for member in (OTHER, KEEPER):
            failure = await failure_of(chain.dossier(code, member))
            assert (failure.code, failure.reason) == (Code.NOT_FOUND, "DOSSIER_UNKNOWN")
    of_others = pb.WithdrawDossierRequest(request_id=request_id(), code=filed.code)
    assert (await failure_of(chain.life_events(MEMBER).WithdrawDossier(of_others))).reason == "DOSSIER_UNKNOWN"


async def test_a_dossier_is_about_everybody_in_it_and_about_the_child_as_soon_as_it_has_a_number(
    chain: Chain, world: World, birth: Callable[..., pb.SubmitBirthRequest]
) -> None:
    mother = world.persona("newborn-mother").citizen
    father = world.persona("traveller").citizen

    def named(method: str) -> set[str]:
        calls = [call for call in chain.town.gateway.forwarded if call.method.endswith(method)]
        return set(calls[-1].subjects.split())

    def hashes(*numbers: str) -> set[str]:
        return {subject_hash(SECRETS[SUBJECTS].encode(), number) for number in numbers}

    filed = await submit(chain, birth(father=person(father), applicant=person(father)))
    assert named("LifeEventService/SubmitBirth") == hashes(father.number)
    await chain.dossier(filed.code)
    assert named("LifeEventService/GetDossier") == hashes(mother.number, father.number)
    await chain.ended(filed.code)
    assert named("LifeEventService/GetDossier") == hashes(mother.number, father.number, CHILD)
    assert named("OneStopService/ReceiveDossier") == hashes(mother.number, father.number)


async def test_steps_that_do_not_fit_get_the_replies_of_the_facts(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    chain.town.gateway.failing["ReceiveDossier"] = refuse_always
    filed = await submit(chain, birth())

    async def report(state: pb.DossierState, code: str = filed.code, member: str = MEMBER) -> pb.Reply:
        step = pb.ReportedStep(
            code=code, one_stop_code="000.00.00.H26-230703-0009", step=pb.Step(state=state, what="x")
        )
        request = pb.ReportStepsRequest(request_id=request_id(), steps=[step])
        answer: pb.ReportStepsResponse = await chain.life_events(member).ReportSteps(request)
        return answer.outcomes[0].reply

    assert await report(pb.DOSSIER_STATE_SENT_TO_JUSTICE) == pb.REPLY_TRY_AGAIN
    assert await report(pb.DOSSIER_STATE_ACCEPTED, member=OTHER) == pb.REPLY_INVALID_TRANSITION
    assert await report(pb.DOSSIER_STATE_ACCEPTED, code="nothing") == pb.REPLY_INVALID_TRANSITION
    assert await report(pb.DOSSIER_STATE_ACCEPTED) == pb.REPLY_TAKEN
    assert await report(pb.DOSSIER_STATE_ACCEPTED) == pb.REPLY_TAKEN  # the same step, taken before
    assert await report(pb.DOSSIER_STATE_SENT_TO_JUSTICE) == pb.REPLY_TAKEN
    assert await report(pb.DOSSIER_STATE_RECEIVED) == pb.REPLY_INVALID_TRANSITION
    assert await report(pb.DOSSIER_STATE_DONE) == pb.REPLY_TAKEN
    assert await report(pb.DOSSIER_STATE_REFUSED) == pb.REPLY_HAS_RESULT
    assert len((await chain.dossier(filed.code)).steps) == 5
    many = pb.ReportStepsRequest(request_id=request_id(), steps=[pb.ReportedStep()] * 21)
    for wrong in (many, pb.ReportStepsRequest(request_id=request_id())):
        assert (await failure_of(chain.life_events(MEMBER).ReportSteps(wrong))).reason == "STEPS_INVALID"


async def refuse_always(context: Any) -> None:
    await context.abort(grpc.StatusCode.UNAVAILABLE, "down")


async def test_a_supplement_that_nobody_wants_and_one_of_another_kind_are_refused(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    waits = await waiting(chain, birth())
    filed = await submit(chain, birth(given_name="Bình"))
    unwanted = pb.SupplementDossierRequest(request_id=request_id(), code=filed.code, birth={"sex": 1})
    assert (await failure_of(chain.life_events().SupplementDossier(unwanted))).reason == "NO_SUPPLEMENT_WANTED"
    for wrong, reason in (({"death": {}}, "EVENT_DIFFERS"), ({"birth": {"sex": 1}}, "NOT_TO_BE_CORRECTED")):
        request = pb.SupplementDossierRequest(request_id=request_id(), code=waits.code, **wrong)
        failure = await failure_of(chain.life_events().SupplementDossier(request))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert (await chain.dossier(waits.code)).state == pb.DOSSIER_STATE_SUPPLEMENT


async def test_the_province_shows_the_dossier_to_the_linked_service_and_to_itself_and_no_officer_moves_it(
    chain: Chain, birth: Callable[..., pb.SubmitBirthRequest], request_id: RequestId, failure_of: "FailureOf"
) -> None:
    filed = await submit(chain, birth())
    dossier = await chain.ended(filed.code)
    request = one_stop.GetDossierRequest(code=dossier.one_stop_code)
    for member in ("VN/GOV/G22/life-events", MEMBER):
        shown = (await chain.one_stop(member).GetDossier(request, metadata=at(PROVINCE))).dossier
        assert (shown.state, shown.linked.linked_code) == (one_stop.DOSSIER_STATE_DONE, filed.code)
    assert (await failure_of(chain.one_stop().GetDossier(request, metadata=at(PROVINCE)))).reason == "DOSSIER_UNKNOWN"
    by_hand = one_stop.MoveDossierRequest(
        request_id=request_id(), code=dossier.one_stop_code, state=one_stop.DOSSIER_STATE_RETURNED
    )
    moved = chain.one_stop(MEMBER).MoveDossier(by_hand, metadata=at(PROVINCE))
    assert (await failure_of(moved)).reason == "NOT_BY_HAND"
