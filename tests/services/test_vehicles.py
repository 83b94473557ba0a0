"""Registrations of vehicles: look-up, the citizen's list, verification of owners, withdrawal."""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ndxp.errors import Code
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.vehicles.v1 import vehicles_pb2 as pb
from ndxp.vehicles.v1.vehicles_pb2_grpc import VehicleServiceStub
from ndxp.world import Citizen, World
from ndxp.world.registers.vehicles import Vehicle, Vehicles
from tests.services.conftest import KEEPER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, ["vehicles"]) as town:
        yield town


@pytest.fixture(scope="module")
def owner(world: World) -> Citizen:
    """The owner of a vehicle whom the register knows by the right name."""
    return next(
        citizen
        for citizen in world.sample(1000, seed=1)
        if (vehicle := world.entry(Vehicles, citizen.number)) and vehicle.owner_name == citizen.full_name
    )


@pytest.fixture
def vehicle(world: World, owner: Citizen) -> Vehicle:
    vehicle = world.entry(Vehicles, owner.number)
    assert vehicle
    return vehicle


@pytest.fixture
def police(town: "Town") -> VehicleServiceStub:
    return VehicleServiceStub(town.channel(KEEPER))


@pytest.fixture
def verification(owner: Citizen, vehicle: Vehicle) -> Callable[..., pb.VerifyRegistrationRequest]:
    def verification(**different: str) -> pb.VerifyRegistrationRequest:
        fields = {
            "plate": vehicle.plate, "citizen_number": owner.number, "full_name": owner.full_name,
            "birth_date": str(owner.birth_date),
        }  # fmt: skip
        return pb.VerifyRegistrationRequest(**{**fields, **different})

    return verification


@pytest.fixture
def withdrawal(vehicle: Vehicle, request_id: RequestId) -> Callable[..., pb.WithdrawRegistrationRequest]:
    def withdrawal(**different: str) -> pb.WithdrawRegistrationRequest:
        fields = {"request_id": request_id(), "plate": vehicle.plate, "reason": "Xe bị hỏng không sử dụng được"}
        return pb.WithdrawRegistrationRequest(**{**fields, **different})

    return withdrawal


Verification = Callable[..., pb.VerifyRegistrationRequest]
Withdrawal = Callable[..., pb.WithdrawRegistrationRequest]


@pytest.mark.parametrize("write", [str, str.lower, lambda plate: f" {plate[:3]}-{plate[3:6]}.{plate[6:]}"])
async def test_a_registration_is_found_by_its_plate_however_that_is_written(
    town: "Town", police: VehicleServiceStub, owner: Citizen, vehicle: Vehicle, write: Callable[[str], str]
) -> None:
    registration = (await police.GetRegistration(pb.GetRegistrationRequest(plate=write(vehicle.plate)))).registration
    assert registration.plate == vehicle.plate
    assert (registration.owner_number, registration.owner_name) == (owner.number, owner.full_name)
    assert (registration.make, registration.model_year, registration.colour) == (
        vehicle.make, vehicle.model_year, vehicle.colour,
    )  # fmt: skip
    assert registration.kind == vehicle.kind
    assert registration.engine == vehicle.engine
    assert registration.registered_on == str(vehicle.registered_on)
    assert registration.state == pb.REGISTRATION_STATE_VALID
    assert not registration.HasField("withdrawal")
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), owner.number)


@pytest.mark.parametrize("plate", ["", "30A1234", "30AA12345", "A12345", "30A12345" + " " * 20, "٣٠A12345"])
async def test_what_is_no_plate_is_refused(police: VehicleServiceStub, failure_of: "FailureOf", plate: str) -> None:
    failure = await failure_of(police.GetRegistration(pb.GetRegistrationRequest(plate=plate)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, "PLATE_MALFORMED", "plate")


async def test_a_plate_that_no_vehicle_has_is_not_found_and_about_nobody(
    town: "Town", police: VehicleServiceStub, failure_of: "FailureOf"
) -> None:
    failure = await failure_of(police.GetRegistration(pb.GetRegistrationRequest(plate="99Z99999")))
    assert (failure.code, failure.reason, failure.field) == (Code.NOT_FOUND, "PLATE_UNKNOWN", "plate")
    assert town.gateway.forwarded[-1].subjects == ""


async def test_a_citizen_has_a_list_of_registrations_which_may_be_empty(
    town: "Town", world: World, police: VehicleServiceStub, owner: Citizen, vehicle: Vehicle
) -> None:
    without = next(citizen for citizen in world.sample(100) if not world.entry(Vehicles, citizen.number))
    for citizen, plates in ((owner, [vehicle.plate]), (without, [])):
        answer = await police.ListRegistrations(pb.ListRegistrationsRequest(citizen_number=citizen.number))
        assert [registration.plate for registration in answer.registrations] == plates
        assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)


