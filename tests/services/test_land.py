"""Transfers of land between the land registry and the tax agency, from the filing to the new certificate."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest

from ndxp.agency import jobs
from ndxp.clock import Clock, begin, move
from ndxp.errors import Code
from ndxp.land.v1 import land_pb2 as pb
from ndxp.land.v1.land_pb2_grpc import LandServiceStub
from ndxp.public_services.v1 import public_services_pb2 as portal_pb
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceStub
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.tax.v1 import tax_pb2 as tax
from ndxp.tax.v1.tax_pb2_grpc import TaxServiceStub
from ndxp.world import Citizen, World
from ndxp.world.procedures import LAND_CHANGE
from ndxp.world.registers.land_parcels import LandInconsistency, LandParcel, LandParcels
from tests.services.conftest import MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town
    from tests.support.fakes import TokenOffice

COUNTER, COMPANY = "VN/GOV/G12/lgsp", "VN/COM/9900000023/payments"
LAND, TAX = "VN/GOV/G13/land", "VN/GOV/G12/tax"
CODE = "000.00.00.H26-230703-0001"
ENDED = (pb.TRANSFER_STATE_REGISTERED, pb.TRANSFER_STATE_REFUSED, pb.TRANSFER_STATE_SUPPLEMENT)
PACE = 1_000.0
"""How fast the nation's clock runs here: the minute after which the registry asks again takes 60 ms."""

Opened = Callable[[], AbstractAsyncContextManager["Town"]]


