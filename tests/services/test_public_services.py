"""The portal: accounts, the catalogue, dossiers sent on and synchronised, payments, results."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest

from ndxp.clock import FIRST_MOMENT, begin, move
from ndxp.errors import AgencyError, Code
from ndxp.life_events.v1 import life_events_pb2 as linked
from ndxp.life_events.v1 import life_events_pb2_grpc as linked_grpc
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.one_stop.v1 import one_stop_pb2_grpc as one_stop_grpc
from ndxp.public_services.v1 import public_services_pb2 as pb
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceStub
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wire import status
from ndxp.world import Citizen, World
from ndxp.world.procedures import LAND_CHANGE, LINKED_BIRTH, LINKED_DEATH, OnlineLevel, procedures
from ndxp.world.registers.portal_accounts import PortalAccounts
from services.public_services import rules
from tests.services.conftest import MEMBER, OTHER, SECRETS, open_town

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town
    from tests.support.fakes import TokenOffice

WALLET, COMPANY, OFFICE = "VN/GOV/G01/wallet", "VN/COM/9900000023/payments", "VN/GOV/G22/lgsp"
LIFE_EVENTS, MINISTRY = "VN/GOV/G22/life-events", "VN/GOV/G04/lgsp"
CODE = "000.00.00.H26-230703-0001"
NOW = f"{FIRST_MOMENT:%Y%m%d%H%M%S}"


class LinkedService(linked_grpc.LifeEventServiceServicer):
    """Stands for the linked-service software: the same request is the same dossier; one state for all."""

    def __init__(self) -> None:
        self.births: dict[str, linked.SubmitBirthRequest] = {}
        self.deaths: list[linked.SubmitDeathRequest] = []
        self.supplements: list[linked.SupplementDossierRequest] = []
        self.state: Any = linked.DOSSIER_STATE_RECEIVED

    async def SubmitBirth(self, request: linked.SubmitBirthRequest, _: Any) -> linked.SubmitBirthResponse:
        self.births[request.request_id] = request
        return linked.SubmitBirthResponse(dossier=self._dossier(f"G22.99-230703-birth{len(self.births)}"))

    async def SubmitDeath(self, request: linked.SubmitDeathRequest, context: Any) -> linked.SubmitDeathResponse:
        if len(request.procedures) < 2:
            said = status.encode(AgencyError(Code.INVALID_ARGUMENT, "PROCEDURES_TOO_FEW", "choose two at least"))
            context.set_trailing_metadata((("grpc-status-details-bin", said),))
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "choose two at least")
        self.deaths.append(request)
        return linked.SubmitDeathResponse(dossier=self._dossier("G22.99-230703-death"))

    async def GetDossier(self, request: linked.GetDossierRequest, _: Any) -> linked.GetDossierResponse:
        return linked.GetDossierResponse(dossier=self._dossier(request.code))

    async def SupplementDossier(
        self, request: linked.SupplementDossierRequest, _: Any
    ) -> linked.SupplementDossierResponse:
        self.supplements.append(request)
        return linked.SupplementDossierResponse(dossier=self._dossier(request.code))

    async def WithdrawDossier(self, request: linked.WithdrawDossierRequest, _: Any) -> linked.WithdrawDossierResponse:
        self.state = linked.DOSSIER_STATE_RETURNED
        return linked.WithdrawDossierResponse(dossier=self._dossier(request.code))

    def _dossier(self, code: str) -> linked.Dossier:
        return linked.Dossier(code=code, state=self.state, note="as it is")


class OneStop(one_stop_grpc.OneStopServiceServicer):
    """Stands for the one-stop system of a province."""

    def __init__(self) -> None:
        self.received: list[one_stop.ReceiveDossierRequest] = []
        self.supplements: list[one_stop.SupplementDossierRequest] = []
        self.state: Any = one_stop.DOSSIER_STATE_NEW

    async def ReceiveDossier(self, request: one_stop.ReceiveDossierRequest, _: Any) -> one_stop.ReceiveDossierResponse:
        self.received.append(request)
        return one_stop.ReceiveDossierResponse(dossier=one_stop.Dossier(code=CODE, state=self.state))

    async def GetDossier(self, request: one_stop.GetDossierRequest, _: Any) -> one_stop.GetDossierResponse:
        return one_stop.GetDossierResponse(dossier=one_stop.Dossier(code=request.code, state=self.state))

    async def SupplementDossier(
        self, request: one_stop.SupplementDossierRequest, _: Any
    ) -> one_stop.SupplementDossierResponse:
        self.supplements.append(request)
        return one_stop.SupplementDossierResponse(dossier=one_stop.Dossier(code=request.code, state=self.state))

    async def WithdrawDossier(
        self, request: one_stop.WithdrawDossierRequest, context: Any
    ) -> one_stop.WithdrawDossierResponse:
        said = status.encode(AgencyError(Code.FAILED_PRECONDITION, "AGENCY_AT_WORK", "an agency works on it"))
        context.set_trailing_metadata((("grpc-status-details-bin", said),))
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "an agency works on it")
        return one_stop.WithdrawDossierResponse()


class Portal:
    """The portal with those that it sends dossiers to, and its methods as members call them."""

    def __init__(self, town: "Town", clock: Path) -> None:
        self.town = town
        self.linked, self.one_stop = LinkedService(), OneStop()
        self._clock, self._now = clock, FIRST_MOMENT

    def later(self, by: timedelta) -> None:
        self._now += by
        move(self._clock, self._now)

    async def call(self, member: str, method: str, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name and "request_id" not in fields:
            request.request_id = str(uuid4())
        return await getattr(PublicServiceServiceStub(self.town.channel(member)), method)(request)

    async def sync(self, **different: Any) -> Any:
        usual: dict[str, Any] = {
            "code": CODE, "procedure_code": LAND_CHANGE, "state": one_stop.DOSSIER_STATE_RECEIVED, "received_at": NOW,
        }  # fmt: skip
        return await self.call(different.pop("member", MEMBER), "SyncDossier", **{**usual, **different})

    async def progress(self, state: Any, **different: Any) -> Any:
        usual: dict[str, Any] = {"code": CODE, "state": state, "changed_at": NOW}
        return await self.call(different.pop("member", MEMBER), "UpdateProgress", **{**usual, **different})

    async def state(self) -> Any:
        return (await self.call(MEMBER, "GetDossier", code=CODE)).dossier.state


@pytest.fixture
async def portal(
    world: World, control: "TokenOffice", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Portal]:
    for name in (WALLET, COMPANY, OFFICE, LIFE_EVENTS, MINISTRY):
        monkeypatch.setitem(SECRETS, name, f"secret of {name}")
    begin(tmp_path / "clock", 0.0)
    names = ("population", "public_services")
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(
            open_town(world, control, tmp_path, names, clock_file=tmp_path / "clock")
        )
        portal = Portal(town, tmp_path / "clock")
        server = grpc.aio.server()
        linked_grpc.add_LifeEventServiceServicer_to_server(portal.linked, server)
        one_stop_grpc.add_OneStopServiceServicer_to_server(portal.one_stop, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        stack.push_async_callback(server.stop, None)
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        town.gateway.providers["ndxp.life_events.v1.LifeEventService", LIFE_EVENTS] = channel
        town.gateway.providers["ndxp.one_stop.v1.OneStopService", MEMBER] = channel
        yield portal


def claim(citizen: Citizen) -> dict[str, str]:
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


@pytest.fixture(scope="module")
def holder(world: World) -> Citizen:
    """A citizen with an account of the world."""
    return next(each for each in world.sample(1_000, alive=True) if world.identifier(PortalAccounts, each.number))


@pytest.fixture(scope="module")
def newcomer(world: World) -> Citizen:
    """A citizen without one."""
    return next(each for each in world.sample(1_000, alive=True) if not world.identifier(PortalAccounts, each.number))


async def test_a_verified_citizen_opens_one_account(
    portal: Portal, holder: Citizen, newcomer: Citizen, failure_of: "FailureOf"
) -> None:
    assert not (await portal.call(WALLET, "GetAccount", citizen_number=newcomer.number)).HasField("account")
    opened = await portal.call(WALLET, "RegisterAccount", request_id="1", **claim(newcomer))
    assert (opened.account.citizen_number, opened.account.opened_on) == (newcomer.number, "2023-07-03")
    assert await portal.call(WALLET, "RegisterAccount", request_id="1", **claim(newcomer)) == opened
    assert (await portal.call(WALLET, "GetAccount", citizen_number=newcomer.number)).account == opened.account
    for citizen in (newcomer, holder):
        failure = await failure_of(portal.call(WALLET, "RegisterAccount", **claim(citizen)))
        assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "ACCOUNT_EXISTS")


async def test_nobody_who_is_not_a_living_citizen_opens_an_account(
    portal: Portal, world: World, newcomer: Citizen, failure_of: "FailureOf"
) -> None:
    deceased = world.persona("deceased-insured").citizen
    for wrong in ({**claim(newcomer), "full_name": "Ai Khác"}, claim(deceased)):
        failure = await failure_of(portal.call(WALLET, "RegisterAccount", **wrong))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "CITIZEN_NOT_MATCHED")
        account = await portal.call(WALLET, "GetAccount", citizen_number=wrong["citizen_number"])
        assert account.HasField("account") is bool(world.identifier(PortalAccounts, wrong["citizen_number"]))


async def test_the_catalogue_is_read_page_by_page(portal: Portal, failure_of: "FailureOf") -> None:
    listed: list[pb.Procedure] = []
    token = ""
    while token or not listed:
        fields = {"body": "VN/GOV/G18", "page_size": 100, "page_token": token}
        page = await portal.call(MEMBER, "ListProcedures", **fields)
        listed += page.procedures
        token = page.next_page_token
    assert [each.code for each in listed] == [each.code for _, each in procedures(body="VN/GOV/G18")]
    essential = (await portal.call(MEMBER, "ListProcedures", essential=True)).procedures
    assert len(essential) == 25
    kinds = {each.code: each.linked for each in essential if each.linked}
    assert kinds == {LINKED_BIRTH: linked.LIFE_EVENT_KIND_BIRTH, LINKED_DEATH: linked.LIFE_EVENT_KIND_DEATH}
    assert (await portal.call(MEMBER, "GetProcedure", code=essential[0].code)).procedure == essential[0]
    failure = await failure_of(portal.call(MEMBER, "GetProcedure", code="9.999999"))
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "PROCEDURE_UNKNOWN")
    failure = await failure_of(portal.call(MEMBER, "ListProcedures", page_token="-1"))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


def submission(citizen: Citizen, **different: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "procedure_code": LINKED_BIRTH, "province": "VN/GOV/H26", "applicant": claim(citizen),
        "birth": linked.Birth(surname="Trần", given_name="An"),
    }  # fmt: skip
    return {**usual, **different}


async def test_a_birth_goes_to_the_linked_service_and_its_state_is_what_that_says(
    portal: Portal, holder: Citizen
) -> None:
    filed = submission(holder, request_id="1")
    dossier = (await portal.call(WALLET, "SubmitDossier", **filed)).dossier
    assert (await portal.call(WALLET, "SubmitDossier", **filed)).dossier == dossier
    [birth] = portal.linked.births.values()
    assert (birth.province, birth.birth.surname, birth.applicant.citizen_number) == (
        "VN/GOV/H26",
        "Trần",
        holder.number,
    )
    assert (dossier.code, dossier.state) == ("G22.99-230703-birth1", one_stop.DOSSIER_STATE_NEW)
    portal.linked.state = linked.DOSSIER_STATE_DONE
    shown = (await portal.call(WALLET, "GetDossier", code=dossier.code)).dossier
    assert (shown.state, shown.note) == (one_stop.DOSSIER_STATE_DONE, "as it is")
    listed = await portal.call(WALLET, "ListDossiers", citizen_number=holder.number)
    assert [each.code for each in listed.dossiers] == [dossier.code]
    hashed = subject_hash(SECRETS[SUBJECTS].encode(), holder.number)
    assert portal.town.gateway.forwarded[-1].subjects == hashed


async def test_a_request_that_was_sent_on_before_a_crash_is_the_same_dossier_there(
    portal: Portal, holder: Citizen, monkeypatch: pytest.MonkeyPatch, failure_of: "FailureOf"
) -> None:
    def crash(*_: Any) -> None:
        raise AssertionError

    filed = submission(holder, request_id="1")
    service = portal.town.agencies["public_services"].foundation.database
    with monkeypatch.context() as broken:
        broken.setattr(service, "once", crash)
        await failure_of(portal.call(WALLET, "SubmitDossier", **filed))
    await portal.call(WALLET, "SubmitDossier", **filed)
    await portal.call(OFFICE, "SubmitDossier", **filed)
    assert len(portal.linked.births) == 2  # the wallet's, and that of another caller with the same request_id


async def test_a_death_takes_the_chosen_procedures_and_a_refusal_there_is_the_answer_here(
    portal: Portal, holder: Citizen, failure_of: "FailureOf"
) -> None:
    chosen = [linked.PROCEDURE_DEATH_REGISTRATION, linked.PROCEDURE_RESIDENCE_REMOVAL]
    death = submission(holder, procedure_code=LINKED_DEATH, death=pb.LinkedDeath(procedures=chosen))
    del death["birth"]
    await portal.call(WALLET, "SubmitDossier", **death)
    assert list(portal.linked.deaths[0].procedures) == chosen
    failure = await failure_of(portal.call(WALLET, "SubmitDossier", **{**death, "death": pb.LinkedDeath()}))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "PROCEDURES_TOO_FEW")
    assert len((await portal.call(WALLET, "ListDossiers", citizen_number=holder.number)).dossiers) == 1


async def test_every_other_dossier_goes_to_the_one_stop_of_its_province(portal: Portal, holder: Citizen) -> None:
    land = one_stop.LandTransfer(certificate_number="CT 1", price=1_000)
    filed = submission(holder, procedure_code=LAND_CHANGE, land=land)
    del filed["birth"]
    dossier = (await portal.call(WALLET, "SubmitDossier", **filed)).dossier
    assert portal.one_stop.received[0].land == land
    assert portal.one_stop.received[0].online
    assert (dossier.code, dossier.works_on_it) == (CODE, MEMBER)
    portal.one_stop.state = one_stop.DOSSIER_STATE_IN_PROCESS
    shown = (await portal.call(WALLET, "GetDossier", code=CODE)).dossier
    assert shown.state == one_stop.DOSSIER_STATE_IN_PROCESS


async def test_a_birth_is_supplemented_and_withdrawn_where_it_is_worked_on(
    portal: Portal, holder: Citizen, failure_of: "FailureOf"
) -> None:
    code = (await portal.call(WALLET, "SubmitDossier", **submission(holder))).dossier.code
    right = {"code": code, "text": "tên mẹ", "birth": linked.Birth(surname="Lê")}
    portal.linked.state = linked.DOSSIER_STATE_ACCEPTED
    supplemented = await portal.call(WALLET, "SupplementDossier", request_id="1", **right)
    assert await portal.call(WALLET, "SupplementDossier", request_id="1", **right) == supplemented
    assert [each.birth.surname for each in portal.linked.supplements] == ["Lê"]
    assert supplemented.dossier.state == one_stop.DOSSIER_STATE_RECEIVED
    for different, reason in (
        ({"birth": None}, "MATTER_MISSING"),
        ({"birth": None, "land": one_stop.LandTransfer()}, "MATTER_WRONG"),
        ({"text": ""}, "FIELD_MISSING"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ):
        assert (await failure_of(portal.call(WALLET, "SupplementDossier", **{**right, **different}))).reason == reason
    assert len(portal.linked.supplements) == 1
    withdrawn = await portal.call(WALLET, "WithdrawDossier", code=code)
    listed = await portal.call(WALLET, "ListDossiers", citizen_number=holder.number)
    assert [withdrawn.dossier.state, listed.dossiers[0].state] == [one_stop.DOSSIER_STATE_WITHDRAWN] * 2


async def test_a_transfer_of_land_is_supplemented_at_the_one_stop_whose_refusal_is_the_answer_here(
    portal: Portal, holder: Citizen, failure_of: "FailureOf"
) -> None:
    land = one_stop.LandTransfer(certificate_number="CT 1", price=1_000)
    filed = submission(holder, procedure_code=LAND_CHANGE, land=land)
    del filed["birth"]
    await portal.call(WALLET, "SubmitDossier", **filed)
    portal.one_stop.state = one_stop.DOSSIER_STATE_RECEIVED
    right = one_stop.LandTransfer(certificate_number="CT 2", price=1_000)
    answer = await portal.call(WALLET, "SupplementDossier", code=CODE, text="số giấy chứng nhận", land=right)
    assert (answer.dossier.state, portal.one_stop.supplements[0].land) == (one_stop.DOSSIER_STATE_RECEIVED, right)
    failure = await failure_of(portal.call(WALLET, "WithdrawDossier", code=CODE))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "AGENCY_AT_WORK")


async def test_what_was_filed_elsewhere_is_not_supplemented_or_withdrawn_here(
    portal: Portal, failure_of: "FailureOf"
) -> None:
    await portal.sync()
    for method, more in (("SupplementDossier", {"text": "x"}), ("WithdrawDossier", {})):
        failure = await failure_of(portal.call(OFFICE, method, code=CODE, **more))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_FILED_HERE")
        failure = await failure_of(portal.call(WALLET, method, code=CODE, **more))
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "DOSSIER_UNKNOWN")


async def test_a_dossier_that_its_body_synchronises_before_it_is_stored_here_stays_as_far_as_it_is(
    portal: Portal, holder: Citizen
) -> None:
    await portal.sync(citizen_number=holder.number)
    await portal.progress(one_stop.DOSSIER_STATE_IN_PROCESS)
    filed = submission(holder, procedure_code=LAND_CHANGE, land=one_stop.LandTransfer(price=1))
    del filed["birth"]
    dossier = (await portal.call(WALLET, "SubmitDossier", **filed)).dossier
    assert (dossier.code, dossier.state) == (CODE, one_stop.DOSSIER_STATE_IN_PROCESS)
    assert (await portal.call(WALLET, "ListDossiers", citizen_number=holder.number)).dossiers == [dossier]
    await portal.progress(one_stop.DOSSIER_STATE_DONE)


OFFLINE = next(each.code for _, each in procedures() if each.level is OnlineLevel.NONE)


@pytest.mark.parametrize(
    ("different", "code", "reason"),
    [
        ({"province": "VN/GOV/H99"}, Code.INVALID_ARGUMENT, "PROVINCE_UNKNOWN"),
        ({"procedure_code": "1.1"}, Code.NOT_FOUND, "PROCEDURE_UNKNOWN"),
        ({"procedure_code": OFFLINE}, Code.FAILED_PRECONDITION, "NOT_ONLINE"),
        ({"procedure_code": LAND_CHANGE}, Code.INVALID_ARGUMENT, "MATTER_WRONG"),
        ({"applicant": {"citizen_number": "1"}}, Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED"),
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_wrong_submission_is_sent_nowhere(
    portal: Portal, holder: Citizen, failure_of: "FailureOf", different: dict[str, Any], code: Code, reason: str
) -> None:
    failure = await failure_of(portal.call(WALLET, "SubmitDossier", **submission(holder, **different)))
    assert (failure.code, failure.reason) == (code, reason)
    assert not portal.linked.births


async def test_who_has_no_account_files_nothing(
    portal: Portal, holder: Citizen, newcomer: Citizen, failure_of: "FailureOf"
) -> None:
    wrong = {**claim(holder), "full_name": "Ai Khác"}
    for filed in (submission(newcomer), submission(holder, applicant=wrong)):
        failure = await failure_of(portal.call(WALLET, "SubmitDossier", **filed))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ACCOUNT_UNKNOWN")
    await portal.call(WALLET, "RegisterAccount", **{**claim(newcomer), "birth_date": str(newcomer.birth_date.year)})
    await portal.call(WALLET, "SubmitDossier", **submission(newcomer))
    assert len(portal.linked.births) == 1


async def test_a_body_looks_up_creates_updates_and_moves_its_dossiers(portal: Portal, failure_of: "FailureOf") -> None:
    assert not (await portal.call(MEMBER, "LookUpDossier", code=CODE)).found
    failure = await failure_of(portal.sync(updating=True))
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "DOSSIER_UNKNOWN")
    created = await portal.sync(due_at="20230707170000")
    assert (created.result_code, created.dossier.code) == (0, CODE)
    failure = await failure_of(portal.sync())
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "DOSSIER_EXISTS")
    portal.later(timedelta(hours=1))
    updated = await portal.sync(updating=True, state=one_stop.DOSSIER_STATE_IN_PROCESS)
    assert (updated.result_code, updated.dossier.state) == (0, one_stop.DOSSIER_STATE_IN_PROCESS)
    moved = await portal.progress(one_stop.DOSSIER_STATE_DONE, changed_at="20230703091500", note="Đã có kết quả")
    assert (moved.result_code, moved.dossier.note) == (0, "Đã có kết quả")
    found = await portal.call(MEMBER, "LookUpDossier", code=CODE)
    assert (found.found, found.state, found.updated_at) == (True, one_stop.DOSSIER_STATE_DONE, "20230703090000")


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"code": "nothing"}, "DOSSIER_CODE_MALFORMED"),
        ({"code": CODE.replace("H26", "H29")}, "DOSSIER_CODE_OF_ANOTHER_BODY"),
        ({"member": MINISTRY}, "DOSSIER_CODE_OF_ANOTHER_BODY"),
        ({"state": 11}, "STATE_UNKNOWN"),
        ({"state": 0}, "STATE_UNKNOWN"),
        ({"procedure_code": "x"}, "PROCEDURE_UNKNOWN"),
        ({"received_at": "2023-07-03"}, "RECEIVED_AT_MALFORMED"),
        ({"received_at": "20230231080000"}, "RECEIVED_AT_MALFORMED"),
        ({"received_at": "20230704080000"}, "RECEIVED_AT_IN_FUTURE"),
        ({"due_at": "20230702080000"}, "DUE_BEFORE_RECEIPT"),
        ({"citizen_number": "12"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_wrong_synchronisation_stores_nothing(
    portal: Portal, failure_of: "FailureOf", different: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(portal.sync(**different))
    assert failure.reason == reason
    assert not (await portal.call(MEMBER, "LookUpDossier", code=CODE)).found


async def test_a_dossier_changes_its_state_in_the_order_of_the_table_only(
    portal: Portal, failure_of: "FailureOf"
) -> None:
    await portal.sync(state=one_stop.DOSSIER_STATE_NEW)
    for state, note in (
        (one_stop.DOSSIER_STATE_DONE, "TRANSITION_INVALID"),
        (one_stop.DOSSIER_STATE_RETURNED, "TRANSITION_INVALID"),
        (12, "STATE_UNKNOWN"),
    ):
        assert (await failure_of(portal.progress(state))).reason == note
    failure = await failure_of(portal.progress(one_stop.DOSSIER_STATE_RECEIVED, changed_at="20230703075959"))
    assert failure.reason == "CHANGED_BEFORE_LAST"
    assert (await failure_of(portal.progress(one_stop.DOSSIER_STATE_RECEIVED, changed_at="9"))).reason == (
        "CHANGED_AT_MALFORMED"
    )
    assert await portal.state() == one_stop.DOSSIER_STATE_NEW
    for state in (
        one_stop.DOSSIER_STATE_RECEIVED, one_stop.DOSSIER_STATE_RECEIVED, one_stop.DOSSIER_STATE_PAYMENT,
        one_stop.DOSSIER_STATE_DONE, one_stop.DOSSIER_STATE_RETURNED,
    ):  # fmt: skip
        await portal.progress(state)
        assert await portal.state() == state
    assert (await failure_of(portal.progress(one_stop.DOSSIER_STATE_IN_PROCESS))).reason == "TRANSITION_INVALID"


async def test_an_update_changes_neither_applicant_nor_procedure(
    portal: Portal, holder: Citizen, failure_of: "FailureOf"
) -> None:
    await portal.sync()
    for different, reason in (
        ({"citizen_number": holder.number}, "APPLICANT_DIFFERS"),
        ({"procedure_code": LINKED_BIRTH}, "PROCEDURE_DIFFERS"),
    ):
        assert (await failure_of(portal.sync(updating=True, **different))).reason == reason


DOCUMENT = pb.Document(
    title="Giấy chứng nhận", media_type="text/plain", content=b"ket qua", sha256=hashlib.sha256(b"ket qua").hexdigest()
)


async def test_a_result_is_stored_once_when_the_dossier_is_done(portal: Portal, failure_of: "FailureOf") -> None:
    await portal.sync()
    failure = await failure_of(portal.call(MEMBER, "StoreResult", code=CODE, document=DOCUMENT))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOT_DONE")
    failure = await failure_of(portal.call(MEMBER, "GetResult", code=CODE))
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "RESULT_UNKNOWN")
    await portal.progress(one_stop.DOSSIER_STATE_DONE)
    for different, reason in (
        ({"sha256": "0" * 64}, "HASH_DIFFERS"),
        ({"media_type": "text/html"}, "MEDIA_TYPE_UNKNOWN"),
        ({"content": b""}, "CONTENT_SIZE"),
        ({"content": bytes(256 * 1024 + 1)}, "CONTENT_SIZE"),
        ({"title": " "}, "FIELD_MISSING"),
    ):
        wrong = pb.Document()
        wrong.CopyFrom(DOCUMENT)
        wrong.MergeFrom(pb.Document(**different))
        for field in different:
            setattr(wrong, field, different[field])
        assert (await failure_of(portal.call(MEMBER, "StoreResult", code=CODE, document=wrong))).reason == reason
    assert (await portal.call(MEMBER, "StoreResult", code=CODE, document=DOCUMENT)).dossier.has_result
    assert (await portal.call(MEMBER, "GetResult", code=CODE)).document == DOCUMENT
    failure = await failure_of(portal.call(MEMBER, "StoreResult", code=CODE, document=DOCUMENT))
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "RESULT_EXISTS")


async def test_anothers_dossier_is_as_one_that_does_not_exist(portal: Portal, failure_of: "FailureOf") -> None:
    await portal.sync()
    await portal.progress(one_stop.DOSSIER_STATE_DONE)
    await portal.call(MEMBER, "StoreResult", code=CODE, document=DOCUMENT)
    await portal.call(COMPANY, "OnboardCompany")
    for method, field, more in (
        ("GetDossier", "code", {}),
        ("GetResult", "code", {}),
        ("BeginPayment", "dossier_code", {"amount": 1, "company": COMPANY}),
    ):
        failures = [
            await failure_of(portal.call(member, method, **{field: code}, **more))
            for member, code in ((OTHER, CODE), (OTHER, f"{CODE}9"), (WALLET, CODE))
        ]
        assert {(failure.code, failure.reason, failure.message) for failure in failures} == {
            (Code.NOT_FOUND, "DOSSIER_UNKNOWN", "none of your dossiers has this code")
        }
    for member in (MEMBER, OFFICE):
        assert (await portal.call(member, "GetResult", code=CODE)).document == DOCUMENT


class Payments:
    """A payment of 50,000 đồng that has begun, and the company's key."""

    def __init__(self, portal: Portal, secret: bytes, begun: Any) -> None:
        self._portal, self._secret = portal, secret
        self.payment, self.token = begun.payment, begun.redirect_token

    async def confirm(self, **different: Any) -> Any:
        member, secret = different.pop("member", COMPANY), different.pop("secret", self._secret)
        fields: dict[str, Any] = {
            "payment_code": self.payment.code, "redirect_token": self.token, "amount": 50_000,
            "outcome": pb.PAYMENT_STATE_SUCCESS, "company_reference": "BC-1", **different,
        }  # fmt: skip
        signed = [fields[name] for name in ("payment_code", "redirect_token", "amount", "outcome", "company_reference")]
        text = "\n".join(["ndxp.public_services.v1.ConfirmPayment", *map(str, signed)]).encode()
        fields.setdefault("signature", hmac.digest(secret, text, "sha256"))
        return await self._portal.call(member, "ConfirmPayment", **fields)

    async def query(self, member: str = MEMBER) -> Any:
        return (await self._portal.call(member, "QueryPayment", payment_code=self.payment.code)).payment

    async def refund(self, amount: int, **more: Any) -> Any:
        fields = {"payment_code": self.payment.code, "amount": amount, "reason": "trả lại", **more}
        return (await self._portal.call(OFFICE, "RefundPayment", **fields)).payment


