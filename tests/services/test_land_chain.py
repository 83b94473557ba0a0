"""A transfer of land from the citizen's app over portal, one-stop system, land registry and tax agency, and back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ndxp.agency import jobs
from ndxp.clock import begin
from ndxp.errors import Code
from ndxp.land.v1 import land_pb2 as land
from ndxp.land.v1.land_pb2_grpc import LandServiceStub
from ndxp.life_events.v1 import life_events_pb2 as linked
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.public_services.v1 import public_services_pb2 as portal
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceStub
from ndxp.samples.land import seller_in
from ndxp.tax.v1 import tax_pb2 as tax
from ndxp.tax.v1.tax_pb2_grpc import TaxServiceStub
from ndxp.wire import metadata
from ndxp.world import Citizen, World
from ndxp.world.procedures import LAND_CHANGE
from ndxp.world.registers.land_parcels import LandParcel, LandParcels
from tests.services.conftest import MEMBER, SECRETS, open_town
from tests.support.fakes import until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town
    from tests.support.fakes import TokenOffice

WALLET, COUNTER = "VN/GOV/G01/wallet", "VN/GOV/G12/lgsp"
ENDED = (pb.DOSSIER_STATE_DONE, pb.DOSSIER_STATE_STOPPED)
AT = ((metadata.SERVICE, MEMBER),)


@pytest.fixture
async def town(
    world: World, control: "TokenOffice", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Town"]:
    """All agencies of the way; the nation's clock runs so that a minute, after which each asks again, takes 60 ms."""
    monkeypatch.setattr(jobs, "_LOOK_EVERY", 0.01)
    for name in (WALLET, COUNTER):
        monkeypatch.setitem(SECRETS, name, f"secret of {name}")
    begin(tmp_path / "clock", 1_000.0)
    pace = {
        "land_check_hours": 0.0, "land_registration_hours": 0.0, "land_query_minutes": 1.0, "tax_decision_hours": 0.0,
        "one_stop_intake_hours": 0.0, "one_stop_poll_minutes": 1.0,
    }  # fmt: skip
    names = ("population", "public_services", "one_stop", "land", "tax")
    async with open_town(world, control, tmp_path, names, clock_file=tmp_path / "clock", **pace) as town:
        yield town


@pytest.fixture(scope="module")
def seller(world: World) -> tuple[Citizen, LandParcel]:
    """Somebody with an account of the portal and a parcel that can be transferred."""
    return seller_in(world)


@pytest.fixture(scope="module")
def buyer(world: World, seller: tuple[Citizen, LandParcel]) -> Citizen:
    return next(each for each in world.sample(100, seed=7, alive=True) if each.age() > 30 and each != seller[0])


