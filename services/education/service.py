"""EducationService on the wire: translates, asks the rules, keeps records."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_claim
from ndxp.agency.database import Database, Transaction
from ndxp.agency.day import day_of_nation
from ndxp.agency.replay import answered, once
from ndxp.agency.rights import new_id
from ndxp.agency.subject import names_subject
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.education.v1 import education_pb2 as pb
from ndxp.education.v1.education_pb2_grpc import EducationServiceServicer
from ndxp.population.v1 import population_pb2 as population
from ndxp.world import Address
from ndxp.world.registers.candidates import YEAR
from services.education import rules
from services.education.records import Particular, Registrar, Registration, Wish

_Context = grpc.aio.ServicerContext[Any, Any]
_SEXES = {population.SEX_MALE: "Nam", population.SEX_FEMALE: "Nữ"}


class EducationService(EducationServiceServicer):
    """The ministry's methods."""

    def __init__(
        self, database: Database, registrar: Registrar, verification: Verification, season: rules.Season, clock: Clock
    ) -> None:
        self._database = database
        self._registrar = registrar
        self._verification = verification
        self._season = season
        self._clock = clock

    async def GetSeason(self, _request: pb.GetSeasonRequest, _: _Context) -> pb.GetSeasonResponse:
        """Year and closing day."""
        return pb.GetSeasonResponse(
            year=YEAR,
            closing_day=self._season.closing_day.isoformat(),
            open=self._season.open(day_of_nation(self._clock)),
        )

    async def GetCandidate(self, request: pb.GetCandidateRequest, _: _Context) -> pb.GetCandidateResponse:
        """The candidate with a code."""
        code = rules.read_candidate_code(request.candidate_code)
        candidate = rules.known_candidate(self._registrar.candidate(code), caller().client)
        names_subject(candidate.citizen_number)
        with self._database.reading() as documents:
            registered = bool(self._registrar.registered(documents, code))
        return pb.GetCandidateResponse(
            candidate=pb.Candidate(
                candidate_code=code, citizen_number=candidate.citizen_number, year=YEAR, province=candidate.province,
                school=candidate.school, registered=registered,
            )
        )  # fmt: skip

    async def RegisterCandidate(
        self, request: pb.RegisterCandidateRequest, _: _Context
    ) -> pb.RegisterCandidateResponse:
        """Fills the form in from the population database and stores it with the wishes."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        typed, wishes = rules.read_typed(_typed(request)), _wishes(request.wishes)
        if before := answered(self._database, request, pb.RegisterCandidateResponse):
            return before
        self._check_open()
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="examination registration"
        )
        candidate = self._registrar.candidate_of(claim.number) if verified.living else None
        candidate = rules.check_pupil(living=verified.living, candidate=candidate, client=caller().client)

        def register(documents: Transaction) -> pb.RegisterCandidateResponse:
            registered = self._registrar.registered(documents, candidate.code)
            own = rules.replaceable(registered, self._registrar.registration(documents, registered))
            now = self._clock.now()
            registration = Registration(
                registration_id=own.registration_id if own else f"{YEAR}-{new_id()}",
                candidate_code=candidate.code, citizen_number=claim.number,
                particulars=rules.filled_in(_recorded(verified.record), typed), wishes=wishes,
                online=own.online if own else not rules.is_school(caller().client),
                registered_at=own.registered_at if own else now, changed_at=now,
                verification_transaction_id=verified.transaction_id,
            )  # fmt: skip
            self._registrar.store(documents, registration)
            return pb.RegisterCandidateResponse(registration=_shown(registration))

        return once(self._database, request, pb.RegisterCandidateResponse, register)

    async def GetRegistration(self, request: pb.GetRegistrationRequest, _: _Context) -> pb.GetRegistrationResponse:
        """A registration of the caller's."""
        with self._database.reading() as documents:
            registration = rules.known(self._registrar.registration(documents, request.registration_id))
        return pb.GetRegistrationResponse(registration=_shown(registration))

    async def ChangeWishes(self, request: pb.ChangeWishesRequest, _: _Context) -> pb.ChangeWishesResponse:
        """Replaces the wishes."""

        def change(documents: Transaction) -> pb.ChangeWishesResponse:
            wishes = _wishes(request.wishes)
            registration = rules.known(self._registrar.registration(documents, request.registration_id))
            self._check_open()
            changed = rules.change(registration, wishes, self._clock.now())
            self._registrar.store(documents, changed)
            return pb.ChangeWishesResponse(registration=_shown(changed))

        return once(self._database, request, pb.ChangeWishesResponse, change)

    async def WithdrawRegistration(
        self, request: pb.WithdrawRegistrationRequest, _: _Context
    ) -> pb.WithdrawRegistrationResponse:
        """Withdraws a registration."""

        def withdraw(documents: Transaction) -> pb.WithdrawRegistrationResponse:
            registration = rules.known(self._registrar.registration(documents, request.registration_id))
            self._check_open()
            withdrawn = rules.withdraw(registration, self._clock.now())
            self._registrar.store(documents, withdrawn)
            return pb.WithdrawRegistrationResponse(registration=_shown(withdrawn))

        return once(self._database, request, pb.WithdrawRegistrationResponse, withdraw)

    def _check_open(self) -> None:
        self._season.check_open(day_of_nation(self._clock))


def _typed(request: pb.RegisterCandidateRequest) -> dict[str, str]:
    return {particular.name: getattr(request, particular.name) for particular in pb.Particulars.DESCRIPTOR.fields}


def _recorded(record: population.Citizen) -> dict[str, str]:
    home = record.permanent_address
    return {
        "full_name": record.full_name,
        "birth_date": record.birth_date,
        "sex": _SEXES.get(record.sex, ""),
        "ethnicity": record.ethnicity,
        "birth_registration_place": record.birth_registration_place,
        "permanent_address": str(Address(home.province, home.district, home.ward, home.detail))
        if home.province
        else "",
    }


def _wishes(wishes: Iterable[pb.Wish]) -> tuple[Wish, ...]:
    return rules.read_wishes([Wish(wish.university_code, wish.programme_code) for wish in wishes])


def _shown(registration: Registration) -> pb.Registration:
    message = pb.Registration(
        registration_id=registration.registration_id, candidate_code=registration.candidate_code,
        citizen_number=registration.citizen_number, online=registration.online,
        particulars=pb.Particulars(**{name: _particular(each) for name, each in registration.particulars.items()}),
        wishes=[pb.Wish(**asdict(wish)) for wish in registration.wishes],
        state=pb.REGISTRATION_STATE_WITHDRAWN if registration.withdrawn else pb.REGISTRATION_STATE_REGISTERED,
        verification_transaction_id=registration.verification_transaction_id,
    )  # fmt: skip
    message.registered_at.FromMicroseconds(registration.registered_at)
    message.changed_at.FromMicroseconds(registration.changed_at)
    return message


def _particular(particular: Particular) -> pb.Particular:
    return pb.Particular(
        value=particular.value,
        source=pb.SOURCE_POPULATION if particular.recorded else pb.SOURCE_PUPIL,
        typed=particular.typed,
        differs=particular.differs,
    )
