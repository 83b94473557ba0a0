"""Sample calls to the wallet."""

from typing import Any

from google.protobuf.message import Message

from ndxp.samples.sample import Sample, Turn, holder, true_claim
from ndxp.wallet.v1 import wallet_pb2 as pb
from ndxp.world import Citizen
from ndxp.world.registers.wallet_accounts import WalletAccounts

_METHODS = pb.DESCRIPTOR.services_by_name["WalletService"].methods_by_name


def _living_holder(turn: Turn) -> Citizen:
    """Somebody alive with an account: the citizen of the turn, or another one."""
    citizen, _ = holder(turn, WalletAccounts)
    while citizen.deceased:
        world = turn.world
        following = world.citizen(world.number(((world.index(citizen.number) or 0) + 1) % world.population))
        citizen, _ = holder(turn._replace(citizen=following or citizen), WalletAccounts)
    return citizen


def _get_documents(turn: Turn) -> list[Message]:
    citizen = _living_holder(turn)
    return [pb.GetDocumentsRequest(**true_claim(citizen, turn.number))]


def _present_residence(turn: Turn) -> list[Message]:
    citizen = _living_holder(turn)
    return [
        pb.PresentDocumentRequest(
            kind=pb.DOCUMENT_KIND_RESIDENCE, claims=["full_name", "permanent_address"],
            audience="VN/COM/9900000048", nonce=f"sample-{turn.number:08d}", **true_claim(citizen),
        )
    ]  # fmt: skip


def _report_offence(turn: Turn) -> list[Message]:
    citizen = _living_holder(turn)
    address = citizen.current_address
    return [
        pb.ReportOffenceRequest(
            text="Xe đỗ trên vỉa hè",
            place=pb.Place(province=address.province, ward=address.ward, detail=f"Số {turn.number % 1000 + 1}"),
            photo_sha256=f"{turn.number:064x}", **true_claim(citizen),
        )
    ]  # fmt: skip


def _is_whole(answer: Any) -> bool:
    return not answer.missing


SAMPLES = (
    Sample(name="get-documents", method=_METHODS["GetDocuments"], make=_get_documents, yes=_is_whole),
    Sample(name="present-residence", method=_METHODS["PresentDocument"], make=_present_residence),
    Sample(name="report-offence", method=_METHODS["ReportOffence"], make=_report_offence),
)
