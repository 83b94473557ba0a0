"""What the one-stop systems and the linked service tell each other: reports of steps, and new dossiers with pull."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256

from ndxp.agency.caller import Errand, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.jobs import Handler, Settle, settle_nothing
from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.clock import Clock, micros_of
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from services.one_stop import rules
from services.one_stop.records import Desks, Unsent

Receive = Callable[[Transaction, str, linked_pb.Dossier, str], None]
"""Receives a new dossier in a province; the last argument is the transaction in which it was found."""

MOST_REPORTED = 20
"""Steps in one report."""

PULL_EVERY = timedelta(minutes=10)
"""How often a province asks for its new dossiers, as reported."""

_PURPOSES = {"birth": "birth registration", "death": "death registration", "land": "land transfer"}
_METHODS = linked_pb.DESCRIPTOR.services_by_name["LifeEventService"].methods_by_name
_REPORT = OnwardMethod(
    _METHODS["ReportSteps"], linked_pb.ReportStepsResponse, "the report to the linked service", "REPORT"
)
_LIST = OnwardMethod(
    _METHODS["ListNewDossiers"], linked_pb.ListNewDossiersResponse, "the look for new dossiers", "PULL"
)
_AGAIN = frozenset({linked_pb.REPLY_TRY_AGAIN, linked_pb.REPLY_UNSPECIFIED})


class LinkedService:
    """Calls the linked service as a province; ``every`` is the time between two reports of a province."""

    def __init__(self, database: Database, desks: Desks, onward: Onward, clock: Clock, every: timedelta) -> None:
        self._database = database
        self._desks = desks
        self._onward = onward
        self._clock = clock
        self._every = every

    def handlers(self, receive: Receive) -> dict[str, Handler]:
        """How each kind of job is done; its body is the member of the province."""
        return {"report": self._report, "pull": partial(self._pull, receive)}

    def report_later(self, documents: Transaction, province: str) -> None:
        """Adds the next report of a province, unless it is to come already."""
        due = micros_of(self._clock.moment() + self._every)
        documents.add_job("report", f"report {province}", province.encode(), due=due)

    def pull_from_now_on(self, documents: Transaction, provinces: Sequence[str]) -> None:
        """Each province asks for its new dossiers, again and again."""
        for province in provinces:
            documents.add_job("pull", f"pull {province}", province.encode())

    async def _report(self, job: Job) -> Settle:
        """Tells the linked service what was done; the request_id follows from what is told."""
        province = job.body.decode()
        with self._database.reading() as documents:
            told = self._desks.unsent(documents, province, MOST_REPORTED)
            first = self._desks.get(documents, province, told[0].reported.one_stop_code) if told else None
        if first is None:
            return settle_nothing
        request = linked_pb.ReportStepsRequest(
            request_id=sha256("\n".join(each.key for each in told).encode()).hexdigest(),
            steps=[each.reported for each in told],
        )
        with on_errand(errand(province, first)):
            given = await self._onward.call(_REPORT, request)
        outcomes = zip(told, given.answer.outcomes, strict=True)
        taken = [each for each, outcome in outcomes if outcome.reply not in _AGAIN]
        return partial(self._reported, province, taken)

    def _reported(self, province: str, taken: Sequence[Unsent], documents: Transaction) -> None:
        for each in taken:
            self._desks.sent(documents, province, each)
        if self._desks.unsent(documents, province, 1):
            self.report_later(documents, province)

    async def _pull(self, receive: Receive, job: Job) -> Settle:
        """Asks the linked service for the new dossiers of a province, all pages of them."""
        province, page = job.body.decode(), linked_pb.ListNewDossiersRequest()
        new = list[tuple[linked_pb.Dossier, str]]()
        with on_errand(Errand(provider=f"{province}/one-stop")):
            while True:
                given = await self._onward.call(_LIST, page)
                new += [(dossier, given.transaction_id) for dossier in given.answer.dossiers]
                if not given.answer.next_page_token:
                    break
                page.page_token = given.answer.next_page_token

        def settle(documents: Transaction) -> None:
            for dossier, transaction_id in reversed(new):
                receive(documents, province, dossier, transaction_id)
            due = micros_of(self._clock.moment() + PULL_EVERY)
            documents.add_job("pull", job.key, job.body, due=due)

        return settle


def as_dossier(found: linked_pb.Dossier) -> pb.Dossier:
    """A dossier of the linked service as a one-stop system receives it."""
    dossier = pb.Dossier(procedure_code=rules.LINKED_PROCEDURE, applicant=found.applicant, online=True)
    dossier.linked.linked_code = found.code
    dossier.linked.procedures.extend(found.procedures)
    if found.HasField("birth"):
        dossier.linked.birth.CopyFrom(found.birth)
    else:
        dossier.linked.death.CopyFrom(found.death)
    return dossier


def errand(province: str, dossier: pb.Dossier) -> Errand:
    """A one-stop system at work on a dossier: what it calls belongs to the dossier's trace."""
    return Errand(
        provider=f"{province}/one-stop", traceparent=dossier.traceparent, message_id=dossier.code,
        purpose=_PURPOSES.get(rules.matter_of(dossier), ""),
    )  # fmt: skip