async def test_the_owner_of_a_vehicle_matches(police: VehicleServiceStub, verification: Verification) -> None:
    assert await police.VerifyRegistration(verification()) == pb.VerifyRegistrationResponse(matched=True, valid=True)


async def test_a_verification_says_what_differs(
    police: VehicleServiceStub, world: World, verification: Verification
) -> None:
    absent = world.absent_number(1)
    for different, fields in (
        ({"full_name": "Ai Khác"}, ["full_name"]),
        ({"birth_date": "1901"}, ["birth_date"]),
        ({"citizen_number": absent, "full_name": "Ai Khác"}, ["citizen_number", "full_name"]),
        ({"plate": "99Z99999"}, ["plate"]),
    ):
        answer = await police.VerifyRegistration(verification(**different))
        assert answer == pb.VerifyRegistrationResponse(differing_fields=fields)


async def test_a_verification_finds_the_names_that_the_register_has_wrong(
    police: VehicleServiceStub, world: World, verification: Verification
) -> None:
    wrong = (
        (citizen, vehicle)
        for index in count(0, 101)
        if (vehicle := world.entry(Vehicles, world.number(index)))
        and (citizen := world.citizen(vehicle.owner_number))
        and vehicle.owner_name != citizen.full_name
    )
    for (citizen, vehicle), _ in zip(wrong, range(3), strict=False):
        told = verification(
            plate=vehicle.plate, citizen_number=citizen.number, full_name=citizen.full_name,
            birth_date=str(citizen.birth_date),
        )  # fmt: skip
        assert await police.VerifyRegistration(told) == pb.VerifyRegistrationResponse(differing_fields=["full_name"])


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"plate": "30"}, "PLATE_MALFORMED"),
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"full_name": "-"}, "NAME_MISSING"),
        ({"birth_date": "never"}, "BIRTH_DATE_MALFORMED"),
    ],
)
async def test_a_malformed_verification_is_refused(
    police: VehicleServiceStub, verification: Verification, failure_of: "FailureOf", different: dict[str, str],
    reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(police.VerifyRegistration(verification(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, *different)


async def test_a_registration_is_withdrawn_once_and_is_not_valid_then(
    police: VehicleServiceStub, vehicle: Vehicle, withdrawal: Withdrawal, verification: Verification,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    request = withdrawal()
    answer = await police.WithdrawRegistration(request)
    assert answer.registration.state == pb.REGISTRATION_STATE_WITHDRAWN
    assert answer.registration.withdrawal.reason == request.reason
    assert answer.registration.withdrawal.HasField("withdrawn_at")
    assert await police.WithdrawRegistration(request) == answer
    found = await police.GetRegistration(pb.GetRegistrationRequest(plate=vehicle.plate))
    assert found.registration == answer.registration
    assert await police.VerifyRegistration(verification()) == pb.VerifyRegistrationResponse(matched=True)
    failure = await failure_of(police.WithdrawRegistration(withdrawal()))
    assert (failure.code, failure.reason, failure.field) == (Code.FAILED_PRECONDITION, "ALREADY_WITHDRAWN", "plate")


@pytest.mark.parametrize(
    ("different", "code", "reason"),
    [
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
        ({"plate": "30"}, Code.INVALID_ARGUMENT, "PLATE_MALFORMED"),
        ({"plate": "99Z99999"}, Code.NOT_FOUND, "PLATE_UNKNOWN"),
        ({"reason": " "}, Code.INVALID_ARGUMENT, "FIELD_MISSING"),
        ({"reason": "a" * 201}, Code.INVALID_ARGUMENT, "FIELD_MALFORMED"),
    ],
)
async def test_a_wrong_withdrawal_is_refused_and_nothing_is_stored(
    police: VehicleServiceStub, vehicle: Vehicle, withdrawal: Withdrawal, failure_of: "FailureOf",
    different: dict[str, str], code: Code, reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(police.WithdrawRegistration(withdrawal(**different)))
    assert (failure.code, failure.reason, failure.field) == (code, reason, *different)
    found = await police.GetRegistration(pb.GetRegistrationRequest(plate=vehicle.plate))
    assert found.registration.state == pb.REGISTRATION_STATE_VALID
