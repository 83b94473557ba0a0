"""How the registrar decides on a dossier, later and by itself: it asks the population database, and tells it.

First whoever is stated is looked up (``look-up``), which changes nothing; then the population database registers
(``register``), under a request_id of the dossier's own. So a decision that is broken off goes on as it began.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from ndxp.agency.caller import Errand, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.filings import TOO_LATE, add_expiry, add_work, code_of, turn_of, why_unknown
from ndxp.agency.jobs import Handler, Settle
from ndxp.agency.onward import Answered, Onward, OnwardFailed, OnwardMethod
from ndxp.agency.stated import Person
from ndxp.agency.verification import Verification, Verified
from ndxp.clock import Clock
from ndxp.population.v1 import population_pb2 as population
from services.civil_status import rules
from services.civil_status.records import Dossier, Kind, Office, State

LOOK_UP, REGISTER, EXPIRE = "look-up", "register", "expire"

_METHODS = population.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name
_BIRTH = OnwardMethod(
    _METHODS["RegisterBirth"], population.RegisterBirthResponse, "the registration of the birth", "REGISTRATION"
)
_DEATH = OnwardMethod(
    _METHODS["RegisterDeath"], population.RegisterDeathResponse, "the registration of the death", "REGISTRATION"
)


def add_look_up(documents: Transaction, dossier: Dossier, due: int) -> None:
    """Adds the work on a dossier that was filed or supplemented."""
    add_work(documents, LOOK_UP, dossier.code, dossier.turn, due=due)


class Decisions:
    """Does the work on dossiers, as the subsystem of the registrar."""

    def __init__(self, subsystem: str, database: Database, office: Office, onward: Onward, clock: Clock) -> None:
        self._subsystem = subsystem
        self._database = database
        self._office = office
        self._onward = onward
        self._verification = Verification(onward)
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """The work by its kind."""
        return {LOOK_UP: self._look_up, REGISTER: self._register, EXPIRE: self._expire}

    async def _look_up(self, job: Job) -> Settle:
        """Asks who is stated; decides whether the dossier is eligible."""
        dossier = self._of(job)
        with on_errand(self._errand(dossier)):
            known = await self._verification.verify_people(dossier.people, purpose=rules.PURPOSES[dossier.kind])
        transaction_id = list(known.values())[-1].transaction_id
        dossier = replace(dossier, transaction_id=transaction_id)
        unknown = [role for role, verified in known.items() if not verified.matched]
        if unknown:
            return partial(self._want_supplement, dossier, unknown)
        people = {role: _as_recorded(dossier.people[role], verified) for role, verified in known.items()}
        sex = dossier.sex or next(iter(known.values())).record.sex
        dossier = replace(dossier, people=people, sex=sex, verified=True)
        why = self._why_not(dossier, known)
        return partial(self._refuse, dossier, why) if why else partial(self._find_eligible, dossier)

    def _why_not(self, dossier: Dossier, known: Mapping[str, Verified]) -> str:
        """Why what the population database has does not allow the registration; empty when it does."""
        for role, verified in known.items():
            if verified.deceased and role != "father":
                return rules.why_deceased(role)
            if dossier.kind is Kind.MARRIAGE:
                record = verified.record
                why = rules.why_not_married(
                    role, sex=record.sex, born=date.fromisoformat(record.birth_date),
                    marital_status=record.marital_status, today=self._clock.today(),
                )  # fmt: skip
                if why:
                    return why
        return ""

    def _find_eligible(self, dossier: Dossier, documents: Transaction) -> None:
        """A marriage is registered at once, here; the others by the population database first."""
        if dossier.kind is Kind.MARRIAGE:
            for role, person in dossier.people.items():
                if self._office.married(documents, person.number):
                    return self._refuse(dossier, f"the stated {role} is married", documents)
            self._office.marry(documents, dossier)
            return self._finish(dossier, dossier.people["husband"], documents)
        if self._office.child_is_taken(documents, dossier):
            return self._refuse(dossier, "the birth of this child is registered already", documents)
        self._office.take_child(documents, dossier, taken=True)
        self._office.store(documents, replace(dossier, state=State.ELIGIBLE))
        add_work(documents, REGISTER, dossier.code, dossier.turn)
        return None

    async def _register(self, job: Job) -> Settle:
        """Tells the population database; its refusal is the dossier's."""
        dossier = self._of(job)
        with on_errand(self._errand(dossier)):
            try:
                given = await self._tell(dossier)
            except OnwardFailed as error:
                if not error.refusal:
                    raise
                return partial(self._refuse, dossier, rules.why_refused(error.refusal))
        record = given.answer.citizen
        born = dossier.child.birth_date.isoformat() if dossier.child else dossier.people["deceased"].birth_date
        subject = Person(number=record.citizen_number, full_name=record.full_name, birth_date=born)
        return partial(self._finish, replace(dossier, transaction_id=given.transaction_id), subject)

    async def _tell(self, dossier: Dossier) -> Answered[Any]:
        request_id, purpose = f"{dossier.code}-{dossier.turn}", rules.PURPOSES[dossier.kind]
        if (child := dossier.child) is not None:
            father = dossier.people.get("father")
            birth = population.RegisterBirthRequest(
                request_id=request_id, surname=child.surname, middle_name=child.middle_name,
                given_name=child.given_name, sex=population.Sex.Name(child.sex),
                birth_date=child.birth_date.isoformat(), province=dossier.province,
                mother_number=dossier.people["mother"].number, father_number=father.number if father else "",
            )  # fmt: skip
            return await self._onward.call(_BIRTH, birth, purpose=purpose)
        deceased = dossier.people["deceased"]
        death = population.RegisterDeathRequest(
            request_id=request_id, citizen_number=deceased.number, full_name=deceased.full_name,
            death_date=str(dossier.death_date),
        )  # fmt: skip
        return await self._onward.call(_DEATH, death, purpose=purpose)

    def _finish(self, dossier: Dossier, subject: Person, documents: Transaction) -> None:
        number = self._office.issue(documents, dossier, subject, self._clock.today())
        done = replace(
            dossier, state=State.DONE, certificate_number=number, subject=subject, decided_at=self._clock.now()
        )
        self._office.store(documents, done)

    def _refuse(self, dossier: Dossier, why: str, documents: Transaction) -> None:
        self._office.take_child(documents, dossier, taken=False)
        refused = replace(dossier, state=State.REFUSED, reason=why, decided_at=self._clock.now())
        self._office.store(documents, refused)

    def _want_supplement(self, dossier: Dossier, roles: list[str], documents: Transaction) -> None:
        self._office.store(documents, replace(dossier, state=State.SUPPLEMENT, reason=why_unknown(roles)))
        add_expiry(documents, EXPIRE, dossier.code, dossier.turn, self._clock)

    async def _expire(self, job: Job) -> Settle:
        """Refuses a dossier whose supplement has not come."""

        def settle(documents: Transaction) -> None:
            dossier = self._office.due(documents, code_of(job))
            if dossier.state is State.SUPPLEMENT and dossier.turn == turn_of(job):
                self._refuse(dossier, TOO_LATE, documents)

        return settle

    def _of(self, job: Job) -> Dossier:
        with self._database.reading() as documents:
            return self._office.due(documents, code_of(job))

    def _errand(self, dossier: Dossier) -> Errand:
        return Errand(
            provider=self._subsystem, traceparent=dossier.traceparent, message_id=dossier.code, user_id=dossier.user_id
        )


def _as_recorded(person: Person, verified: Verified) -> Person:
    """Somebody as the population database has them, who was stated without diacritics or with the year alone."""
    record = verified.record
    return replace(person, full_name=record.full_name, birth_date=record.birth_date)