@pytest.fixture
def opened(world: World, control: "TokenOffice", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens population database, land registry, tax agency and portal, each time over the same databases."""
    monkeypatch.setattr(jobs, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(jobs, "_FIRST_PAUSE", 0.01)
    for name in (COUNTER, COMPANY):
        monkeypatch.setitem(SECRETS, name, f"secret of {name}")
    begin(tmp_path / "clock", PACE)
    at_once = {
        "land_check_hours": 0.0, "land_registration_hours": 0.0, "land_query_minutes": 1.0, "tax_decision_hours": 0.0,
    }  # fmt: skip
    return lambda: open_town(
        world,
        control,
        tmp_path,
        ("population", "land", "tax", "public_services"),
        clock_file=tmp_path / "clock",
        **at_once,
    )


@pytest.fixture
async def town(opened: Opened) -> AsyncIterator["Town"]:
    async with opened() as town:
        yield town


@pytest.fixture(scope="module")
def people(world: World) -> list[Citizen]:
    return list(world.sample(3_000, seed=5, alive=True))


@pytest.fixture(scope="module")
def owners(world: World, people: list[Citizen]) -> list[tuple[Citizen, LandParcel]]:
    """Citizens with a parcel that they can transfer."""
    found = [(each, parcel) for each in people if (parcel := world.entry(LandParcels, each.number))]
    return [(each, parcel) for each, parcel in found if not parcel.mortgaged and parcel.owner_name == each.full_name]


@pytest.fixture(scope="module")
def buyer(people: list[Citizen], owners: list[tuple[Citizen, LandParcel]]) -> Citizen:
    return next(each for each in people if each.age() > 30 and each not in (owners[0][0], owners[1][0]))


def person(citizen: Citizen, **different: str) -> pb.Person:
    usual = {"citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date)}
    return pb.Person(**{**usual, **different})


@pytest.fixture
def sale(owners: list[tuple[Citizen, LandParcel]], buyer: Citizen) -> dict[str, Any]:
    """What a transfer that succeeds says, for 1,234,567,890 đồng."""
    seller, parcel = owners[0]
    return {
        "dossier_code": CODE, "certificate_number": parcel.number, "seller": person(seller), "buyer": person(buyer),
        "price": 1_234_567_890,
    }  # fmt: skip


async def call(town: "Town", method: str, member: str = MEMBER, **fields: Any) -> Any:
    contract, stub = (tax, TaxServiceStub) if hasattr(tax, f"{method}Request") else (pb, LandServiceStub)
    request = getattr(contract, f"{method}Request")(**fields)
    if "request_id" in request.DESCRIPTOR.fields_by_name and "request_id" not in fields:
        request.request_id = str(uuid4())
    return await getattr(stub(town.channel(member)), method)(request)


async def submitted(town: "Town", sale: dict[str, Any], **different: Any) -> pb.Transfer:
    transfer: pb.Transfer = (await call(town, "SubmitTransfer", **{**sale, **different})).transfer
    return transfer


async def reached(town: "Town", transfer: pb.Transfer, *states: Any) -> pb.Transfer:
    """The transfer once it has one of the states."""

    async def there() -> pb.Transfer | None:
        now: pb.Transfer = (await call(town, "GetTransfer", code=transfer.code)).transfer
        return now if now.state in states else None

    found: pb.Transfer = await until(there)
    return found


async def pay(town: "Town", transfer: pb.Transfer, **different: Any) -> Any:
    usual = {"notice_number": transfer.notice_number, "amount": transfer.amount, "receipt": "BL-1"}
    return await call(town, "RecordPayment", COUNTER, **{**usual, **different})


def kinds(transfer: pb.Transfer) -> list[str]:
    return [pb.NoticeKind.Name(notice.kind).removeprefix("NOTICE_KIND_") for notice in transfer.notices]


async def test_a_parcel_is_sold_taxed_paid_and_registered(town: "Town", sale: dict[str, Any], buyer: Citizen) -> None:
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    assert transfer.amount == 24_691_358 + 6_172_839  # 2 % and 0.5 %, each rounded to the đồng
    assert kinds(transfer) == ["TRANSFERRED", "TAX_RESULT"]
    assert (await pay(town, transfer)).owed == 0
    registered = await reached(town, transfer, *ENDED)
    assert (registered.state, kinds(registered)[2:]) == (pb.TRANSFER_STATE_REGISTERED, ["FINISHED"])
    old, new = sale["certificate_number"], registered.new_certificate_number
    seller = sale["seller"].citizen_number
    for number, owner, there in ((old, seller, False), (new, seller, False), (new, buyer.number, True)):
        parcel = await call(town, "GetParcel", certificate_number=number, owner_number=owner)
        assert parcel.HasField("parcel") is there
    assert parcel.parcel.owner_name == buyer.full_name


async def test_what_the_agencies_do_for_a_transfer_is_one_trace_with_its_purpose(
    town: "Town", sale: dict[str, Any]
) -> None:
    await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    calls = town.onward_calls()
    assert {call.client for call in calls} == {LAND, TAX}
    assert len({call.metadata["traceparent"] for call in calls}) == 1
    assert {call.metadata["x-ndxp-purpose"] for call in calls} == {"land transfer"}
    assert {call.metadata["x-ndxp-message-id"] for call in calls} == {CODE}
    methods = [call.method.rpartition("/")[2] for call in calls]
    assert [methods.count(name) for name in ("SubmitTransferSlip", "GetScannedDossier")] == [1, 1]
    people = {sale[who].citizen_number for who in ("seller", "buyer")}
    hashed = {subject_hash(SECRETS[SUBJECTS].encode(), number) for number in people}
    assert {*calls[methods.index("GetScannedDossier")].subjects.split()} == hashed


async def test_a_transfer_goes_on_wherever_it_was_when_all_agencies_are_killed(
    opened: Opened, sale: dict[str, Any]
) -> None:
    async with opened() as town:
        transfer = await submitted(town, sale)
    async with opened() as town:
        transfer = await reached(town, transfer, pb.TRANSFER_STATE_AT_TAX, pb.TRANSFER_STATE_PAYMENT)
    async with opened() as town:
        transfer = await reached(town, transfer, pb.TRANSFER_STATE_PAYMENT)
        await pay(town, transfer)
    async with opened() as town:
        registered = await reached(town, transfer, *ENDED)
    assert registered.state == pb.TRANSFER_STATE_REGISTERED
    assert kinds(registered) == ["TRANSFERRED", "TAX_RESULT", "FINISHED"]


async def test_a_tax_agency_that_is_away_is_asked_again_and_gets_one_slip(town: "Town", sale: dict[str, Any]) -> None:
    asked = []

    async def away(context: Any) -> None:
        asked.append(context)
        if len(asked) == 5:
            del town.gateway.failing["SubmitTransferSlip"]
        await context.abort(grpc.StatusCode.UNAVAILABLE, "away")

    town.gateway.failing["SubmitTransferSlip"] = away
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    assert len(asked) == 5
    assert transfer.amount


@pytest.fixture
def unfit(world: World, people: list[Citizen], owners: list[tuple[Citizen, LandParcel]]) -> "Unfit":
    """What makes a transfer end otherwise, by its reason."""

    def owner(suits: Callable[[Citizen, LandParcel], bool], among: Iterable[Citizen] = people) -> dict[str, Any]:
        held = ((each, world.entry(LandParcels, each.number)) for each in among)
        return next(
            {"certificate_number": parcel.number, "seller": person(each)}
            for each, parcel in held
            if parcel and suits(each, parcel)
        )

    def planted(kind: LandInconsistency) -> Callable[[Citizen, LandParcel], bool]:
        register, nation = world.registers[LandParcels], world.nation

        def suits(each: Citizen, parcel: LandParcel) -> bool:
            where = nation.person(each.number)
            return where is not None and not parcel.mortgaged and register.inconsistency(where, each.number) is kind

        return suits

    seller, other = owners[0][0], owners[1][0]
    everybody = world.sample(60_000, seed=5)
    return {
        "CERTIFICATE_UNKNOWN": lambda: {"certificate_number": "ZY 000001"},
        "SELLER_NOT_OWNER": lambda: {"seller": person(other)},
        "PARCEL_MORTGAGED": lambda: owner(lambda _, parcel: parcel.mortgaged),
        "SELLER_DECEASED": lambda: owner(planted(LandInconsistency.OWNER_DECEASED), everybody),
        "OWNER_NAME_DIFFERS": lambda: owner(planted(LandInconsistency.NAME_DIFFERS), everybody),
        "BUYER_DIFFERS": lambda: {"buyer": person(other, full_name="Ai Khác")},
        "SELLER_DIFFERS": lambda: {"seller": person(seller, birth_date="1900-01-01")},
        "TAX_PRICE_TOO_LOW": lambda: {"price": 1_000},
    }


Unfit = dict[str, Callable[[], dict[str, Any]]]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("CERTIFICATE_UNKNOWN", ["FINISHED"]),
        ("SELLER_NOT_OWNER", ["FINISHED"]),
        ("PARCEL_MORTGAGED", ["FINISHED"]),
        ("SELLER_DECEASED", ["FINISHED"]),
        ("OWNER_NAME_DIFFERS", ["SUPPLEMENT_WANTED"]),
        ("BUYER_DIFFERS", ["SUPPLEMENT_WANTED"]),
        ("SELLER_DIFFERS", ["SUPPLEMENT_WANTED"]),
        ("TAX_PRICE_TOO_LOW", ["TRANSFERRED", "TAX_REFUSES", "FINISHED"]),
    ],
)
async def test_a_transfer_that_cannot_be_ends_with_its_reason(
    town: "Town", sale: dict[str, Any], unfit: Unfit, reason: str, told: list[str]
) -> None:
    transfer = await reached(town, await submitted(town, sale, **unfit[reason]()), *ENDED)
    assert (transfer.reason, kinds(transfer)) == (reason, told)
    assert (transfer.state == pb.TRANSFER_STATE_SUPPLEMENT) is (told == ["SUPPLEMENT_WANTED"])


async def test_a_supplement_of_the_same_dossier_is_checked_anew(
    town: "Town", sale: dict[str, Any], buyer: Citizen, failure_of: "FailureOf"
) -> None:
    first = await submitted(town, sale, buyer=person(buyer, full_name="Ai Khác"))
    await reached(town, first, pb.TRANSFER_STATE_SUPPLEMENT)
    again = await submitted(town, sale)
    assert (again.code, again.reason) == (first.code, "")
    await reached(town, again, pb.TRANSFER_STATE_PAYMENT)
    failure = await failure_of(submitted(town, sale))
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "TRANSFER_EXISTS")


async def test_a_parcel_is_in_one_transfer_at_a_time(town: "Town", sale: dict[str, Any]) -> None:
    first = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    second = await reached(town, await submitted(town, sale, dossier_code=f"{CODE[:-1]}2"), *ENDED)
    assert (second.state, second.reason) == (pb.TRANSFER_STATE_REFUSED, "OTHER_TRANSFER_UNDER_WAY")
    await pay(town, first)
    assert (await reached(town, first, *ENDED)).state == pb.TRANSFER_STATE_REGISTERED


async def test_what_is_not_paid_in_30_days_is_a_debt_and_ends_the_transfer(
    town: "Town", sale: dict[str, Any], tmp_path: Path
) -> None:
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    move(tmp_path / "clock", Clock(tmp_path / "clock").moment() + timedelta(days=31))
    obligation = await call(town, "GetObligation", COUNTER, notice_number=transfer.notice_number)
    assert (obligation.header.debt_recorded, obligation.owed) == (True, transfer.amount)
    ended = await reached(town, transfer, *ENDED)
    assert (ended.reason, kinds(ended)[2:]) == ("TAX_DEBT_RECORDED", ["TAX_REFUSES", "FINISHED"])


@pytest.fixture
async def portal(town: "Town") -> PublicServiceServiceStub:
    """The portal beside them, as the one-stop system of the province sees it, with a dossier of the transfer."""
    stub = PublicServiceServiceStub(town.channel(MEMBER))
    await stub.SyncDossier(
        portal_pb.SyncDossierRequest(
            request_id="1",
            code=CODE,
            procedure_code=LAND_CHANGE,
            state="DOSSIER_STATE_PAYMENT",
            received_at="20230703080000",
        )
    )
    return stub


async def at_portal(town: "Town", transfer: pb.Transfer, secret: bytes) -> portal_pb.ConfirmPaymentRequest:
    """The company's confirmation of a payment of the notice, which has begun."""
    begun = await PublicServiceServiceStub(town.channel(MEMBER)).BeginPayment(
        portal_pb.BeginPaymentRequest(
            request_id=str(uuid4()), dossier_code=CODE, amount=transfer.amount, company=COMPANY,
            notice_number=transfer.notice_number,
        )
    )  # fmt: skip
    said = [begun.payment.code, begun.redirect_token, str(transfer.amount), "1", "BC-1"]
    text = "\n".join(["ndxp.public_services.v1.ConfirmPayment", *said]).encode()
    return portal_pb.ConfirmPaymentRequest(
        request_id=str(uuid4()), payment_code=said[0], redirect_token=said[1], amount=transfer.amount,
        outcome=portal_pb.PAYMENT_STATE_SUCCESS, company_reference=said[4],
        signature=hmac.digest(secret, text, "sha256"),
    )  # fmt: skip


async def test_a_notice_that_is_paid_at_the_portal_is_recorded_at_the_tax_agency(
    town: "Town", sale: dict[str, Any], portal: PublicServiceServiceStub, failure_of: "FailureOf", tmp_path: Path
) -> None:
    company = PublicServiceServiceStub(town.channel(COMPANY))
    secret = (await company.OnboardCompany(portal_pb.OnboardCompanyRequest(request_id="1"))).signing_secret
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    fields: dict[str, Any] = {
        "request_id": "2", "dossier_code": CODE, "company": COMPANY, "amount": 1,
        "notice_number": transfer.notice_number,
    }  # fmt: skip
    for different, reason in (({}, "AMOUNT_DIFFERS"), ({"notice_number": "TB-1"}, "NOTICE_UNKNOWN")):
        request = portal_pb.BeginPaymentRequest(**{**fields, **different})
        assert (await failure_of(portal.BeginPayment(request))).reason == reason
    first, second = [await at_portal(town, transfer, secret) for _ in range(2)]
    await company.ConfirmPayment(first)
    assert (await reached(town, transfer, *ENDED)).state == pb.TRANSFER_STATE_REGISTERED
    failure = await failure_of(portal.BeginPayment(portal_pb.BeginPaymentRequest(**fields)))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "NOTHING_OWED")

    await company.ConfirmPayment(second)
    move(tmp_path / "clock", Clock(tmp_path / "clock").moment() + timedelta(hours=1))

    async def problem() -> str:
        query = portal_pb.QueryPaymentRequest(payment_code=second.payment_code)
        return str((await portal.QueryPayment(query)).payment.problem)

    assert await until(problem) == "NOTICE_PAID"


