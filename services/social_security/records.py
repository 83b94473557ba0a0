"""Social security's records: the world's participants, participations that ended since, and claims of allowances."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.rights import new_code
from ndxp.agency.stated import Person
from ndxp.agency.subject import names_subject
from ndxp.world import Citizen, World
from ndxp.world.registers.participation import Participant, Participation

CLAIM = "claim"
PAID = "paid"
"""Allowances that were granted: the code of the claim, by allowance and citizen number."""
ENDED = "ended"
"""Participations that ended with a death."""


class State(IntEnum):
    """How a claim stands; numbers as in the contract."""

    RECEIVED = 1
    GRANTED = 2
    REFUSED = 3
    SUPPLEMENT = 4
    WITHDRAWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim as stored; times are in µs since 1970 (UTC), by the nation's clock.

    ``people`` are the deceased and the survivor. ``turn`` counts the supplements. ``verified`` says that the population
    database has confirmed both.
    """

    code: str
    dossier_code: str
    people: Mapping[str, Person]
    funeral: bool
    survivors: bool
    traceparent: str
    user_id: str
    """The officer who filed it."""
    due_at: int
    state: State = State.RECEIVED
    reason: str = ""
    turn: int = 0
    verified: bool = False
    funeral_allowance: int = 0
    survivors_allowance: int = 0
    pension_stopped: bool = False
    verification_transaction_id: str = ""
    decided_at: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Claim).decode


class Fund:
    """Participants and claims; whom they are about is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def citizen(self, number: str) -> Citizen | None:
        """Whoever has a social insurance number, by the citizen number."""
        citizen = self._world.citizen(number)
        if citizen:
            names_subject(number)
        return citizen

    def participant(self, documents: Documents, number: str) -> Participant | None:
        """The participation of a citizen as it is now; None for who has never contributed."""
        participant = self._world.entry(Participation, number)
        if participant and documents.get(ENDED, number) is not None:
            return replace(participant, contributes=False, pension=False)
        return participant

    def end(self, documents: Documents, number: str) -> bool:
        """Ends the participation of somebody who died; True when that stops a pension."""
        participant = self.participant(documents, number)
        if participant is None:
            return False
        documents.put(ENDED, number, b"")
        return participant.pension

    def claim(self, documents: Documents, code: str) -> Claim | None:
        """A claim of the caller's by its code."""
        body = documents.own(CLAIM, code)
        return self._named(_decode(body)) if body else None

    def due(self, documents: Documents, code: str) -> Claim:
        """A claim that the agency itself works on."""
        body = documents.get(CLAIM, code)
        if body is None:
            raise LookupError("a job is about a claim that is not stored")
        return _decode(body)

    def receive(self, documents: Documents, claim: Claim, day: date) -> Claim:
        """Stores a new claim under a code of its own."""
        claim = replace(claim, code=new_code("G24.01", day))
        self.store(documents, claim)
        return self._named(claim)

    def store(self, documents: Documents, claim: Claim) -> None:
        """Stores a claim as it is now."""
        documents.put(CLAIM, claim.code, _encode(claim))

    def was_granted(self, documents: Documents, allowance: str, number: str) -> bool:
        """Whether an allowance for a deceased was granted before."""
        return documents.get(PAID, f"{allowance}-{number}") is not None

    def grant(self, documents: Documents, allowance: str, number: str, claim: Claim) -> None:
        """Notes that an allowance for a deceased is granted."""
        documents.put(PAID, f"{allowance}-{number}", claim.code.encode())

    def _named(self, claim: Claim) -> Claim:
        """Whoever exists is a subject; who is not of the world exists when the population database has said so."""
        for person in claim.people.values():
            if claim.verified or self._world.exists(person.number):
                names_subject(person.number)
        return claim
