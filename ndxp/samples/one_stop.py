"""Sample calls to the one-stop systems."""

from google.protobuf.message import Message

from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.samples.sample import Sample, Turn, holder, true_claim
from ndxp.world.procedures import LAND_CHANGE
from ndxp.world.registers.land_parcels import LandParcels

_METHODS = pb.DESCRIPTOR.services_by_name["OneStopService"].methods_by_name
_HANOI, _HANAM = "VN/GOV/H26/one-stop", "VN/GOV/H25/one-stop"
_SUBJECTS = ("cấp phép xây dựng", "đăng ký kinh doanh", "xác nhận tình trạng nhà ở", "chứng thực")


def _person(claim: dict[str, str]) -> linked_pb.Person:
    return linked_pb.Person(**claim)


def _receive(turn: Turn) -> list[Message]:
    """An application that officers move on."""
    return [
        pb.ReceiveDossierRequest(
            procedure_code="1.000001", applicant=_person(true_claim(turn.citizen)),
            general=pb.General(subject=_SUBJECTS[turn.number % len(_SUBJECTS)]),
        )
    ]  # fmt: skip


def _transfer_land(turn: Turn) -> list[Message]:
    """Somebody sells a parcel to the citizen."""
    seller, certificate = holder(turn, LandParcels)
    buyer = _person(true_claim(turn.citizen))
    return [
        pb.ReceiveDossierRequest(
            procedure_code=LAND_CHANGE, applicant=_person(true_claim(seller)), online=True,
            land=pb.LandTransfer(certificate_number=certificate, buyer=buyer, price=1_000_000_000),
        )
    ]  # fmt: skip


def _punctuality(_: Turn) -> list[Message]:
    return [pb.GetPunctualityRequest()]


SAMPLES = (
    Sample(name="receive-dossier", method=_METHODS["ReceiveDossier"], make=_receive, provider=_HANAM),
    Sample(name="transfer-land", method=_METHODS["ReceiveDossier"], make=_transfer_land, provider=_HANOI),
    Sample(name="get-punctuality", method=_METHODS["GetPunctuality"], make=_punctuality, provider=_HANAM),
)
