"""The department's records: the world's passports, and applications made since with their passports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from ndxp.agency.day import day_of
from ndxp.agency.documents import Documents, next_count
from ndxp.agency.rights import new_code
from ndxp.agency.subject import names_subject
from ndxp.birthdate import BirthDate
from ndxp.world import Citizen, World
from ndxp.world.registers.passports import Passport, Passports

APPLICATION = "application"
PASSPORT = "passport"

SERIES = "R"
"""First letter of the passports issued at run time; the world's begin with B, C and P."""

_OFFICE = "G01.899.108"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application as stored; its state follows from it. ``submitted_at`` is in µs since 1970 (UTC)."""

    application_id: str
    citizen_number: str
    full_name: str
    birth: BirthDate
    delivery_address: str
    submitted_at: int
    verification_transaction_id: str
    passport_number: str
    """Reserved from the beginning, shown once printed; empty when refused."""
    refused: bool = False
    withdrawn: bool = False
    steps: int = 0
    """How often it was moved on by hand."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One of the world's passports with its holder."""

    passport: Passport
    holder: Citizen


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Application).decode


class Department:
    """Passports and applications; whose they are is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def issued(self, passport_number: str) -> Issued | None:
        """A passport of the world."""
        number = self._world.resolve(Passports, passport_number)
        if number is None:
            return None
        passport, holder = self._world.entry(Passports, number), self._world.citizen(number)
        if passport is None or holder is None:
            return None
        self._name(number, known=True)
        return Issued(passport, holder)

    def held(self, citizen_number: str) -> Issued | None:
        """The passport of the world that a citizen holds; the citizen is a subject also without one."""
        self._name(citizen_number, known=False)
        number = self._world.identifier(Passports, citizen_number)
        return self.issued(number) if number else None

    def all_applications(self, documents: Documents, citizen_number: str) -> Sequence[Application]:
        """The applications for a citizen, whoever submitted them, the latest first."""
        return [_decode(document.body) for document in documents.of(APPLICATION, citizen_number)]

    def applied_for(self, documents: Documents, passport_number: str) -> Application | None:
        """The application that a passport of the run time was or will be printed for."""
        application_id = documents.get(PASSPORT, passport_number)
        return self._read(documents.get(APPLICATION, application_id.decode())) if application_id else None

    def application(self, documents: Documents, application_id: str) -> Application | None:
        """An application of the caller's by its number."""
        return self._read(documents.own(APPLICATION, application_id))

    def _read(self, body: bytes | None) -> Application | None:
        if body is None:
            return None
        application = _decode(body)
        self._name(application.citizen_number, known=not application.refused)
        return application

    def applications(
        self, documents: Documents, citizen_number: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, Application]]:
        """The caller's applications for a citizen with their places, the latest first, from ``before`` (or 0) on."""
        found = documents.own_of(APPLICATION, citizen_number, before=before or None, limit=limit)
        applications = [(document.seq, _decode(document.body)) for document in found]
        self._name(citizen_number, known=any(not application.refused for _seq, application in applications))
        return applications

    def receive(
        self, documents: Documents, *, citizen_number: str, full_name: str, birth: BirthDate,
        delivery_address: str, submitted_at: int, verification_transaction_id: str, refused: bool,
    ) -> Application:  # fmt: skip
        """Stores a new application and reserves its passport's number, unless it is refused."""
        day = day_of(submitted_at)
        passport_number = "" if refused else f"{SERIES}{next_count(documents, 'passports') + 1:08d}"
        application = Application(
            application_id=new_code(_OFFICE, day),
            citizen_number=citizen_number, full_name=full_name, birth=self._birth(citizen_number, birth),
            delivery_address=delivery_address, submitted_at=submitted_at,
            verification_transaction_id=verification_transaction_id, passport_number=passport_number,
            refused=refused,
        )  # fmt: skip
        self.store(documents, application)
        self._name(citizen_number, known=not refused)
        if passport_number:
            documents.put(PASSPORT, passport_number, application.application_id.encode())
        return application

    def store(self, documents: Documents, application: Application) -> None:
        """Stores an application as it is now."""
        documents.put(APPLICATION, application.application_id, _encode(application), owner=application.citizen_number)

    def _name(self, citizen_number: str, *, known: bool) -> None:
        """Whoever exists is a subject; ``known`` says it of whom this department has verified before."""
        if known or self._world.exists(citizen_number):
            names_subject(citizen_number)

    def _birth(self, citizen_number: str, given: BirthDate) -> BirthDate:
        """The full birth date where the department knows it and the applicant gave the year alone."""
        citizen = self._world.citizen(citizen_number) if given.day is None else None
        return BirthDate(citizen.birth_date.year, citizen.birth_date) if citizen else given


def latest_birth(birth: BirthDate) -> date:
    """The birth date, or the last day of the year when only that is known."""
    return birth.day or date(birth.year, 12, 31)
