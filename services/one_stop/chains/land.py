"""The step at the land registry: it takes a transfer through the tax agency to the new certificate by itself."""

from collections.abc import Sequence

from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.land.v1 import land_pb2 as pb
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from services.one_stop.chains.step import Outcome, Progress, Result, Step

_METHODS = pb.DESCRIPTOR.services_by_name["LandService"].methods_by_name
_SUBMIT = OnwardMethod(_METHODS["SubmitTransfer"], pb.SubmitTransferResponse, "the transfer of the land", "TRANSFER")
_GET = OnwardMethod(_METHODS["GetTransfer"], pb.GetTransferResponse, "the answer of the land registry", "TRANSFER")
_PROGRESS = {
    pb.TRANSFER_STATE_PAYMENT: Progress.PAYMENT,
    pb.TRANSFER_STATE_SUPPLEMENT: Progress.SUPPLEMENT,
    pb.TRANSFER_STATE_REGISTERED: Progress.DONE,
    pb.TRANSFER_STATE_REFUSED: Progress.REFUSED,
}


async def _file(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    """Files the transfer. Filed again with the same dossier, it supplements it."""
    land = dossier.land
    request = pb.SubmitTransferRequest(
        request_id=request_id, dossier_code=dossier.code, certificate_number=land.certificate_number,
        seller=_person(dossier.applicant), buyer=_person(land.buyer), price=land.price,
    )  # fmt: skip
    given = await onward.call(_SUBMIT, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.transfer.code)


async def _ask(onward: Onward, filings: Sequence[str]) -> Sequence[Outcome]:
    [code] = filings
    given = await onward.call(_GET, pb.GetTransferRequest(code=code))
    transfer = given.answer.transfer
    progress = _PROGRESS.get(transfer.state, Progress.WAITING)
    to_pay = f"{transfer.amount} đồng for tax notice {transfer.notice_number}"
    registered = Result(linked_pb.PROCEDURE_LAND_TRANSFER, "registered the new owner", transfer.new_certificate_number)
    return [
        Outcome(
            progress=progress, code=code, transaction_id=given.transaction_id, results=[registered],
            reason=to_pay if progress is Progress.PAYMENT else transfer.reason,
        )
    ]  # fmt: skip


def _person(person: linked_pb.Person) -> pb.Person:
    return pb.Person(citizen_number=person.citizen_number, full_name=person.full_name, birth_date=person.birth_date)


TRANSFER_LAND = Step(
    name="transfer", agency="VN/GOV/G13/land", procedure=linked_pb.PROCEDURE_LAND_TRANSFER,
    what="sent the transfer to the land registry", file=_file, ask=_ask,
)  # fmt: skip
