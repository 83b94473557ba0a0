"""Sample calls to the land registry."""

from typing import Any

from google.protobuf.message import Message

from ndxp.land.v1 import land_pb2 as pb
from ndxp.samples.sample import Sample, Turn
from ndxp.world.registers.land_parcels import LandParcels

_METHODS = pb.DESCRIPTOR.services_by_name["LandService"].methods_by_name
_NOBODYS = "ZY 000000"


def _get_parcel(turn: Turn) -> list[Message]:
    """The citizen's parcel; who owns none asks for one that is nobody's."""
    certificate = turn.world.identifier(LandParcels, turn.citizen.number) or _NOBODYS
    return [pb.GetParcelRequest(certificate_number=certificate, owner_number=turn.citizen.number)]


def _get_anothers_parcel(turn: Turn) -> list[Message]:
    certificate = turn.world.identifier(LandParcels, turn.citizen.number) or _NOBODYS
    return [pb.GetParcelRequest(certificate_number=certificate, owner_number=turn.world.absent_number(turn.number))]


def _is_there(answer: Any) -> bool:
    return bool(answer.HasField("parcel"))


SAMPLES = (
    Sample(name="get-parcel", method=_METHODS["GetParcel"], make=_get_parcel, yes=_is_there, drills=1),
    Sample(
        name="get-anothers-parcel", method=_METHODS["GetParcel"], make=_get_anothers_parcel, yes=_is_there,
        expected=False,
    ),
)  # fmt: skip
