"""The wallet: documents gathered side by side, presentations that are checked offline, reports of offences."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.clock import VIETNAM, move
from ndxp.errors import Code
from ndxp.sd_jwt import PresentationRefused, check
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wallet.v1 import wallet_pb2 as pb
from ndxp.wallet.v1.wallet_pb2_grpc import WalletServiceStub
from ndxp.wire import metadata
from ndxp.world import Citizen, World
from ndxp.world.registers.health_insurance import HealthInsurance
from ndxp.world.registers.licences import Licences
from ndxp.world.registers.passports import Passports
from ndxp.world.registers.vehicles import Vehicles
from ndxp.world.registers.wallet_accounts import WalletAccounts
from tests.services.conftest import KEEPER, MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
APP = "VN/GOV/G01/wallet"
SHOP = "VN/COM/9900000048"
KINDS = ("population", "health_insurance", "passports", "vehicles", "driving_licences", "residence", "wallet")
METHODS = {
    pb.DOCUMENT_KIND_HEALTH_INSURANCE: "GetCard", pb.DOCUMENT_KIND_PASSPORT: "ListPassports",
    pb.DOCUMENT_KIND_VEHICLE: "ListRegistrations", pb.DOCUMENT_KIND_DRIVING_LICENCE: "ListLicences",
    pb.DOCUMENT_KIND_RESIDENCE: "ConfirmResidence",
}  # fmt: skip


@pytest.fixture
def wait_seconds() -> float:
    return 10.0


@pytest.fixture
async def town(
    world: World, control: TokenOffice, tmp_path: Path, clock_file: Path, wait_seconds: float
) -> AsyncIterator["Town"]:
    settings = {"clock_file": clock_file, "wallet_wait_seconds": wait_seconds}
    async with open_town(world, control, tmp_path, KINDS, **settings) as town:
        yield town


def wallet(town: "Town", member: str = APP) -> WalletServiceStub:
    return WalletServiceStub(town.channel(member))


@pytest.fixture(scope="module")
def citizen(world: World) -> Citizen:
    """Somebody with an account and a document of every kind."""
    for each in world.sample(20_000, seed=3, alive=True):
        vehicle, licence = world.entry(Vehicles, each.number), world.entry(Licences, each.number)
        if (
            vehicle and vehicle.in_wallet and licence and licence.in_wallet
            and world.entry(WalletAccounts, each.number) and world.identifier(Passports, each.number)
            and world.entry(HealthInsurance, each.number) and world.inconsistency(each.number) is None
        ):  # fmt: skip
            return each
    raise AssertionError("nobody has all documents")


def of(citizen: Citizen) -> dict[str, str]:
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


async def documents(town: "Town", citizen: Citizen, *kinds: Any) -> pb.GetDocumentsResponse:
    answer: pb.GetDocumentsResponse = await wallet(town).GetDocuments(
        pb.GetDocumentsRequest(kinds=kinds, **of(citizen))
    )
    return answer


def claims_of(document: pb.Document) -> dict[str, str]:
    return {claim.name: claim.value for claim in document.claims}


async def test_the_documents_of_five_agencies_are_there_with_their_transactions(
    town: "Town", world: World, citizen: Citizen
) -> None:
    answer = await documents(town, citizen)
    assert [document.kind for document in answer.documents] == list(METHODS)
    assert not answer.missing
    found = {document.kind: claims_of(document) for document in answer.documents}
    vehicle = world.entry(Vehicles, citizen.number)
    assert vehicle
    assert found[pb.DOCUMENT_KIND_VEHICLE]["plate"] == vehicle.plate
    assert found[pb.DOCUMENT_KIND_VEHICLE]["state"] == "valid"
    assert found[pb.DOCUMENT_KIND_PASSPORT]["passport_number"] == world.identifier(Passports, citizen.number)
    assert found[pb.DOCUMENT_KIND_DRIVING_LICENCE]["licence_number"] == world.identifier(Licences, citizen.number)
    assert found[pb.DOCUMENT_KIND_RESIDENCE]["household_number"] == citizen.household_number
    assert found[pb.DOCUMENT_KIND_HEALTH_INSURANCE]["full_name"] == citizen.full_name
    calls = {call.transaction_id: call for call in town.gateway.forwarded[1:] if call.client == APP}
    assert {document.transaction_id for document in answer.documents} == calls.keys()
    assert {call.metadata[metadata.PURPOSE] for call in calls.values()} == {"wallet"}
    assert town.gateway.forwarded[0].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)


async def test_the_agencies_are_asked_side_by_side(town: "Town", citizen: Citizen) -> None:
    arrived, all_there = set[str](), asyncio.Event()

    def waits(method: str) -> Callable[[Any], Any]:
        async def wait(_: Any) -> None:
            arrived.add(method)
            if arrived == set(METHODS.values()):
                all_there.set()
            await all_there.wait()

        return wait

    town.gateway.failing.update({method: waits(method) for method in METHODS.values()})
    answer = await documents(town, citizen)
    assert arrived == set(METHODS.values())
    assert not answer.missing


@pytest.mark.parametrize("kind", METHODS)
async def test_when_an_agency_is_down_the_others_documents_are_there_and_it_is_said_why(
    town: "Town", citizen: Citizen, kind: Any
) -> None:
    async def down(context: Any) -> None:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

    town.gateway.failing[METHODS[kind]] = down
    answer = await documents(town, citizen)
    assert [document.kind for document in answer.documents] == [other for other in METHODS if other != kind]
    (missing,) = answer.missing
    tried = [c for c in town.gateway.forwarded if c.method.endswith(f"/{METHODS[kind]}")]
    assert (missing.kind, missing.reason, missing.transaction_id) == (kind, "UNAVAILABLE", tried[-1].transaction_id)
    assert missing.source in SECRETS


@pytest.mark.parametrize("wait_seconds", [0.2])
async def test_an_agency_that_does_not_answer_is_not_waited_for(town: "Town", citizen: Citizen) -> None:
    async def silent(_: Any) -> None:
        await asyncio.Event().wait()

    town.gateway.failing["ListLicences"] = silent
    answer = await documents(town, citizen, pb.DOCUMENT_KIND_DRIVING_LICENCE)
    (missing,) = answer.missing
    assert (missing.kind, missing.reason) == (pb.DOCUMENT_KIND_DRIVING_LICENCE, "NO_ANSWER_IN_TIME")


async def test_an_insurer_that_has_another_name_is_named_with_its_code(
    town: "Town", world: World, presenting: "Presenting", failure_of: "FailureOf"
) -> None:
    other = world.persona("name-differs").citizen
    assert world.entry(WalletAccounts, other.number)
    answer = await documents(town, other, pb.DOCUMENT_KIND_HEALTH_INSURANCE)
    (missing,) = answer.missing
    assert not answer.documents
    assert missing.reason == "RESULT_053"
    assert missing.transaction_id
    card = presenting(kind=pb.DOCUMENT_KIND_HEALTH_INSURANCE, claims=["card_number"], **of(other))
    failure = await failure_of(wallet(town).PresentDocument(card))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "DOCUMENT_DIFFERS")


async def test_what_a_citizen_has_not_or_has_not_taken_in_is_in_neither_list(town: "Town", world: World) -> None:
    without = next(
        each
        for each in world.sample(5_000, seed=5, alive=True)
        if world.entry(WalletAccounts, each.number)
        and not world.identifier(Passports, each.number)
        and (vehicle := world.entry(Vehicles, each.number))
        and not vehicle.in_wallet
    )
    answer = await documents(town, without, pb.DOCUMENT_KIND_PASSPORT, pb.DOCUMENT_KIND_VEHICLE)
    assert answer == pb.GetDocumentsResponse()


async def test_documents_need_an_account_of_level_2_and_its_holder(
    town: "Town", world: World, citizen: Citizen, failure_of: "FailureOf"
) -> None:
    child = world.persona("child").citizen
    nobody = {**of(citizen), "citizen_number": world.absent_number(4)}
    dead = next(
        each for each in world.sample(5_000, seed=2) if each.deceased and world.identifier(WalletAccounts, each.number)
    )
    for claim, reason in (
        (of(child), "ACCOUNT_LEVEL"),
        (nobody, "ACCOUNT_LEVEL"),
        (of(dead), "HOLDER_DECEASED"),
        ({**of(citizen), "full_name": "Ai Khác"}, "HOLDER_DIFFERS"),
        ({**of(citizen), "birth_date": "1901-01-01"}, "HOLDER_DIFFERS"),
    ):
        failure = await failure_of(wallet(town).GetDocuments(pb.GetDocumentsRequest(**claim)))
        assert (failure.code, failure.reason, failure.field) == (Code.FAILED_PRECONDITION, reason, "citizen_number")
    failure = await failure_of(wallet(town).GetDocuments(pb.GetDocumentsRequest(kinds=[9], **of(citizen))))  # type: ignore[list-item]
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, "KIND_UNKNOWN", "kinds")
    assert not [call for call in town.gateway.forwarded if call.method.rpartition("/")[2] in METHODS.values()]


@pytest.fixture
def presenting(citizen: Citizen, request_id: RequestId) -> Callable[..., pb.PresentDocumentRequest]:
    def presenting(**different: Any) -> pb.PresentDocumentRequest:
        fields = {
            "request_id": request_id(), "kind": pb.DOCUMENT_KIND_DRIVING_LICENCE, "claims": ["full_name", "class_1"],
            "audience": SHOP, "nonce": "question-1", **of(citizen),
        }  # fmt: skip
        return pb.PresentDocumentRequest(**{**fields, **different})

    return presenting


Presenting = Callable[..., pb.PresentDocumentRequest]


async def trusted(town: "Town") -> list[Any]:
    answer = await wallet(town, OTHER).GetIssuerKeys(pb.GetIssuerKeysRequest())
    assert answer.issuer == APP
    return [json.loads(key.jwk) for key in answer.keys]


async def test_a_shop_checks_a_presentation_offline_and_sees_the_chosen_claims_only(
    town: "Town", citizen: Citizen, presenting: Presenting
) -> None:
    answer = await wallet(town).PresentDocument(presenting())
    keys = await trusted(town)
    shown = check(answer.presentation, keys, audience=SHOP, nonce="question-1")
    assert shown.issuer == APP
    assert shown.expires_at == answer.expires_at.ToSeconds()
    assert shown.claims["full_name"] == citizen.full_name
    assert shown.claims.keys() == {"vct", "source", "full_name", "class_1"}
    assert (shown.claims["vct"], shown.claims["source"]) == ("driving_licence", "VN/GOV/G04/driving-licences")
    for audience, nonce in (("VN/COM/9900000055", "question-1"), (SHOP, "question-2")):
        with pytest.raises(PresentationRefused):
            check(answer.presentation, keys, audience=audience, nonce=nonce)
    with pytest.raises(PresentationRefused):
        check(answer.presentation, keys, audience=SHOP, nonce="question-1", now=shown.expires_at + 61)


async def test_a_repeated_presentation_is_the_same_and_the_keys_stay(town: "Town", presenting: Presenting) -> None:
    request = presenting()
    first = await wallet(town).PresentDocument(request)
    assert await wallet(town).PresentDocument(request) == first
    assert len([call for call in town.gateway.forwarded if call.method.endswith("/ListLicences")]) == 1
    assert await trusted(town) == await trusted(town)


@pytest.mark.parametrize(
    ("different", "code", "reason", "field"),
    [
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING", "request_id"),
        ({"kind": 0}, Code.INVALID_ARGUMENT, "KIND_UNKNOWN", "kind"),
        ({"claims": []}, Code.INVALID_ARGUMENT, "CLAIMS_MISSING", "claims"),
        ({"claims": ["blood_group"]}, Code.INVALID_ARGUMENT, "CLAIM_UNKNOWN", "claims"),
        ({"audience": ""}, Code.INVALID_ARGUMENT, "FIELD_MISSING", "audience"),
        ({"nonce": "short"}, Code.INVALID_ARGUMENT, "NONCE_MALFORMED", "nonce"),
        ({"nonce": "n" * 201}, Code.INVALID_ARGUMENT, "NONCE_MALFORMED", "nonce"),
        ({"which": "another one"}, Code.NOT_FOUND, "DOCUMENT_UNKNOWN", "which"),
        ({"full_name": "Ai Khác"}, Code.FAILED_PRECONDITION, "HOLDER_DIFFERS", "citizen_number"),
    ],
)
async def test_a_presentation_that_cannot_be_made_is_refused_and_leaves_no_key(
    town: "Town", presenting: Presenting, failure_of: "FailureOf", different: dict[str, Any], code: Code, reason: str,
    field: str,
) -> None:  # fmt: skip
    failure = await failure_of(wallet(town).PresentDocument(presenting(**different)))
    assert (failure.code, failure.reason, failure.field) == (code, reason, field)
    with town.agencies["wallet"].foundation.database.reading() as stored:
        assert stored._run("SELECT key FROM documents WHERE kind = 'signing key'").fetchall() == [("issuer",)]


async def test_a_document_whose_keeper_is_down_cannot_be_presented_now(
    town: "Town", presenting: Presenting, failure_of: "FailureOf"
) -> None:
    async def down(context: Any) -> None:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

    town.gateway.failing["ListLicences"] = down
    request = presenting()
    failure = await failure_of(wallet(town).PresentDocument(request))
    assert (failure.code, failure.reason) == (Code.UNAVAILABLE, "DOCUMENT_UNAVAILABLE")
    del town.gateway.failing["ListLicences"]
    assert (await wallet(town).PresentDocument(request)).presentation


@pytest.fixture
def offence(citizen: Citizen, request_id: RequestId) -> Callable[..., pb.ReportOffenceRequest]:
    """An offence in Hà Nội, the province of MEMBER."""

    def offence(**different: Any) -> pb.ReportOffenceRequest:
        fields = {
            "request_id": request_id(), "text": "Đổ rác xuống sông", "photo_sha256": "ab" * 32,
            "place": pb.Place(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc"), **of(citizen),
        }  # fmt: skip
        return pb.ReportOffenceRequest(**{**fields, **different})

    return offence


Offence = Callable[..., pb.ReportOffenceRequest]


async def report(town: "Town", request: pb.ReportOffenceRequest) -> pb.Report:
    answer: pb.Report = (await wallet(town).ReportOffence(request)).report
    return answer


async def test_a_report_goes_to_its_province_which_does_not_get_to_know_who_reported(
    town: "Town", citizen: Citizen, offence: Offence, failure_of: "FailureOf"
) -> None:
    filed = await report(town, offence())
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)
    assert filed.state == pb.REPORT_STATE_RECEIVED
    listed = await wallet(town, MEMBER).ListReports(pb.ListReportsRequest())
    assert list(listed.reports) == [filed]
    assert town.gateway.forwarded[-1].subjects == ""
    assert citizen.number.encode() not in listed.SerializeToString()
    reading = pb.GetReportRequest(report_id=filed.report_id)
    for member in (APP, MEMBER, KEEPER):
        assert (await wallet(town, member).GetReport(reading)).report == filed
    assert not (await wallet(town, OTHER).ListReports(pb.ListReportsRequest())).reports
    failure = await failure_of(wallet(town, OTHER).GetReport(reading))
    assert (failure.code, failure.reason, failure.field) == (Code.NOT_FOUND, "REPORT_UNKNOWN", "report_id")
    failure = await failure_of(wallet(town, KEEPER).ListReports(pb.ListReportsRequest()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NO_PROVINCE")


async def test_the_province_answers_and_the_reporter_sees_it(
    town: "Town", clock_file: Path, offence: Offence, request_id: RequestId, failure_of: "FailureOf"
) -> None:
    filed = await report(town, offence())

    def answering(state: Any, answer: str = "Đã xử phạt") -> pb.AnswerReportRequest:
        return pb.AnswerReportRequest(request_id=request_id(), report_id=filed.report_id, state=state, answer=answer)

    move(clock_file, datetime(2023, 7, 3, 10, tzinfo=VIETNAM))
    for member in (OTHER, APP):
        failure = await failure_of(wallet(town, member).AnswerReport(answering(pb.REPORT_STATE_DONE)))
        assert (failure.code, failure.reason) == (Code.NOT_FOUND, "REPORT_UNKNOWN")
    province = wallet(town, MEMBER)
    for state, answer, reason in ((0, "a", "STATE_UNKNOWN"), (9, "a", "STATE_UNKNOWN"), (3, "", "FIELD_MISSING")):
        failure = await failure_of(province.AnswerReport(answering(state, answer)))
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    await province.AnswerReport(answering(pb.REPORT_STATE_IN_PROCESS, "Đang xác minh"))
    done = (await province.AnswerReport(answering(pb.REPORT_STATE_DONE))).report
    assert (done.state, done.answer) == (pb.REPORT_STATE_DONE, "Đã xử phạt")
    assert done.answered_at.ToDatetime(VIETNAM) == datetime(2023, 7, 3, 10, tzinfo=VIETNAM)
    assert (await wallet(town).GetReport(pb.GetReportRequest(report_id=filed.report_id))).report == done
    failure = await failure_of(province.AnswerReport(answering(pb.REPORT_STATE_IN_PROCESS)))
    assert (failure.code, failure.reason, failure.field) == (Code.FAILED_PRECONDITION, "STATE_NOT_NEXT", "state")


@pytest.mark.parametrize(
    ("different", "reason", "field"),
    [
        ({"request_id": ""}, "REQUEST_ID_MISSING", "request_id"),
        ({"text": ""}, "FIELD_MISSING", "text"),
        ({"text": "a" * 1001}, "FIELD_MALFORMED", "text"),
        ({"place": pb.Place(province="999", ward="W", detail="1")}, "PROVINCE_UNKNOWN", "place.province"),
        ({"photo_sha256": "ab"}, "PHOTO_MALFORMED", "photo_sha256"),
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
    ],
)
async def test_a_report_that_is_wrong_is_refused_and_not_stored(
    town: "Town", offence: Offence, failure_of: "FailureOf", different: dict[str, Any], reason: str, field: str
) -> None:
    failure = await failure_of(report(town, offence(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, field)
    assert not (await wallet(town, MEMBER).ListReports(pb.ListReportsRequest())).reports


async def test_a_citizen_makes_ten_reports_a_day(
    town: "Town", clock_file: Path, offence: Offence, failure_of: "FailureOf"
) -> None:
    first = offence()
    for request in (first, *(offence() for _ in range(9)), first):
        await report(town, request)
    failure = await failure_of(report(town, offence()))
    assert (failure.code, failure.reason, failure.field) == (
        Code.RESOURCE_EXHAUSTED, "TOO_MANY_REPORTS", "citizen_number",
    )  # fmt: skip
    move(clock_file, datetime(2023, 7, 4, 0, 1, tzinfo=VIETNAM))
    await report(town, offence())
    assert len((await wallet(town, MEMBER).ListReports(pb.ListReportsRequest())).reports) == 11