def person(citizen: Citizen, **different: str) -> linked.Person:
    usual = {"citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date)}
    return linked.Person(**{**usual, **different})


async def submitted(town: "Town", seller: tuple[Citizen, LandParcel], buyer: linked.Person) -> str:
    transfer = pb.LandTransfer(certificate_number=seller[1].number, buyer=buyer, price=2_000_000_000)
    request = portal.SubmitDossierRequest(
        request_id=str(uuid4()), procedure_code=LAND_CHANGE, province="VN/GOV/H26", applicant=person(seller[0]),
        land=transfer,
    )  # fmt: skip
    answer = await PublicServiceServiceStub(town.channel(WALLET)).SubmitDossier(request)
    return str(answer.dossier.code)


async def reached(town: "Town", code: str, *states: Any) -> portal.Dossier:
    """The dossier as the app sees it at the portal, once it has one of the states."""

    async def there() -> portal.Dossier | None:
        question = portal.GetDossierRequest(code=code)
        dossier: portal.Dossier = (await PublicServiceServiceStub(town.channel(WALLET)).GetDossier(question)).dossier
        return dossier if dossier.state in states else None

    found: portal.Dossier = await until(there)
    return found


async def pay(town: "Town", note: str) -> None:
    amount, notice_number = note.split()[0], note.split()[-1]
    paid = tax.RecordPaymentRequest(
        request_id="1", notice_number=notice_number, amount=int(amount), receipt="BL-1"
    )  # fmt: skip
    await TaxServiceStub(town.channel(COUNTER)).RecordPayment(paid)


async def test_a_parcel_that_is_sold_in_the_app_has_its_new_owner(
    town: "Town", seller: tuple[Citizen, LandParcel], buyer: Citizen
) -> None:
    code = await submitted(town, seller, person(buyer))
    to_pay = await reached(town, code, pb.DOSSIER_STATE_PAYMENT)
    assert to_pay.note.startswith("50000000 đồng for tax notice TB-")
    await pay(town, to_pay.note)
    done = await reached(town, code, *ENDED)
    assert (done.state, done.note) == (pb.DOSSIER_STATE_DONE, "")
    question = pb.GetDossierRequest(code=code)
    dossier = (await OneStopServiceStub(town.channel(MEMBER)).GetDossier(question, metadata=AT)).dossier
    steps = [(step.subsystem, step.what) for step in dossier.steps]
    assert [step for step in steps if step[1] != "has the payment"] == [  # it is soon registered: nobody may see that
        (MEMBER, "received the dossier online"),
        (MEMBER, "sent the transfer to the land registry"),
        ("VN/GOV/G13/land", "wants a payment"),
        ("VN/GOV/G13/land", "registered the new owner"),
        (MEMBER, "all procedures are done"),
    ]
    certificate = next(step.result for step in dossier.steps if step.what == "registered the new owner")
    bought = land.GetParcelRequest(certificate_number=certificate, owner_number=buyer.number)
    assert (await LandServiceStub(town.channel(MEMBER)).GetParcel(bought)).HasField("parcel")
    agencies = {call.client for call in town.onward_calls() if call.metadata.get("traceparent") == dossier.traceparent}
    assert agencies >= {MEMBER, "VN/GOV/G13/land", "VN/GOV/G12/tax"}


async def test_a_wrong_buyer_is_supplemented_and_the_transfer_goes_on(
    town: "Town", seller: tuple[Citizen, LandParcel], buyer: Citizen
) -> None:
    code = await submitted(town, seller, person(buyer, full_name="Ai Khác"))
    wanted = await reached(town, code, pb.DOSSIER_STATE_SUPPLEMENT)
    assert wanted.note == "BUYER_DIFFERS"
    right = pb.LandTransfer(certificate_number=seller[1].number, buyer=person(buyer), price=2_000_000_000)
    supplement = portal.SupplementDossierRequest(request_id="1", code=code, text="tên người mua", land=right)
    await PublicServiceServiceStub(town.channel(WALLET)).SupplementDossier(supplement)
    await pay(town, (await reached(town, code, pb.DOSSIER_STATE_PAYMENT)).note)
    assert (await reached(town, code, *ENDED)).state == pb.DOSSIER_STATE_DONE


async def test_a_parcel_of_somebody_else_ends_the_dossier_with_the_reason(
    town: "Town", world: World, seller: tuple[Citizen, LandParcel], buyer: Citizen
) -> None:
    anothers = next(
        parcel
        for each in world.sample(1_000, seed=8)
        if each != seller[0] and (parcel := world.entry(LandParcels, each.number))
    )
    code = await submitted(town, (seller[0], anothers), person(buyer))
    ended = await reached(town, code, *ENDED)
    assert (ended.state, ended.note) == (pb.DOSSIER_STATE_STOPPED, "SELLER_NOT_OWNER")


async def test_a_dossier_about_something_else_takes_no_correction_of_a_transfer(
    town: "Town", seller: tuple[Citizen, LandParcel], buyer: Citizen, failure_of: "FailureOf"
) -> None:
    stub = OneStopServiceStub(town.channel(MEMBER))
    general = pb.ReceiveDossierRequest(
        request_id="1", procedure_code="1.000001", applicant=person(seller[0]), general=pb.General(subject="xác nhận")
    )
    code = (await stub.ReceiveDossier(general, metadata=AT)).dossier.code
    wanted = pb.MoveDossierRequest(request_id="2", code=code, state=pb.DOSSIER_STATE_SUPPLEMENT, note="thiếu")
    await stub.MoveDossier(wanted, metadata=AT)
    land_of_others = pb.LandTransfer(certificate_number="BM 123456", buyer=person(buyer), price=1)
    supplement = pb.SupplementDossierRequest(request_id="3", code=code, text="bổ sung", land=land_of_others)
    failure = await failure_of(stub.SupplementDossier(supplement, metadata=AT))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "MATTER_DIFFERS")
    dossier = (await stub.GetDossier(pb.GetDossierRequest(code=code), metadata=AT)).dossier
    assert (dossier.state, dossier.HasField("land")) == (pb.DOSSIER_STATE_SUPPLEMENT, False)
