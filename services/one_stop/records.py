"""The dossiers of the provinces, each kept as the message that shows it. One province never sees another's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ndxp.agency.caller import caller
from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_subject
from ndxp.clock import micros_of
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.world import World
from services.one_stop import rules

LINKED, OPEN, WAIT, OUTBOX = "linked", "open", "wait", "outbox"
_ALL = 100_000


@dataclass(frozen=True, slots=True)
class Wait:
    """A dossier that waits for an agency's answer: the code there, when it was filed or last asked for (µs)."""

    province: str
    code: str
    step: str
    filing: str
    asked: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """A step that the linked service does not know of yet."""

    key: str
    reported: linked_pb.ReportedStep


_encode = msgspec.json.Encoder().encode
_decode_wait = msgspec.json.Decoder(Wait).decode


class Desks:
    """The dossiers of every province, what waits for an answer, and what the linked service is still to be told."""

    def __init__(self, world: World) -> None:
        self._world = world

    def receive(
        self, documents: Documents, province: str, dossier: pb.Dossier, *, now: datetime, traceparent: str
    ) -> None:
        """Gives a dossier its code and its dates, and counts it."""
        serial = next_count(documents, f"{province} {now:%y%m%d}") + 1
        dossier.code = rules.dossier_code(province, now, serial)
        dossier.state = rules.first_state(dossier)
        dossier.traceparent = traceparent
        dossier.received_at.FromMicroseconds(micros_of(now))
        dossier.due_at.FromMicroseconds(micros_of(rules.due(province, dossier, now)))
        next_count(documents, f"{province} received")
        if dossier.online:
            next_count(documents, f"{province} online")
        if dossier.HasField("linked"):
            documents.put(_of(LINKED, province), dossier.linked.linked_code, dossier.code.encode())

    def store(self, documents: Documents, province: str, dossier: pb.Dossier) -> None:
        """Keeps a dossier as it is now, and counts it among the open ones or no longer."""
        body, ended = dossier.SerializeToString(), dossier.state in rules.ENDED
        documents.put(_of("dossier", province), dossier.code, body, owner=dossier.applicant.citizen_number)
        due = str(dossier.due_at.ToMicroseconds()).encode()
        documents.put(_of(OPEN, province), dossier.code, due, owner="" if ended else OPEN)

    def get(self, documents: Documents, province: str, code: str) -> pb.Dossier | None:
        """A dossier of a province by its code, whosever it is: for the agency's own work."""
        body = documents.get(_of("dossier", province), code)
        return None if body is None else pb.Dossier.FromString(body)

    def linked(self, documents: Documents, province: str, linked_code: str) -> pb.Dossier | None:
        """A dossier of a province by the code of the linked service."""
        code = documents.get(_of(LINKED, province), linked_code)
        return self.get(documents, province, code.decode()) if code else None

    def visible(self, documents: Documents, province: str, code: str) -> pb.Dossier | None:
        """A dossier, if the caller filed it or is of the province; what is linked, the linked service filed."""
        body = documents.own(_of("dossier", province), code)
        if body is None and caller().client == rules.LINKED_SERVICE:
            dossier = self.get(documents, province, code)
            return self._named(dossier) if dossier and dossier.HasField("linked") else None
        return None if body is None else self._named(pb.Dossier.FromString(body))

    def of_citizen(
        self, documents: Documents, province: str, number: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, pb.Dossier]]:
        """The caller's dossiers of an applicant with their places, the latest first, from ``before`` (or 0) on."""
        found = documents.own_of(_of("dossier", province), number, before=before or None, limit=limit)
        if self._world.exists(number):
            names_subject(number)
        return [(each.seq, self._named(pb.Dossier.FromString(each.body))) for each in found]

    def add_step(
        self, documents: Documents, province: str, dossier: pb.Dossier, *, at: datetime, subsystem: str, what: str,
        transaction_id: str, procedure: linked_pb.Procedure = linked_pb.PROCEDURE_UNSPECIFIED, code: str = "",
        result: str = "",
    ) -> None:  # fmt: skip
        """Writes down what was done; of a linked dossier the linked service is to be told."""
        step = dossier.steps.add(
            procedure=procedure, subsystem=subsystem, what=what, state=rules.in_linked_service(dossier.state),
            transaction_id=transaction_id, code=code, result=result,
        )  # fmt: skip
        step.at.FromMicroseconds(micros_of(at))
        if dossier.HasField("linked"):
            reported = linked_pb.ReportedStep(code=dossier.linked.linked_code, one_stop_code=dossier.code, step=step)
            key = f"{dossier.code} {len(dossier.steps)}"
            documents.put(_of(OUTBOX, province), key, reported.SerializeToString(), owner=OUTBOX)

    def unsent(self, documents: Documents, province: str, most: int) -> list[Unsent]:
        """What the linked service is to be told, in the order in which it was done; at most so many steps."""
        found = documents.of(_of(OUTBOX, province), OUTBOX, limit=_ALL)
        return [Unsent(each.key, linked_pb.ReportedStep.FromString(each.body)) for each in reversed(found[-most:])]

    def sent(self, documents: Documents, province: str, unsent: Unsent) -> None:
        """Takes off the list a step that the linked service knows of, or will never take."""
        documents.put(_of(OUTBOX, province), unsent.key, unsent.reported.SerializeToString())

    def wait(self, documents: Documents, wait: Wait) -> None:
        """Stores that a dossier waits for an answer, from now on or still."""
        documents.put(WAIT, wait.code, _encode(wait), owner=f"{wait.step} {wait.province}")

    def end_wait(self, documents: Documents, wait: Wait) -> None:
        """Stores that a dossier has its answer."""
        documents.put(WAIT, wait.code, _encode(replace(wait, asked=0)))

    def waiting(self, documents: Documents, province: str, step: str) -> list[Wait]:
        """The dossiers that wait at a step; the one whose turn comes next is the first."""
        found = documents.of(WAIT, f"{step} {province}", limit=_ALL)
        return sorted((_decode_wait(each.body) for each in found), key=lambda wait: (wait.asked, wait.code))

    def count_result(self, documents: Documents, province: str, dossier: pb.Dossier) -> None:
        """Counts a dossier that has its result, on time or not."""
        next_count(documents, f"{province} ended")
        if dossier.ended_at.ToMicroseconds() <= dossier.due_at.ToMicroseconds():
            next_count(documents, f"{province} on time")

    def punctuality(self, documents: Documents, province: str, now: int) -> rules.Punctuality:
        """The counts of a province."""
        received, online, ended, on_time = (
            int(documents.get("counter", f"{province} {what}") or 0)
            for what in ("received", "online", "ended", "on time")
        )
        dues = (int(each.body) for each in documents.of(_of(OPEN, province), OPEN, limit=_ALL))
        return rules.Punctuality(received, online, ended, on_time, rules.count_late(dues, now))

    def _named(self, dossier: pb.Dossier) -> pb.Dossier:
        """Names whom a dossier concerns: those of the nation, and the child as soon as it has a number."""
        birth, death = dossier.linked.birth, dossier.linked.death
        for person in (
            dossier.applicant, birth.mother, birth.father, death.deceased, death.survivor, dossier.land.buyer,
        ):  # fmt: skip
            if self._world.exists(person.citizen_number):
                names_subject(person.citizen_number)
        if number := registered_number(dossier):
            names_subject(number)
        return dossier


def registered_number(dossier: pb.Dossier) -> str:
    """The number that civil status gave in its answer, of the child or of the deceased; empty before."""
    of_civil_status = linked_pb.PROCEDURE_BIRTH_REGISTRATION, linked_pb.PROCEDURE_DEATH_REGISTRATION
    accepted = (step for step in dossier.steps if step.procedure in of_civil_status and step.result)
    return next((step.result for step in accepted if step.result.isdigit()), "")


def _of(kind: str, province: str) -> str:
    """The kind under which a province's documents of this kind are."""
    return f"{kind} {province}"
