"""What the one-stop systems do by themselves: they take dossiers through the agencies of their chains, step by step.

A job is a call to another agency or a time limit. What comes of it is settled with the dossier and with the next job in
one transaction. So a dossier goes on where it was, even after a process was killed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ndxp.agency.caller import on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.filings import SUPPLEMENT_DAYS, supplement_due
from ndxp.agency.jobs import Handler, Settle, settle_nothing
from ndxp.agency.onward import Onward, OnwardFailed
from ndxp.clock import Clock, micros_of
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.working_time import due_in_hours
from services.one_stop import rules
from services.one_stop.chains import STEPS, Outcome, Progress, Step, chain_of, next_step, refused
from services.one_stop.linked import LinkedService, as_dossier, errand
from services.one_stop.records import Desks, Wait

SUPPLEMENTED = "has the supplement"
"""What is written down of a supplement."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a one-stop system takes, by the nation's clock.

    ``intake_hours`` are working hours until a new dossier is taken up; ``poll`` is the time between two questions to an
    agency for an answer.
    """

    intake_hours: float
    poll: timedelta


class Work:
    """The jobs of the one-stop systems."""

    def __init__(
        self, database: Database, desks: Desks, onward: Onward, clock: Clock, pace: Pace, linked: LinkedService
    ) -> None:
        self._database = database
        self._desks = desks
        self._onward = onward
        self._clock = clock
        self._pace = pace
        self._linked = linked

    def handlers(self) -> dict[str, Handler]:
        """How each kind of job is done. The body names the province, and the dossier or the step."""
        return {"file": self._file, "ask": self._ask, "stop": self._stop}

    def begin(self, documents: Transaction, province: str, dossier: pb.Dossier, transaction_id: str) -> None:
        """A dossier has been received: says so, and takes it up when an officer has looked at it."""
        now = self._clock.moment()
        what = "received the dossier online" if dossier.online else "received the dossier"
        self.add_step(documents, province, dossier, what, transaction_id)
        if chain := chain_of(dossier):
            self._file_later(documents, province, dossier, chain[0], due_in_hours(now, self._pace.intake_hours))

    def receive_linked(
        self, documents: Transaction, province: str, found: linked_pb.Dossier, transaction_id: str
    ) -> None:
        """Receives a dossier that the province has found at the linked service, unless it has it."""
        if self._desks.linked(documents, province, found.code) is None:
            dossier, now = as_dossier(found), self._clock.moment()
            self._desks.receive(documents, province, dossier, now=now, traceparent=found.traceparent)
            self.begin(documents, province, dossier, transaction_id)
            self._desks.store(documents, province, dossier)

    def go_on(self, documents: Transaction, province: str, dossier: pb.Dossier) -> None:
        """A dossier has its supplement: the agency that wanted it is asked again."""
        wanted_by = next(step.procedure for step in reversed(dossier.steps) if step.procedure)
        step = next(step for step in chain_of(dossier) if step.procedure == wanted_by)
        self._file_later(documents, province, dossier, step, self._clock.moment())

    def want_supplement(self, documents: Transaction, province: str, dossier: pb.Dossier) -> None:
        """Sets the time limit of a dossier that waits for a supplement from now on."""
        due = supplement_due(self._clock)
        documents.add_job("stop", _stop_key(dossier), f"{province} {dossier.code}".encode(), due=due)

    def no_longer_want_supplement(self, documents: Transaction, dossier: pb.Dossier) -> None:
        """Takes the time limit of a supplement away."""
        documents.end_job(_stop_key(dossier))

    def add_step(
        self, documents: Transaction, province: str, dossier: pb.Dossier, what: str, transaction_id: str,
        *, result: str = "",
    ) -> None:  # fmt: skip
        """Writes down what the one-stop system itself did."""
        self._desks.add_step(
            documents, province, dossier, at=self._clock.moment(), subsystem=f"{province}/one-stop", what=what,
            transaction_id=transaction_id, result=result,
        )  # fmt: skip
        if dossier.HasField("linked"):
            self._linked.report_later(documents, province)

    async def _file(self, job: Job) -> Settle:
        """Asks the agency of a step for it, or gives it the supplement that it wanted."""
        province, code, name = job.body.decode().split()
        step = STEPS[name]
        with self._database.transaction() as documents:
            dossier = self._dossier(documents, province, code)
            if dossier.state not in (rules.RECEIVED, rules.IN_PROCESS):
                return settle_nothing
            dossier.state = rules.IN_PROCESS
            self._desks.store(documents, province, dossier)
        with on_errand(errand(province, dossier)):
            try:
                filed = _filed(dossier, step)
                if filed and step.supplement:
                    outcome = await step.supplement(self._onward, dossier, filed, job.key)
                else:
                    outcome = await step.file(self._onward, dossier, job.key)
            except OnwardFailed as error:
                outcome = refused(error)
        return partial(self._settle, province, code, step, outcome)

    async def _ask(self, job: Job) -> Settle:
        """Asks an agency for the answers to the dossiers whose turn it is; the call is of the trace of the first."""
        province, name = job.body.decode().split()
        step, now = STEPS[name], self._clock.now()
        with self._database.reading() as documents:
            waits = self._desks.waiting(documents, province, name)[: step.most]
            waits = [wait for wait in waits if wait.asked + _micros(self._pace.poll) <= now]
            dossiers = [self._dossier(documents, province, wait.code) for wait in waits]
        if not waits or step.ask is None:
            return partial(self._ask_later, province, name)
        with on_errand(errand(province, dossiers[0])):
            outcomes = await step.ask(self._onward, [wait.filing for wait in waits])

        def settle(documents: Transaction) -> None:
            for wait, outcome in zip(waits, outcomes, strict=True):
                if outcome.progress in (Progress.WAITING, Progress.PAYMENT):
                    self._desks.wait(documents, replace(wait, asked=now))
                    self._take_payment(province, wait.code, step, outcome, documents)
                else:
                    self._desks.end_wait(documents, wait)
                    self._settle(province, wait.code, step, outcome, documents)
            self._ask_later(province, name, documents)

        return settle

    async def _stop(self, job: Job) -> Settle:
        """Stops a dossier whose supplement has not come in time."""
        province, code = job.body.decode().split()

        def settle(documents: Transaction) -> None:
            dossier = self._dossier(documents, province, code)
            if dossier.state == rules.SUPPLEMENT:
                why = f"no supplement within {SUPPLEMENT_DAYS} working days"
                rules.end(dossier, rules.STOPPED, why, self._clock.moment())
                self.add_step(documents, province, dossier, "stopped the dossier", "", result=why)
                self._desks.store(documents, province, dossier)

        return settle

    def _settle(self, province: str, code: str, step: Step, outcome: Outcome, documents: Transaction) -> None:
        """Takes an agency's answer into a dossier and begins what follows."""
        dossier = self._dossier(documents, province, code)
        now = self._clock.moment()
        match outcome.progress:
            case Progress.WAITING:
                self._add_result(documents, province, dossier, step, outcome, step.what, f"{province}/one-stop")
                self._desks.wait(documents, Wait(province, code, step.name, outcome.code, micros_of(now)))
                self._ask_later(province, step.name, documents)
            case Progress.DONE:
                for result in outcome.results:
                    if not dossier.HasField("linked") or result.procedure in dossier.linked.procedures:
                        self._add_result(
                            documents, province, dossier, step, outcome, result.what, step.agency,
                            procedure=result.procedure, result=result.result,
                        )  # fmt: skip
                if following := next_step(dossier, step):
                    self._file_later(documents, province, dossier, following, now)
                else:
                    self._finish(documents, province, dossier, now)
            case Progress.SUPPLEMENT:
                dossier.state, dossier.note = rules.SUPPLEMENT, outcome.reason
                self._add_result(
                    documents, province, dossier, step, outcome, "asked for a supplement", step.agency,
                    result=outcome.reason,
                )  # fmt: skip
                self.want_supplement(documents, province, dossier)
            case Progress.REFUSED:
                rules.end(dossier, rules.STOPPED, outcome.reason, now)
                self._add_result(
                    documents, province, dossier, step, outcome, "refused", step.agency, result=outcome.reason
                )
        self._desks.store(documents, province, dossier)

    def _take_payment(self, province: str, code: str, step: Step, outcome: Outcome, documents: Transaction) -> None:
        """Writes down that an agency wants a payment now, or that it has it; the dossier still waits for its answer."""
        dossier = self._dossier(documents, province, code)
        wanted = outcome.progress is Progress.PAYMENT
        if wanted is (dossier.state == rules.PAYMENT):
            return
        if wanted:
            dossier.state, dossier.note = rules.PAYMENT, outcome.reason
            what, result = "wants a payment", outcome.reason
        else:
            dossier.state, dossier.note = rules.IN_PROCESS, ""
            what, result = "has the payment", ""
        self._add_result(documents, province, dossier, step, outcome, what, step.agency, result=result)
        self._desks.store(documents, province, dossier)

    def _finish(self, documents: Transaction, province: str, dossier: pb.Dossier, now: datetime) -> None:
        rules.end(dossier, rules.DONE, "", now)
        self._desks.count_result(documents, province, dossier)
        self.add_step(documents, province, dossier, "all procedures are done", dossier.steps[-1].transaction_id)

    def _add_result(
        self, documents: Transaction, province: str, dossier: pb.Dossier, step: Step, outcome: Outcome, what: str,
        subsystem: str, *, procedure: linked_pb.Procedure = linked_pb.PROCEDURE_UNSPECIFIED, result: str = "",
    ) -> None:  # fmt: skip
        self._desks.add_step(
            documents, province, dossier, at=self._clock.moment(), subsystem=subsystem, what=what,
            transaction_id=outcome.transaction_id, procedure=procedure or step.procedure, code=outcome.code,
            result=result,
        )  # fmt: skip
        if dossier.HasField("linked"):
            self._linked.report_later(documents, province)

    def _file_later(
        self, documents: Transaction, province: str, dossier: pb.Dossier, step: Step, due: datetime
    ) -> None:
        key = f"{dossier.code} {step.name} {_supplements(dossier)}"
        body = f"{province} {dossier.code} {step.name}".encode()
        documents.add_job("file", key, body, due=micros_of(due))

    def _ask_later(self, province: str, name: str, documents: Transaction) -> None:
        """Asks again when it is the turn of one that waits."""
        if waits := self._desks.waiting(documents, province, name):
            due = waits[0].asked + _micros(self._pace.poll)
            documents.add_job("ask", f"ask {name} {province}", f"{province} {name}".encode(), due=due)

    def _dossier(self, documents: Transaction, province: str, code: str) -> pb.Dossier:
        return rules.known(self._desks.get(documents, province, code))


def _filed(dossier: pb.Dossier, step: Step) -> str:
    """The code of the agency's own dossier, when it has one already and wants a supplement to it."""
    filed = (each.code for each in reversed(dossier.steps) if each.procedure == step.procedure and each.code)
    return next(filed, "")


def _supplements(dossier: pb.Dossier) -> int:
    """How many supplements a dossier has had."""
    return sum(step.what == SUPPLEMENTED for step in dossier.steps)


def _stop_key(dossier: pb.Dossier) -> str:
    return f"{dossier.code} stop {_supplements(dossier)}"


def _micros(pause: timedelta) -> int:
    return pause // timedelta(microseconds=1)