@pytest.fixture
async def payments(portal: Portal) -> Payments:
    secret = (await portal.call(COMPANY, "OnboardCompany")).signing_secret
    await portal.sync()
    begun = await portal.call(MEMBER, "BeginPayment", dossier_code=CODE, amount=50_000, company=COMPANY)
    return Payments(portal, secret, begun)


async def test_a_payment_is_confirmed_by_a_signed_callback_once(
    payments: Payments, portal: Portal, failure_of: "FailureOf"
) -> None:
    assert payments.payment.state == pb.PAYMENT_STATE_PENDING
    paid = (await payments.confirm(request_id="1")).payment
    assert (paid.state, paid.company_reference) == (pb.PAYMENT_STATE_SUCCESS, "BC-1")
    assert (await payments.confirm(request_id="1")).payment == paid
    for different in ({}, {"outcome": pb.PAYMENT_STATE_FAILED}):
        failure = await failure_of(payments.confirm(**different))
        assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "PAYMENT_CONFIRMED")
    portal.later(timedelta(hours=1))
    assert await payments.query() == paid
    assert await payments.query(COMPANY) == paid


@pytest.mark.parametrize(
    ("different", "code", "reason"),
    [
        ({"signature": b""}, Code.INVALID_ARGUMENT, "SIGNATURE_INVALID"),
        ({"secret": b"another"}, Code.INVALID_ARGUMENT, "SIGNATURE_INVALID"),
        ({"amount": 49_999}, Code.INVALID_ARGUMENT, "AMOUNT_DIFFERS"),
        ({"redirect_token": "another"}, Code.INVALID_ARGUMENT, "REDIRECT_TOKEN_WRONG"),
        ({"outcome": pb.PAYMENT_STATE_PENDING}, Code.INVALID_ARGUMENT, "OUTCOME_UNKNOWN"),
        ({"company_reference": "a\nb"}, Code.INVALID_ARGUMENT, "FIELD_MALFORMED"),
        ({"payment_code": "nothing"}, Code.NOT_FOUND, "PAYMENT_UNKNOWN"),
        ({"member": OTHER}, Code.NOT_FOUND, "PAYMENT_UNKNOWN"),
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_wrong_confirmation_changes_nothing(
    payments: Payments, portal: Portal, failure_of: "FailureOf", different: dict[str, Any], code: Code, reason: str
) -> None:
    failure = await failure_of(payments.confirm(**different))
    assert (failure.code, failure.reason) == (code, reason)
    portal.later(timedelta(minutes=30))
    assert (await payments.query()).state == pb.PAYMENT_STATE_PENDING


async def test_what_was_signed_for_one_payment_is_good_for_no_other(
    payments: Payments, portal: Portal, failure_of: "FailureOf"
) -> None:
    begun = await portal.call(MEMBER, "BeginPayment", dossier_code=CODE, amount=50_000, company=COMPANY)
    args = (payments.payment.code, payments.token, 50_000, rules.SUCCESS, "BC-1")
    secret = (await portal.call(COMPANY, "OnboardCompany")).signing_secret  # the key is a new one from here on
    signature = hmac.digest(secret, rules.payment_text(*args), "sha256")
    failure = await failure_of(
        payments.confirm(payment_code=begun.payment.code, redirect_token=begun.redirect_token, signature=signature)
    )
    assert failure.reason == "SIGNATURE_INVALID"
    assert (await failure_of(payments.confirm())).reason == "SIGNATURE_INVALID"
    assert (await payments.confirm(signature=signature)).payment.state == pb.PAYMENT_STATE_SUCCESS


async def test_a_payment_is_asked_about_from_30_minutes_to_3_days_and_expires_then(
    payments: Payments, portal: Portal, failure_of: "FailureOf"
) -> None:
    portal.later(timedelta(minutes=29))
    assert (await failure_of(payments.query())).reason == "PAYMENT_TOO_YOUNG"
    portal.later(timedelta(minutes=1))
    assert (await payments.query()).state == pb.PAYMENT_STATE_PENDING
    portal.later(timedelta(days=3, minutes=-31))
    assert (await payments.query()).state == pb.PAYMENT_STATE_PENDING
    portal.later(timedelta(minutes=1))
    assert (await payments.query()).state == pb.PAYMENT_STATE_FAILED
    failure = await failure_of(payments.confirm())
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "PAYMENT_EXPIRED")
    portal.later(timedelta(minutes=1))
    failure = await failure_of(payments.query())
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "PAYMENT_TOO_OLD")


