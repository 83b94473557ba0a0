"""Sample calls to the land registry."""

from typing import Any

from google.protobuf.message import Message

from ndxp.land.v1 import land_pb2 as pb
from ndxp.samples.sample import Sample, Turn
from ndxp.world import Citizen, World
from ndxp.world.registers.land_parcels import LandParcel, LandParcels
from ndxp.world.registers.portal_accounts import PortalAccounts

_METHODS = pb.DESCRIPTOR.services_by_name["LandService"].methods_by_name
_NOBODYS = "ZY 000000"
_MOST_TRIES = 20_000


def seller_in(world: World, seed: int = 0) -> tuple[Citizen, LandParcel]:
    """A citizen who can sell a parcel by the portal. Raises LookupError in a world too small."""
    for citizen in world.sample(_MOST_TRIES, seed, alive=True):
        parcel = world.entry(LandParcels, citizen.number)
        if parcel is None or parcel.mortgaged or parcel.owner_name != citizen.full_name:
            continue
        if world.identifier(PortalAccounts, citizen.number):
            return citizen, parcel
    raise LookupError(f"nobody among {_MOST_TRIES} people of this world can sell a parcel by the portal")


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
