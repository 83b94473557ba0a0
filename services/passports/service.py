"""PassportService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.claim import read_claim, read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.paging import page_limit
from ndxp.agency.replay import answered, once
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceServicer
from services.passports import rules
from services.passports.records import Application, Department

_Context = grpc.aio.ServicerContext[Any, Any]


class PassportService(PassportServiceServicer):
    """The department's methods."""

    def __init__(
        self,
        database: Database,
        department: Department,
        verification: Verification,
        course: rules.Course,
        clock: Clock,
    ) -> None:
        self._database = database
        self._department = department
        self._verification = verification
        self._course = course
        self._clock = clock

    async def SubmitApplication(
        self, request: pb.SubmitApplicationRequest, _: _Context
    ) -> pb.SubmitApplicationResponse:
        """Verifies the applicant at the population database; who is not matched is refused, on record."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        address = rules.read_delivery_address(request.delivery_address)
        if before := answered(self._database, request, pb.SubmitApplicationResponse):
            return before
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="passport application"
        )
        refused = not verified.living

        def submit(documents: Transaction) -> pb.SubmitApplicationResponse:
            application = self._department.receive(
                documents, citizen_number=claim.number, full_name=request.full_name.strip(),
                birth=claim.birth, delivery_address=address, submitted_at=self._clock.now(),
                verification_transaction_id=verified.transaction_id, refused=refused,
            )  # fmt: skip
            return pb.SubmitApplicationResponse(application=self._shown(application))

        return once(self._database, request, pb.SubmitApplicationResponse, submit)

    async def GetApplication(self, request: pb.GetApplicationRequest, _: _Context) -> pb.GetApplicationResponse:
        """An application as it is now."""
        with self._database.reading() as documents:
            application = rules.known(self._department.application(documents, request.application_id))
        return pb.GetApplicationResponse(application=self._shown(application))

    async def ListApplications(self, request: pb.ListApplicationsRequest, _: _Context) -> pb.ListApplicationsResponse:
        """A page of a citizen's applications, the latest first."""
        number = read_number(request.citizen_number)
        size, before = page_limit(request.page_size), self._database.places.start(request.page_token, number)
        with self._database.reading() as documents:
            found = self._department.applications(documents, number, before=before, limit=size + 1)
        return pb.ListApplicationsResponse(
            applications=[self._shown(application) for _seq, application in found[:size]],
            next_page_token=self._database.places.token(found[size - 1][0], number) if len(found) > size else "",
        )

    async def WithdrawApplication(
        self, request: pb.WithdrawApplicationRequest, _: _Context
    ) -> pb.WithdrawApplicationResponse:
        """Withdraws what is not printed yet."""

        def withdraw(documents: Transaction) -> pb.WithdrawApplicationResponse:
            application = rules.known(self._department.application(documents, request.application_id))
            withdrawn = rules.withdraw(application, self._course.state(application, self._clock.now()))
            self._department.store(documents, withdrawn)
            return pb.WithdrawApplicationResponse(application=self._shown(withdrawn))

        return once(self._database, request, pb.WithdrawApplicationResponse, withdraw)

    async def AdvanceApplication(
        self, request: pb.AdvanceApplicationRequest, _: _Context
    ) -> pb.AdvanceApplicationResponse:
        """Moves an application one state on, by hand."""

        def advance(documents: Transaction) -> pb.AdvanceApplicationResponse:
            application = rules.known(self._department.application(documents, request.application_id))
            state = self._course.state(application, self._clock.now())
            advanced = rules.advance(application, state, self._course.progress)
            self._department.store(documents, advanced)
            return pb.AdvanceApplicationResponse(application=self._shown(advanced))

        return once(self._database, request, pb.AdvanceApplicationResponse, advance)

    async def ListPassports(self, request: pb.ListPassportsRequest, _: _Context) -> pb.ListPassportsResponse:
        """The passports that were printed here, and the one of the world."""
        number, now = read_number(request.citizen_number), self._clock.now()
        issued = self._department.held(number)
        with self._database.reading() as documents:
            applications = self._department.all_applications(documents, number)
        passports = [
            rules.printed_passport(application)
            for application in applications
            if rules.printed(self._course.state(application, now))
        ]
        passports += [rules.issued_passport(issued)] if issued else []
        return pb.ListPassportsResponse(passports=[self._passport(passport) for passport in passports])

    async def VerifyPassport(self, request: pb.VerifyPassportRequest, _: _Context) -> pb.VerifyPassportResponse:
        """Judges a passport of the world or of the run time."""
        claim = rules.read_passport_claim(request.passport_number, request.full_name, request.birth_date)
        standing = rules.Standing()
        if issued := self._department.issued(claim.number):
            standing = rules.standing_of_issued(claim, issued, self._clock.today())
        else:
            with self._database.reading() as documents:
                application = self._department.applied_for(documents, claim.number)
            if application:
                state = self._course.state(application, self._clock.now())
                standing = rules.standing_of_printed(claim, application, state, self._clock.today())
        valid_to = standing.valid_to.isoformat() if standing.valid_to else ""
        return pb.VerifyPassportResponse(matched=standing.matched, valid=standing.valid, valid_to=valid_to)

    def _passport(self, passport: rules.HeldPassport) -> pb.Passport:
        standing = rules.standing(passport.issued, passport.expires, self._clock.today())
        return pb.Passport(
            passport_number=passport.number, citizen_number=passport.citizen_number, full_name=passport.full_name,
            issued_on=passport.issued.isoformat(), expires_on=passport.expires.isoformat(), valid=standing.valid,
        )  # fmt: skip

    def _shown(self, application: Application) -> pb.Application:
        state = self._course.state(application, self._clock.now())
        message = pb.Application(
            application_id=application.application_id, citizen_number=application.citizen_number,
            full_name=application.full_name, state=pb.ApplicationState.Name(state),
            delivery_address=application.delivery_address,
            passport_number=application.passport_number if rules.printed(state) else "",
            verification_transaction_id=application.verification_transaction_id,
        )  # fmt: skip
        message.submitted_at.FromMicroseconds(application.submitted_at)
        return message