async def test_a_payment_is_given_back_once_and_not_more_than_was_paid(
    payments: Payments, failure_of: "FailureOf"
) -> None:
    assert (await failure_of(payments.refund(1))).reason == "NOT_PAID"
    await payments.confirm()
    for amount in (0, -1, 50_001):
        failure = await failure_of(payments.refund(amount))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "AMOUNT_OUT_OF_RANGE")
    assert (await failure_of(payments.refund(1, reason=""))).reason == "FIELD_MISSING"
    assert (await payments.refund(20_000)).refunded == 20_000
    assert (await failure_of(payments.refund(1))).reason == "ALREADY_REFUNDED"


async def test_a_payment_that_failed_is_not_given_back(payments: Payments, failure_of: "FailureOf") -> None:
    assert (await payments.confirm(outcome=pb.PAYMENT_STATE_FAILED)).payment.state == pb.PAYMENT_STATE_FAILED
    assert (await failure_of(payments.refund(1))).reason == "NOT_PAID"


async def test_a_payment_that_cannot_be_made_does_not_begin(
    portal: Portal, payments: Payments, failure_of: "FailureOf"
) -> None:
    usual: dict[str, Any] = {"dossier_code": CODE, "amount": 1, "company": COMPANY}
    for different, reason in (
        ({"amount": 0}, "AMOUNT_OUT_OF_RANGE"),
        ({"amount": 100_000_000_001}, "AMOUNT_OUT_OF_RANGE"),
        ({"company": "VN/COM/9900000030/payments"}, "COMPANY_UNKNOWN"),
        ({"company": ""}, "FIELD_MISSING"),
        ({"dossier_code": "x"}, "DOSSIER_UNKNOWN"),
    ):
        assert (await failure_of(portal.call(MEMBER, "BeginPayment", **{**usual, **different}))).reason == reason
    await portal.progress(one_stop.DOSSIER_STATE_STOPPED)
    failure = await failure_of(portal.call(MEMBER, "BeginPayment", **usual))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "DOSSIER_ENDED")


async def test_anothers_payment_is_as_one_that_does_not_exist(payments: Payments, failure_of: "FailureOf") -> None:
    for member in (OTHER, WALLET):
        failure = await failure_of(payments.query(member))
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "PAYMENT_UNKNOWN")
