"""The registrar's records: dossiers of registrations, and certificates: the world's, and those issued since."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum
from hashlib import blake2b

import msgspec

from ndxp.agency.documents import Documents, next_count
from ndxp.agency.rights import new_code
from ndxp.agency.stated import Person
from ndxp.agency.subject import names_subject
from ndxp.world import Citizen, World, normalise_name
from ndxp.world.registers.certificates import Certificates

DOSSIER = "dossier"
CERTIFICATE = "certificate"
CHILD = "child"
"""Children whose birth is being registered or is: the code of the dossier."""
MARRIED = "married"
"""Who has married at run time."""


class Kind(StrEnum):
    """What a dossier registers; the first letters of its code."""

    BIRTH = "LTKS"
    DEATH = "LTKT"
    MARRIAGE = "LTKH"


class State(IntEnum):
    """How a dossier stands; numbers as in the contract."""

    WAITING = 1
    SUPPLEMENT = 2
    ELIGIBLE = 3
    DONE = 4
    REFUSED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child as stated."""

    surname: str
    middle_name: str
    given_name: str
    sex: int
    birth_date: date

    @property
    def full_name(self) -> str:
        """Without a gap where there is no middle name."""
        return " ".join(f"{self.surname} {self.middle_name} {self.given_name}".split())

    def is_named_as(self, citizen: Citizen) -> bool:
        """Whether a citizen has this child's name and birth date."""
        same_day = citizen.birth_date == self.birth_date
        return same_day and normalise_name(citizen.full_name) == normalise_name(self.full_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A registration as stored; times are in µs since 1970 (UTC), by the nation's clock.

    ``people`` are those stated, by what they are in it: mother, father, deceased, husband, wife. ``turn`` counts the
    supplements. ``verified`` says that the population database has confirmed them. ``subject`` is the child, the
    deceased or the husband, when done.
    """

    code: str
    kind: Kind
    dossier_code: str
    province: str
    traceparent: str
    user_id: str
    """The officer who filed it."""
    received_at: int
    people: Mapping[str, Person]
    child: Child | None = None
    death_date: date | None = None
    sex: int = 0
    """Of the child, of the deceased or of the husband."""
    state: State = State.WAITING
    reason: str = ""
    turn: int = 0
    verified: bool = False
    certificate_number: str = ""
    subject: Person | None = None
    transaction_id: str = ""
    decided_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """An amendment: numbers of the fields as in the contract."""

    field: int
    old_value: str
    new_value: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate; ``kind`` says of what. ``relatives`` are mother and father of a child, the wife of a husband."""

    number: str
    kind: Kind
    province: str
    registered: date
    holder: Person
    sex: int
    relatives: Mapping[str, Person] = field(default_factory=dict)
    death_date: date | None = None
    amendments: tuple[Amended, ...] = ()


_SERIES = {Kind.BIRTH: "KS", Kind.DEATH: "KT", Kind.MARRIAGE: "KH"}
_encode = msgspec.json.Encoder().encode
_decode_dossier = msgspec.json.Decoder(Dossier).decode
_decode_certificate = msgspec.json.Decoder(Certificate).decode


class Office:
    """Dossiers and certificates; whom they are about is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def dossier(self, documents: Documents, code: str) -> Dossier | None:
        """A dossier of the caller's by its code."""
        body = documents.own(DOSSIER, code)
        return self._named(_decode_dossier(body)) if body else None

    def due(self, documents: Documents, code: str) -> Dossier:
        """A dossier that the agency itself works on."""
        body = documents.get(DOSSIER, code)
        if body is None:
            raise LookupError("a job is about a dossier that is not stored")
        return _decode_dossier(body)

    def receive(self, documents: Documents, dossier: Dossier, day: date) -> Dossier:
        """Stores a new dossier under a code of its own."""
        dossier = replace(dossier, code=new_code(dossier.kind, day))
        self.store(documents, dossier)
        return self._named(dossier)

    def store(self, documents: Documents, dossier: Dossier) -> None:
        """Stores a dossier as it is now."""
        documents.put(DOSSIER, dossier.code, _encode(dossier))

    def certificate(self, documents: Documents, number: str) -> Certificate | None:
        """A certificate by its number: the world's as it was amended since, or one issued at run time."""
        body = documents.get(CERTIFICATE, number)
        certificate = _decode_certificate(body) if body else self._of_world(number)
        if certificate:
            for person in (certificate.holder, *certificate.relatives.values()):
                if person.number:
                    names_subject(person.number)
        return certificate

    def keep(self, documents: Documents, certificate: Certificate) -> None:
        """Stores a certificate as it is now."""
        documents.put(CERTIFICATE, certificate.number, _encode(certificate))

    def issue(self, documents: Documents, dossier: Dossier, holder: Person, registered: date) -> str:
        """Stores the certificate of a registration and gives its number; the world's have no R."""
        series = f"{_SERIES[dossier.kind]}-{dossier.province}-{registered.year}"
        number = f"{series}-R{next_count(documents, series) + 1:06d}"
        relatives = {role: person for role, person in dossier.people.items() if person.number != holder.number}
        self.keep(documents, Certificate(
            number=number, kind=dossier.kind, province=dossier.province, registered=registered, holder=holder,
            sex=dossier.sex, relatives=relatives, death_date=dossier.death_date,
        ))  # fmt: skip
        return number

    def child_is_taken(self, documents: Documents, dossier: Dossier) -> bool:
        """Whether this child of this mother is registered, or being registered in another dossier."""
        if dossier.child is None:
            return False
        known = documents.get(CHILD, _child_key(dossier, dossier.child))
        if known and known != dossier.code.encode():
            return True
        siblings = map(self._world.citizen, self._world.children(dossier.people["mother"].number))
        return any(sibling and dossier.child.is_named_as(sibling) for sibling in siblings)

    def take_child(self, documents: Documents, dossier: Dossier, *, taken: bool) -> None:
        """Notes that a dossier registers its child, or that it does not any more."""
        if dossier.child is None:
            return
        key, own = _child_key(dossier, dossier.child), dossier.code.encode()
        if taken or documents.get(CHILD, key) == own:
            documents.put(CHILD, key, own if taken else b"")

    def married(self, documents: Documents, number: str) -> bool:
        """Whether a citizen has married at run time."""
        return documents.get(MARRIED, number) is not None

    def marry(self, documents: Documents, dossier: Dossier) -> None:
        """Notes that the two of a dossier are married."""
        for person in dossier.people.values():
            documents.put(MARRIED, person.number, dossier.code.encode())

    def _of_world(self, number: str) -> Certificate | None:
        holder = self._world.resolve(Certificates, number)
        entry = self._world.entry(Certificates, holder) if holder else None
        citizen = self._world.citizen(holder) if holder else None
        if entry is None or citizen is None:
            return None
        parents = {"mother": citizen.mother, "father": citizen.father}
        return Certificate(
            number=number, kind=Kind.BIRTH, province=citizen.birth_registration.province, registered=entry.registered,
            holder=Person(
                number=citizen.number, full_name=" ".join(citizen.full_name.split()),
                birth_date=entry.birth_date.isoformat(),
            ),
            sex=int(citizen.sex),
            relatives={
                role: Person(number=who.number, full_name=who.name) for role, who in parents.items() if who.name
            },
        )  # fmt: skip

    def _named(self, dossier: Dossier) -> Dossier:
        """Whoever exists is a subject; who is not of the world exists when the population database has said so."""
        for person in (*dossier.people.values(), *([dossier.subject] if dossier.subject else [])):
            if dossier.verified or self._world.exists(person.number):
                names_subject(person.number)
        return dossier


def _child_key(dossier: Dossier, child: Child) -> str:
    """What is the same for two dossiers about one child."""
    parts = dossier.people["mother"].number, str(child.birth_date), normalise_name(child.full_name)
    return blake2b(" ".join(parts).encode(), digest_size=16).hexdigest()
