"""Sample calls to the register of driving licences."""

from google.protobuf.message import Message

from ndxp.driving_licences.v1 import driving_licences_pb2 as pb
from ndxp.samples.sample import Sample, Turn, false_claim, holder, is_matched, true_claim
from ndxp.world.registers.licences import Licences

_METHODS = pb.DESCRIPTOR.services_by_name["DrivingLicenceService"].methods_by_name


def _get_licence(turn: Turn) -> list[Message]:
    _, number = holder(turn, Licences)
    return [pb.GetLicenceRequest(licence_number=number)]


def _list_licences(turn: Turn) -> list[Message]:
    return [pb.ListLicencesRequest(citizen_number=turn.citizen.number)]


def _verify_driver(turn: Turn) -> list[Message]:
    driver, number = holder(turn, Licences)
    return [pb.VerifyLicenceRequest(licence_number=number, **true_claim(driver, turn.number))]


def _verify_differing_driver(turn: Turn) -> list[Message]:
    driver, number = holder(turn, Licences)
    return [pb.VerifyLicenceRequest(licence_number=number, **false_claim(turn.world, driver, turn.number))]


SAMPLES = (
    Sample(name="get-licence", method=_METHODS["GetLicence"], make=_get_licence, drills=1),
    Sample(name="list-licences", method=_METHODS["ListLicences"], make=_list_licences),
    Sample(name="verify-driver", method=_METHODS["VerifyLicence"], make=_verify_driver, yes=is_matched),
    Sample(
        name="verify-driver-differing", method=_METHODS["VerifyLicence"], make=_verify_differing_driver,
        yes=is_matched, expected=False,
    ),
)  # fmt: skip