async def test_a_notice_is_paid_once_and_in_full(town: "Town", sale: dict[str, Any], failure_of: "FailureOf") -> None:
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    for different, reason in (
        ({"amount": transfer.amount - 1}, "AMOUNT_DIFFERS"),
        ({"amount": transfer.amount + 1}, "AMOUNT_DIFFERS"),
        ({"notice_number": "TB-1"}, "NOTICE_UNKNOWN"),
        ({"receipt": ""}, "FIELD_MISSING"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ):
        assert (await failure_of(pay(town, transfer, **different))).reason == reason
    question = {"notice_number": transfer.notice_number, "header": tax.Header(sequence_id="7")}
    obligation = await call(town, "GetObligation", COUNTER, **question)
    assert (obligation.owed, obligation.header.sequence_reference) == (transfer.amount, "7")
    answer = await pay(town, transfer, request_id="1")
    assert await pay(town, transfer, request_id="1") == answer
    assert (await failure_of(pay(town, transfer))).reason == "NOTICE_PAID"
    paid = await call(town, "GetObligation", COUNTER, notice_number=transfer.notice_number)
    assert (paid.owed, paid.amount, paid.HasField("paid_at")) == (0, transfer.amount, True)


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"dossier_code": "x"}, "DOSSIER_CODE_MALFORMED"),
        ({"dossier_code": CODE.replace("H26", "H29")}, "DOSSIER_CODE_OF_ANOTHER_BODY"),
        ({"certificate_number": "BM123456"}, "CERTIFICATE_NUMBER_MALFORMED"),
        ({"seller": pb.Person()}, "CITIZEN_NUMBER_MALFORMED"),
        ({"price": 0}, "PRICE_OUT_OF_RANGE"),
        ({"price": 10**13 + 1}, "PRICE_OUT_OF_RANGE"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_malformed_transfer_is_not_filed(
    town: "Town", sale: dict[str, Any], failure_of: "FailureOf", different: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(submitted(town, sale, **different))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    assert (await submitted(town, sale)).state == pb.TRANSFER_STATE_RECEIVED


async def test_nobody_sells_to_himself(town: "Town", sale: dict[str, Any], failure_of: "FailureOf") -> None:
    failure = await failure_of(submitted(town, sale, buyer=sale["seller"]))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "BUYER_IS_SELLER")


async def test_anothers_transfer_and_slip_are_as_those_that_do_not_exist(
    town: "Town", sale: dict[str, Any], failure_of: "FailureOf"
) -> None:
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    header = tax.Header(slip_number=transfer.slip_number)
    for method, theirs, nothing in (
        ("GetTransfer", {"code": transfer.code}, {"code": "nothing"}),
        ("GetTaxNotice", {"header": header}, {"header": tax.Header(slip_number="nothing")}),
    ):
        failures = [await failure_of(call(town, method, OTHER, **fields)) for fields in (theirs, nothing)]
        assert {failure.code for failure in failures} == {Code.NOT_FOUND}
        assert len({failure.message for failure in failures}) == 1
    assert {call.subjects for call in town.gateway.forwarded if call.client == OTHER} == {""}


def slip(**different: Any) -> dict[str, Any]:
    header = {"sequence_id": "1", "dossier_code": CODE, "certificate_number": "BM 123456", "slip_number": "PC-1"}
    return {
        "header": tax.Header(**{**header, **different.pop("header", {})}), "seller_number": "001078567514",
        "buyer_number": "001078567515", "area": 100, "price": 1_000_000_000, **different,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"header": {"sequence_id": ""}}, "FIELD_MISSING"),
        ({"header": {"slip_number": "x" * 65}}, "FIELD_MALFORMED"),
        ({"seller_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"buyer_number": ""}, "CITIZEN_NUMBER_MALFORMED"),
        ({"area": 0}, "AREA_OUT_OF_RANGE"),
        ({"price": -1}, "PRICE_OUT_OF_RANGE"),
        ({"request_id": ""}, "REQUEST_ID_MISSING"),
    ],
)
async def test_a_wrong_slip_is_not_taken(
    town: "Town", failure_of: "FailureOf", different: dict[str, Any], reason: str
) -> None:
    failure = await failure_of(call(town, "SubmitTransferSlip", LAND, **slip(**different)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
    notice = await failure_of(call(town, "GetTaxNotice", LAND, header=tax.Header(slip_number="PC-1")))
    assert (notice.code, notice.reason) == (Code.NOT_FOUND, "SLIP_UNKNOWN")


async def test_a_slip_without_a_dossier_at_the_registry_is_refused(town: "Town", failure_of: "FailureOf") -> None:
    taken = await call(town, "SubmitTransferSlip", LAND, **slip())
    assert taken.header.sequence_reference == "1"

    async def refused() -> Any:
        notice = await call(town, "GetTaxNotice", LAND, header=tax.Header(slip_number="PC-1"))
        return notice if notice.state == tax.NOTICE_STATE_REFUSED else None

    assert (await until(refused)).reason == "TRANSFER_UNKNOWN"
    failure = await failure_of(call(town, "SubmitTransferSlip", LAND, **slip()))
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "SLIP_EXISTS")


async def test_the_tax_agency_gets_the_contract_of_sale_with_its_hash(town: "Town", sale: dict[str, Any]) -> None:
    transfer = await reached(town, await submitted(town, sale), pb.TRANSFER_STATE_PAYMENT)
    header = tax.Header(sequence_id="9", slip_number=transfer.slip_number)
    given = await call(town, "GetScannedDossier", TAX, header=header)
    [document] = given.documents
    assert (given.header.sequence_reference, given.header.dossier_code) == ("9", CODE)
    assert document.sha256 == hashlib.sha256(document.content).hexdigest()
    assert json.loads(document.content)["price"] == sale["price"]
