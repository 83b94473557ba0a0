"""Sample calls to the national public service portal."""

from secrets import randbelow
from typing import Any

from google.protobuf.message import Message

from ndxp.clock import moment_of
from ndxp.identifiers import member_code
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.public_services.v1 import public_services_pb2 as pb
from ndxp.samples.sample import Sample, Turn
from ndxp.world import REFERENCE_DATE
from ndxp.world.procedures import PROCEDURES, procedures

_METHODS = pb.DESCRIPTOR.services_by_name["PublicServiceService"].methods_by_name
_PAGE = 20


def _list_procedures(turn: Turn) -> list[Message]:
    return [pb.ListProceduresRequest(page_size=_PAGE, page_token=str(_place(turn)))]


def _look_up_dossier(turn: Turn) -> list[Message]:
    return [pb.LookUpDossierRequest(code=_code(member_code(turn.client)))]


def _sync_dossier(turn: Turn) -> list[Message]:
    _, procedure = next(procedures(after=_place(turn)))
    return [
        pb.SyncDossierRequest(
            code=_code(member_code(turn.client)), procedure_code=procedure.code,
            citizen_number=turn.citizen.number,
            state=one_stop.DOSSIER_STATE_RECEIVED, received_at=f"{REFERENCE_DATE:%Y%m%d}080000",
            online=turn.number % 2 == 0,
        )
    ]  # fmt: skip


def _place(turn: Turn) -> int:
    return turn.number * _PAGE % (PROCEDURES - _PAGE)


def _code(body: str) -> str:
    """The code of a dossier of a body, which hardly anybody has used before."""
    day = moment_of(randbelow(2_000_000_000) * 1_000_000)
    return f"000.00.00.{body}-{day:%y%m%d}-{randbelow(100_000_000):08d}"


def _renew(request: Any) -> None:
    request.code = _code(request.code.split("-")[0].rpartition(".")[2])


SAMPLES = (
    Sample(name="list-procedures", method=_METHODS["ListProcedures"], make=_list_procedures),
    Sample(name="look-up-dossier", method=_METHODS["LookUpDossier"], make=_look_up_dossier),
    Sample(name="sync-dossier", method=_METHODS["SyncDossier"], make=_sync_dossier, renew=_renew, drills=1),
)
