"""The ministry's records: the world's candidates, and the registrations made at run time."""

from dataclasses import dataclass

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_subject
from ndxp.world import World
from ndxp.world.registers.candidates import Candidate, Candidates

REGISTRATION = "registration"
REGISTERED = "registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """A particular of the form: ``recorded`` is what the population database has, ``typed`` what the pupil wrote.

    Either may be empty.
    """

    recorded: str
    typed: str
    differs: bool

    @property
    def value(self) -> str:
        """What counts."""
        return self.recorded or self.typed


@dataclass(frozen=True, slots=True)
class Wish:
    """A programme of a university."""

    university_code: str
    programme_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration as stored; times are in µs since 1970 (UTC), particulars by their names in the contract."""

    registration_id: str
    candidate_code: str
    citizen_number: str
    particulars: dict[str, Particular]
    wishes: tuple[Wish, ...]
    online: bool
    registered_at: int
    changed_at: int
    verification_transaction_id: str
    withdrawn: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Registration).decode


class Registrar:
    """Candidates and their registrations; whose they are is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def candidate(self, candidate_code: str) -> Candidate | None:
        """The candidate with a code, not named yet: not everybody may know."""
        citizen_number = self._world.resolve(Candidates, candidate_code)
        return self._world.entry(Candidates, citizen_number) if citizen_number else None

    def candidate_of(self, citizen_number: str) -> Candidate | None:
        """The candidate who has a citizen number."""
        return self._world.entry(Candidates, citizen_number)

    def registered(self, documents: Documents, candidate_code: str) -> str:
        """The id of a candidate's registration that is not withdrawn, whoever filed it; empty without one."""
        return (documents.get(REGISTERED, candidate_code) or b"").decode()

    def registration(self, documents: Documents, registration_id: str) -> Registration | None:
        """A registration of the caller's."""
        body = documents.own(REGISTRATION, registration_id)
        if body is None:
            return None
        registration = _decode(body)
        names_subject(registration.citizen_number)
        return registration

    def store(self, documents: Documents, registration: Registration) -> None:
        """Stores a registration as it is now."""
        documents.put(
            REGISTRATION, registration.registration_id, _encode(registration), owner=registration.citizen_number
        )
        there = b"" if registration.withdrawn else registration.registration_id.encode()
        documents.put(REGISTERED, registration.candidate_code, there)
