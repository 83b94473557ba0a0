"""Steps at the residence register: a newborn joins the mother's household, somebody who died is removed."""

from collections.abc import Sequence
from functools import partial

from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.residence.v1 import residence_pb2 as pb
from services.one_stop.chains.civil_status import child_name
from services.one_stop.chains.step import Outcome, Progress, Result, Step
from services.one_stop.records import registered_number

_METHODS = pb.DESCRIPTOR.services_by_name["ResidenceService"].methods_by_name
_REGISTER = OnwardMethod(
    _METHODS["RegisterResidence"], pb.RegisterResidenceResponse, "the registration of the residence", "RESIDENCE"
)
_REMOVE = OnwardMethod(
    _METHODS["RemoveResidence"], pb.RemoveResidenceResponse, "the removal from the residence register", "REMOVAL"
)
_GET_FILING = OnwardMethod(
    _METHODS["GetFiling"], pb.GetFilingResponse, "the answer of the residence register", "FILING"
)
_PROGRESS = {pb.FILING_STATE_DONE: Progress.DONE, pb.FILING_STATE_REFUSED: Progress.REFUSED}


async def _file_registration(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    birth = dossier.linked.birth
    request = pb.RegisterResidenceRequest(
        request_id=request_id, dossier_code=dossier.code, kind=pb.RESIDENCE_KIND_PERMANENT,
        citizen_number=registered_number(dossier), full_name=child_name(birth), birth_date=birth.birth_date,
        household_member=birth.mother.citizen_number,
    )  # fmt: skip
    given = await onward.call(_REGISTER, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.filing.code)


async def _file_removal(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    deceased = dossier.linked.death.deceased
    request = pb.RemoveResidenceRequest(
        request_id=request_id, dossier_code=dossier.code, citizen_number=deceased.citizen_number,
        full_name=deceased.full_name, birth_date=deceased.birth_date,
    )  # fmt: skip
    given = await onward.call(_REMOVE, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.filing.code)


async def _ask(procedure: linked_pb.Procedure, what: str, onward: Onward, filings: Sequence[str]) -> Sequence[Outcome]:
    [code] = filings
    given = await onward.call(_GET_FILING, pb.GetFilingRequest(code=code))
    filing = given.answer.filing
    return [
        Outcome(
            progress=_PROGRESS.get(filing.state, Progress.WAITING), code=code, reason=filing.reason,
            transaction_id=given.transaction_id, results=[Result(procedure, what, filing.household_number)],
        )
    ]  # fmt: skip


REGISTER_RESIDENCE = Step(
    name="residence", agency="VN/GOV/G01/residence", procedure=linked_pb.PROCEDURE_RESIDENCE,
    what="sent the registration of the child to the residence register", file=_file_registration,
    ask=partial(_ask, linked_pb.PROCEDURE_RESIDENCE, "registered the child in the mother's household"),
)  # fmt: skip

REMOVE_RESIDENCE = Step(
    name="removal", agency="VN/GOV/G01/residence", procedure=linked_pb.PROCEDURE_RESIDENCE_REMOVAL,
    what="sent the removal to the residence register", file=_file_removal,
    ask=partial(_ask, linked_pb.PROCEDURE_RESIDENCE_REMOVAL, "removed the deceased from the household"),
)  # fmt: skip
