"""The one-stop systems: 63 provinces behind one contract, dossiers that officers move on by hand, and punctuality."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ndxp.agency import jobs
from ndxp.clock import begin
from ndxp.errors import Code
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.world import World
from services.one_stop import rules
from tests.services.chain import Chain, StandIn, at
from tests.services.conftest import MEMBER, OTHER, PORTAL, open_town
from tests.support.agencies import PARTS
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf

RequestId = Callable[[], str]
HANOI, HCMC, HA_NAM, QUANG_NINH = "VN/GOV/H26", "VN/GOV/H29", "VN/GOV/H25", "VN/GOV/H49"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_LOOK_EVERY", 0.005)


@pytest.fixture
async def chain(world: World, control: TokenOffice, tmp_path: Path) -> AsyncIterator[Chain]:
    begin(tmp_path / "clock", 0.0)
    names = ("population", "one_stop")
    async with open_town(world, control, tmp_path, names, clock_file=tmp_path / "clock") as town:
        yield Chain(town, tmp_path / "clock", StandIn())


@pytest.fixture
def desk(chain: Chain, world: World, request_id: RequestId) -> "Desk":
    return Desk(chain, world, request_id)


class Desk:
    """Somebody who files dossiers in a province and an officer who moves them on."""

    def __init__(self, chain: Chain, world: World, request_id: RequestId) -> None:
        self.chain = chain
        self.request_id = request_id
        citizen = world.persona("traveller").citizen
        self.applicant = {
            "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
        }  # fmt: skip

    async def file(self, province: str = HANOI, member: str = PORTAL, **instead: Any) -> pb.Dossier:
        fields: dict[str, Any] = {
            "request_id": self.request_id(), "procedure_code": "1.000001", "applicant": self.applicant,
            "general": {"subject": "a permit"},
        }  # fmt: skip
        request = pb.ReceiveDossierRequest(**{**fields, **instead})
        receive = self.chain.one_stop(member).ReceiveDossier
        answer: pb.ReceiveDossierResponse = await receive(request, metadata=at(province))
        return answer.dossier

    async def get(self, code: str, province: str = HANOI, member: str = PORTAL) -> pb.Dossier:
        request = pb.GetDossierRequest(code=code)
        answer: pb.GetDossierResponse = await self.chain.one_stop(member).GetDossier(request, metadata=at(province))
        return answer.dossier

    async def move(self, dossier: pb.Dossier, state: int, note: str = "why", province: str = HANOI) -> pb.Dossier:
        request = pb.MoveDossierRequest(
            request_id=self.request_id(), code=dossier.code, state=pb.DossierState.Name(state), note=note
        )
        officer = self.chain.one_stop(f"{province}/one-stop")
        answer: pb.MoveDossierResponse = await officer.MoveDossier(request, metadata=at(province))
        return answer.dossier

    async def bring_to(self, state: int, province: str = HANOI) -> pb.Dossier:
        """A new dossier in a state that officers give."""
        ways: dict[int, list[int]] = {
            rules.NEW: [], rules.RECEIVED: [rules.RECEIVED], rules.REFUSED: [rules.REFUSED],
            rules.IN_PROCESS: [rules.RECEIVED, rules.IN_PROCESS], rules.SUPPLEMENT: [rules.SUPPLEMENT],
            rules.PAYMENT: [rules.RECEIVED, rules.IN_PROCESS, rules.PAYMENT],
            rules.STOPPED: [rules.RECEIVED, rules.STOPPED],
            rules.DONE: [rules.RECEIVED, rules.IN_PROCESS, rules.DONE],
            rules.RETURNED: [rules.RECEIVED, rules.IN_PROCESS, rules.DONE, rules.RETURNED],
        }  # fmt: skip
        dossier = await self.file(province, online=True)
        for each in ways[state]:
            dossier = await self.move(dossier, each, province=province)
        return dossier


async def test_there_is_one_provider_for_each_province(world: World) -> None:
    assert len(PARTS["one_stop"].subsystems) == len(set(PARTS["one_stop"].subsystems)) == 63


async def test_codes_have_the_real_form_with_a_serial_for_each_province_and_day(desk: Desk) -> None:
    codes = [(await desk.file(province)).code for province in (HANOI, HANOI, HCMC)]
    desk.chain.advance(days=1)
    codes.append((await desk.file(HANOI)).code)
    assert codes == [
        "000.00.00.H26-230703-0001", "000.00.00.H26-230703-0002", "000.00.00.H29-230703-0001",
        "000.00.00.H26-230704-0001",
    ]  # fmt: skip


async def test_a_code_that_is_guessed_answers_like_one_that_nobody_has(desk: Desk, failure_of: "FailureOf") -> None:
    dossier = await desk.file(HANOI, member=MEMBER)
    unknown = await failure_of(desk.get("000.00.00.H26-230703-0777"))
    assert (unknown.code, unknown.reason) == (Code.NOT_FOUND, "DOSSIER_UNKNOWN")
    for member, province in ((PORTAL, HANOI), (OTHER, HANOI), (MEMBER, HCMC), (OTHER, HCMC)):
        guessed = await failure_of(desk.get(dossier.code, province, member))
        assert (guessed.code, guessed.reason, guessed.message) == (unknown.code, unknown.reason, unknown.message)
    assert (await desk.get(dossier.code, HANOI, MEMBER)).code == dossier.code


async def test_one_province_does_not_give_the_answer_of_another_again(desk: Desk) -> None:
    same = desk.request_id()
    here, there = await desk.file(HANOI, request_id=same), await desk.file(HCMC, request_id=same)
    assert (here.code, there.code) == ("000.00.00.H26-230703-0001", "000.00.00.H29-230703-0001")
    assert await desk.file(HANOI, request_id=same) == here


async def test_a_list_has_the_callers_own_dossiers_of_this_province_the_latest_first(desk: Desk) -> None:
    own = [await desk.file(HANOI) for _ in range(3)]
    await desk.file(HANOI, member=OTHER)
    await desk.file(HCMC)
    number = desk.applicant["citizen_number"]
    first = await desk.chain.one_stop().ListDossiers(
        pb.ListDossiersRequest(citizen_number=number, page_size=2), metadata=at(HANOI)
    )
    second = await desk.chain.one_stop().ListDossiers(
        pb.ListDossiersRequest(citizen_number=number, page_token=first.next_page_token), metadata=at(HANOI)
    )
    assert [*first.dossiers, *second.dossiers] == own[::-1]
    of_province = await desk.chain.one_stop(MEMBER).ListDossiers(
        pb.ListDossiersRequest(citizen_number=number), metadata=at(HANOI)
    )
    assert len(of_province.dossiers) == 4


@pytest.mark.parametrize("state", rules.BY_HAND)
async def test_an_officer_gives_the_states_that_may_follow_and_no_other(
    desk: Desk, failure_of: "FailureOf", state: int
) -> None:
    if state == rules.WITHDRAWN:
        dossier = await desk.file()
        request = pb.WithdrawDossierRequest(request_id=desk.request_id(), code=dossier.code)
        dossier = (await desk.chain.one_stop().WithdrawDossier(request, metadata=at(HANOI))).dossier
    else:
        dossier = await desk.bring_to(state)
    assert dossier.state == state
    for wrong in set(pb.DossierState.values()) - rules.BY_HAND[state]:
        failure = await failure_of(desk.move(dossier, wrong))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "STATE_INVALID")
    assert (await desk.get(dossier.code)) == dossier
    for right in rules.BY_HAND[state]:
        assert (await desk.move(await desk.bring_to(state), right)).state == right


@pytest.mark.parametrize("state", [rules.REFUSED, rules.SUPPLEMENT])
async def test_a_refusal_and_a_supplement_need_a_reason(desk: Desk, failure_of: "FailureOf", state: int) -> None:
    dossier = await desk.bring_to(rules.NEW)
    assert (await failure_of(desk.move(dossier, state, note=" "))).reason == "FIELD_MISSING"
    assert (await desk.move(dossier, state, note="a page is missing")).note == "a page is missing"


async def test_nobody_but_an_officer_of_the_province_moves_a_dossier(desk: Desk, failure_of: "FailureOf") -> None:
    dossier = await desk.file(online=True)
    for member in (PORTAL, OTHER):
        request = pb.MoveDossierRequest(request_id=desk.request_id(), code=dossier.code, state=rules.RECEIVED)
        failure = await failure_of(desk.chain.one_stop(member).MoveDossier(request, metadata=at(HANOI)))
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "DOSSIER_UNKNOWN")


async def test_a_supplement_by_hand_is_taken_and_without_one_the_dossier_is_stopped(
    desk: Desk, failure_of: "FailureOf"
) -> None:
    given, missing = await desk.bring_to(rules.SUPPLEMENT), await desk.bring_to(rules.SUPPLEMENT)
    request = pb.SupplementDossierRequest(request_id=desk.request_id(), code=given.code, text="the page")
    answer = await desk.chain.one_stop().SupplementDossier(request, metadata=at(HANOI))
    assert answer.dossier.state == rules.RECEIVED
    request.request_id = desk.request_id()
    failure = await failure_of(desk.chain.one_stop().SupplementDossier(request, metadata=at(HANOI)))
    assert failure.reason == "NO_SUPPLEMENT_WANTED"
    stopped = missing
    while stopped.state != rules.STOPPED:
        desk.chain.advance(hours=12)
        stopped = await desk.get(missing.code)
    assert stopped.ended_at.ToJsonString() >= "2023-07-12T10:00:00Z"
    assert (await desk.get(given.code)).state == rules.RECEIVED


async def test_what_has_ended_is_not_withdrawn(desk: Desk, failure_of: "FailureOf") -> None:
    dossier = await desk.bring_to(rules.DONE)
    request = pb.WithdrawDossierRequest(request_id=desk.request_id(), code=dossier.code)
    failure = await failure_of(desk.chain.one_stop().WithdrawDossier(request, metadata=at(HANOI)))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_ENDED")


@pytest.mark.parametrize(
    ("instead", "code", "reason"),
    [
        ({"general": None}, Code.INVALID_ARGUMENT, "MATTER_MISSING"),
        ({"general": {"subject": " "}}, Code.INVALID_ARGUMENT, "FIELD_MISSING"),
        ({"procedure_code": ""}, Code.INVALID_ARGUMENT, "FIELD_MISSING"),
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
        ({"applicant": None}, Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED"),
        ({"linked": {}}, Code.PERMISSION_DENIED, "LINKED_SERVICE_ONLY"),
        ({"land": {"price": 1}}, Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED"),
    ],
)
async def test_a_wrong_dossier_is_refused_and_nothing_is_stored(
    desk: Desk, failure_of: "FailureOf", instead: dict[str, Any], code: Code, reason: str
) -> None:
    if {"linked", "land"} & instead.keys():
        instead = {**instead, "general": None}
    failure = await failure_of(desk.file(**instead))
    assert (failure.code, failure.reason) == (code, reason)
    assert (await desk.file()).code.endswith("-0001")


async def test_an_applicant_whom_the_population_database_does_not_know_is_refused(
    desk: Desk, failure_of: "FailureOf"
) -> None:
    failure = await failure_of(desk.file(applicant={**desk.applicant, "full_name": "Trần Văn Khác"}))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "APPLICANT_NOT_MATCHED")


async def test_quang_ninh_issues_an_investment_certificate_within_twelve_working_hours(desk: Desk) -> None:
    here = await desk.file(QUANG_NINH, procedure_code=rules.INVESTMENT_CERTIFICATE)
    elsewhere = await desk.file(HANOI, procedure_code=rules.INVESTMENT_CERTIFICATE)
    assert here.received_at.ToJsonString() == "2023-07-03T01:00:00Z"  # Monday, 08:00
    assert here.due_at.ToJsonString() == "2023-07-04T06:30:00Z"  # Tuesday, 13:30
    assert elsewhere.due_at.ToJsonString() == "2023-07-24T10:00:00Z"  # fifteen working days


async def test_ha_nam_sees_what_is_online_on_time_and_late(desk: Desk) -> None:
    async def punctuality() -> pb.GetPunctualityResponse:
        officer = desk.chain.one_stop(f"{HA_NAM}/one-stop")
        answer: pb.GetPunctualityResponse = await officer.GetPunctuality(
            pb.GetPunctualityRequest(), metadata=at(HA_NAM)
        )
        return answer

    assert await punctuality() == pb.GetPunctualityResponse()
    await desk.bring_to(rules.DONE, HA_NAM)
    late = [await desk.bring_to(rules.IN_PROCESS, HA_NAM) for _ in range(2)]
    await desk.bring_to(rules.REFUSED, HA_NAM)
    desk.chain.advance(days=9)
    await desk.file(HA_NAM)
    assert await punctuality() == pb.GetPunctualityResponse(received=5, online=4, ended=1, on_time=1, late=2)
    await desk.move(late[0], rules.DONE, province=HA_NAM)
    assert await punctuality() == pb.GetPunctualityResponse(received=5, online=4, ended=2, on_time=1, late=1)
