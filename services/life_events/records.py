"""The linked dossiers, each kept as the message that shows it; whom a dossier concerns is named as its subjects."""

from collections.abc import Sequence
from datetime import datetime

from ndxp.agency.caller import caller
from ndxp.agency.documents import Documents
from ndxp.agency.rights import new_code
from ndxp.agency.subject import names_subject
from ndxp.clock import micros_of
from ndxp.identifiers import member_of
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.world import World

DOSSIER = "dossier"
ONE_STOP_CODE = "one-stop code"


class LifeEvents:
    """The dossiers. Those that no province has received yet are listed for their province."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, dossier: pb.Dossier, *, received: datetime, due: datetime, traceparent: str) -> None:
        """Gives a dossier what it has from its beginning: code, dates, trace, first state."""
        dossier.code = new_code("G22.99", received)
        dossier.state = pb.DOSSIER_STATE_RECEIVED
        dossier.submitted_at.FromMicroseconds(micros_of(received))
        dossier.due_at.FromMicroseconds(micros_of(due))
        dossier.traceparent = traceparent

    def store(self, documents: Documents, dossier: pb.Dossier) -> None:
        """Keeps a dossier as it is now."""
        waiting = not dossier.one_stop_code and dossier.state == pb.DOSSIER_STATE_RECEIVED
        owner = f"new {dossier.province}" if waiting else ""
        documents.put(DOSSIER, dossier.code, dossier.SerializeToString(), owner=owner)
        if dossier.one_stop_code:
            documents.put(ONE_STOP_CODE, dossier.one_stop_code, dossier.code.encode())

    def get(self, documents: Documents, code: str) -> pb.Dossier | None:
        """A dossier by its code, whosever it is: for the agency's own work."""
        body = documents.get(DOSSIER, code)
        return None if body is None else pb.Dossier.FromString(body)

    def visible(self, documents: Documents, code: str) -> pb.Dossier | None:
        """A dossier by either of its codes, if the caller filed it, keeps it, or is the province that works on it."""
        linked = documents.get(ONE_STOP_CODE, code)
        code = linked.decode() if linked else code
        body = documents.own(DOSSIER, code)
        if body is None:
            return self.of_province(documents, code)
        return self._named(pb.Dossier.FromString(body))

    def own(self, documents: Documents, code: str) -> pb.Dossier | None:
        """A dossier by its code, if the caller filed or keeps it."""
        body = documents.own(DOSSIER, code)
        return None if body is None else self._named(pb.Dossier.FromString(body))

    def of_province(self, documents: Documents, code: str) -> pb.Dossier | None:
        """A dossier by its code, if the calling province works on it."""
        dossier = self.get(documents, code)
        return self._named(dossier) if dossier and dossier.province == member_of(caller().client) else None

    def waiting(
        self, documents: Documents, province: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, pb.Dossier]]:
        """Dossiers that a province has not received yet with their places, the latest first, from ``before`` on."""
        found = documents.of(DOSSIER, f"new {province}", before=before or None, limit=limit)
        return [(document.seq, self._named(pb.Dossier.FromString(document.body))) for document in found]

    def _named(self, dossier: pb.Dossier) -> pb.Dossier:
        """Names whom a dossier concerns: those of the nation, and the child as soon as it has a number."""
        birth, death = dossier.birth, dossier.death
        for person in (dossier.applicant, birth.mother, birth.father, death.deceased, death.survivor):
            if self._world.exists(person.citizen_number):
                names_subject(person.citizen_number)
        for step in dossier.steps:
            if (
                step.procedure in (pb.PROCEDURE_BIRTH_REGISTRATION, pb.PROCEDURE_DEATH_REGISTRATION)
                and step.result.isdigit()
            ):
                names_subject(step.result)
        return dossier
