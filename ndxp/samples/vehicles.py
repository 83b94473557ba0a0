"""Sample calls to the vehicle register."""

from google.protobuf.message import Message

from ndxp.samples.sample import Sample, Turn, false_claim, holder, is_matched, true_claim
from ndxp.vehicles.v1 import vehicles_pb2 as pb
from ndxp.world.registers.vehicles import Vehicles

_METHODS = pb.DESCRIPTOR.services_by_name["VehicleService"].methods_by_name


def _get_registration(turn: Turn) -> list[Message]:
    _, plate = holder(turn, Vehicles)
    return [pb.GetRegistrationRequest(plate=plate)]


def _list_registrations(turn: Turn) -> list[Message]:
    return [pb.ListRegistrationsRequest(citizen_number=turn.citizen.number)]


def _verify_owner(turn: Turn) -> list[Message]:
    owner, plate = holder(turn, Vehicles)
    return [pb.VerifyRegistrationRequest(plate=plate, **true_claim(owner, turn.number))]


def _verify_differing_owner(turn: Turn) -> list[Message]:
    owner, plate = holder(turn, Vehicles)
    return [pb.VerifyRegistrationRequest(plate=plate, **false_claim(turn.world, owner, turn.number))]


SAMPLES = (
    Sample(name="get-vehicle", method=_METHODS["GetRegistration"], make=_get_registration, drills=1),
    Sample(name="list-vehicles", method=_METHODS["ListRegistrations"], make=_list_registrations),
    Sample(name="verify-owner", method=_METHODS["VerifyRegistration"], make=_verify_owner, yes=is_matched),
    Sample(
        name="verify-owner-differing", method=_METHODS["VerifyRegistration"], make=_verify_differing_owner,
        yes=is_matched, expected=False,
    ),
)  # fmt: skip
