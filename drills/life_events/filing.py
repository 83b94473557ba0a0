"""Who files life events and looks after them; each call is said again until it is answered, with its request_id."""

import time
from collections.abc import Callable
from typing import Any

import grpc

from drills.life_events.events import CORRECTED, WITHDRAWN, Event
from drills.sandbox import PATIENCE, NotResumed
from ndxp.client import BlockingExchange
from ndxp.errors import Code
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.wire import status

WALLET = "VN/GOV/G01/wallet"
_FINAL = {Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.NOT_FOUND, Code.PERMISSION_DENIED}
_PAUSE = 0.2


class Filing:
    """The wallet, which files events and does for them what their kind says."""

    def __init__(self, exchange: BlockingExchange) -> None:
        self._stub = LifeEventServiceStub(exchange.channel)

    def file(self, event: Event) -> None:
        """Files an event. Raises NotResumed when nobody answers, and grpc.RpcError for a refusal."""
        birth = isinstance(event.request, pb.SubmitBirthRequest)
        submit = self._stub.SubmitBirth if birth else self._stub.SubmitDeath
        event.dossier = _answered(lambda: submit(event.request)).dossier
        if event.kind == WITHDRAWN:
            self._withdraw(event)

    def look_after(self, event: Event) -> bool:
        """Looks how an event stands, corrects what is to be corrected, and says whether it has ended."""
        request = pb.GetDossierRequest(code=event.dossier.code)
        event.dossier = _answered(lambda: self._stub.GetDossier(request)).dossier
        if event.kind == CORRECTED and event.dossier.state == pb.DOSSIER_STATE_SUPPLEMENT:
            self._correct(event)
        return event.dossier.HasField("ended_at")

    def _withdraw(self, event: Event) -> None:
        """Withdraws an event; where an agency works on it already, it has to end as others do."""
        request = pb.WithdrawDossierRequest(request_id=event.request_ids[0], code=event.dossier.code)
        try:
            _answered(lambda: self._stub.WithdrawDossier(request))
        except grpc.RpcError as error:
            # An answer that was lost is not repeated when the province has reported the withdrawal meanwhile.
            if status.decode(error).reason != "ALREADY_ENDED":
                event.ends = pb.DOSSIER_STATE_DONE

    def _correct(self, event: Event) -> None:
        request = pb.SupplementDossierRequest(
            request_id=event.request_ids[1], code=event.dossier.code, birth={"mother": {"full_name": event.right_name}}
        )
        _answered(lambda: self._stub.SupplementDossier(request))


def _answered(call: Callable[[], Any]) -> Any:
    """The answer; what passes is tried again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except grpc.RpcError as error:
            failure = status.decode(error)
            if failure.code in _FINAL and failure.hop != "gateway/authorise":
                raise
            if time.monotonic() > deadline:
                raise NotResumed(f"the wallet has no answer: {failure.code.name} {failure.reason}") from error
        time.sleep(_PAUSE)
