"""What the linked service does by itself: it hands dossiers and supplements to the provinces."""

from functools import partial

from ndxp.agency.caller import Errand, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.jobs import Handler, Settle, settle_nothing
from ndxp.agency.onward import Answered, Onward, OnwardFailed, OnwardMethod
from ndxp.clock import Clock
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from services.life_events import rules
from services.life_events.records import LifeEvents

PROCEDURE_CODE = "1.011537"
"""Code of the linked procedures in the pilot (MaTTHC)."""

_METHODS = one_stop.DESCRIPTOR.services_by_name["OneStopService"].methods_by_name
_RECEIVE = OnwardMethod(
    _METHODS["ReceiveDossier"], one_stop.ReceiveDossierResponse, "the delivery to the province", "DELIVERY"
)
_SUPPLEMENT = OnwardMethod(
    _METHODS["SupplementDossier"], one_stop.SupplementDossierResponse, "the supplement at the province", "SUPPLEMENT"
)
_WITHDRAW = OnwardMethod(
    _METHODS["WithdrawDossier"], one_stop.WithdrawDossierResponse, "the withdrawal at the province", "WITHDRAWAL"
)


class Delivery:
    """Calls the one-stop system of a dossier's province. Each call can be repeated: it has the same request_id."""

    def __init__(self, database: Database, life_events: LifeEvents, onward: Onward, clock: Clock) -> None:
        self._database = database
        self._life_events = life_events
        self._onward = onward
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """How each kind of job is done; its body is the code of the dossier."""
        return {"deliver": self._deliver, "supplement": self._supplement}

    async def withdraw(self, dossier: pb.Dossier) -> tuple[str, str]:
        """Withdraws a dossier at its province, which may not have received it yet.

        Gives its code there and the transaction. Raises OnwardFailed, also when the province refuses.
        """
        received = await self._hand_over(dossier)
        code = received.answer.dossier.code
        request = one_stop.WithdrawDossierRequest(request_id=f"{dossier.code} back", code=code)
        withdrawn = await self._onward.call(_WITHDRAW, request, provider=_one_stop_of(dossier))
        return code, withdrawn.transaction_id

    async def _deliver(self, job: Job) -> Settle:
        dossier = self._dossier(job)
        with on_errand(errand(dossier)):
            try:
                received = await self._hand_over(dossier)
            except OnwardFailed as error:
                if not error.refusal:
                    raise
                return partial(self._refuse, dossier.code, error)
        return partial(self._settle, dossier.code, received.answer.dossier.code, received.transaction_id)

    async def _supplement(self, job: Job) -> Settle:
        dossier = self._dossier(job)
        request = one_stop.SupplementDossierRequest(
            request_id=job.key, code=dossier.one_stop_code, text="corrected by the applicant", linked=_linked(dossier)
        )
        with on_errand(errand(dossier)):
            try:
                await self._onward.call(_SUPPLEMENT, request, provider=_one_stop_of(dossier))
            except OnwardFailed as error:
                if not error.refusal:
                    raise  # otherwise it came too late: the province reports how the dossier ended
        return settle_nothing

    async def _hand_over(self, dossier: pb.Dossier) -> Answered[one_stop.ReceiveDossierResponse]:
        request = one_stop.ReceiveDossierRequest(
            request_id=f"{dossier.code} in", procedure_code=PROCEDURE_CODE, applicant=dossier.applicant,
            linked=_linked(dossier), online=True,
        )  # fmt: skip
        return await self._onward.call(_RECEIVE, request, provider=_one_stop_of(dossier))

    def _settle(self, code: str, one_stop_code: str, transaction_id: str, documents: Transaction) -> None:
        dossier = self._known(documents, code)
        dossier.one_stop_code = one_stop_code
        rules.add_step(dossier, "handed the dossier to the province", self._clock.moment(), transaction_id)
        self._life_events.store(documents, dossier)

    def _refuse(self, code: str, error: OnwardFailed, documents: Transaction) -> None:
        dossier = self._known(documents, code)
        if dossier.state not in rules.ENDED:
            rules.end(dossier, pb.DOSSIER_STATE_REFUSED, error.refusal, self._clock.now())
            transaction_id = error.failure.transaction_id if error.failure else ""
            rules.add_step(dossier, "the province refused the dossier", self._clock.moment(), transaction_id)
            self._life_events.store(documents, dossier)

    def _dossier(self, job: Job) -> pb.Dossier:
        with self._database.reading() as documents:
            return self._known(documents, job.body.decode())

    def _known(self, documents: Transaction, code: str) -> pb.Dossier:
        return rules.known(self._life_events.get(documents, code))


def errand(dossier: pb.Dossier) -> Errand:
    """The linked service at work on a dossier: what it calls belongs to the dossier's trace."""
    return Errand(
        provider=rules.SUBSYSTEM, traceparent=dossier.traceparent, message_id=dossier.code,
        purpose=rules.PURPOSES[dossier.kind],
    )  # fmt: skip


def _one_stop_of(dossier: pb.Dossier) -> str:
    return f"{dossier.province}/one-stop"


def _linked(dossier: pb.Dossier) -> one_stop.LinkedEvent:
    linked = one_stop.LinkedEvent(linked_code=dossier.code, procedures=dossier.procedures)
    if dossier.WhichOneof("event") == "birth":
        linked.birth.CopyFrom(dossier.birth)
    else:
        linked.death.CopyFrom(dossier.death)
    return linked
