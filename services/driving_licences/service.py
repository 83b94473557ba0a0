"""DrivingLicenceService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.claim import read_claim, read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.replay import once
from ndxp.clock import Clock
from ndxp.driving_licences.v1 import driving_licences_pb2 as pb
from ndxp.driving_licences.v1.driving_licences_pb2_grpc import DrivingLicenceServiceServicer
from services.driving_licences import rules
from services.driving_licences.records import LicenceRegister, Record

_Context = grpc.aio.ServicerContext[Any, Any]


class DrivingLicenceService(DrivingLicenceServiceServicer):
    """The directorate's methods."""

    def __init__(self, database: Database, register: LicenceRegister, clock: Clock) -> None:
        self._database = database
        self._register = register
        self._clock = clock

    async def GetLicence(self, request: pb.GetLicenceRequest, _: _Context) -> pb.GetLicenceResponse:
        """The licence with a number."""
        number = rules.read_number(request.licence_number)
        with self._database.reading() as documents:
            record = rules.known(self._register.by_number(documents, number))
        return pb.GetLicenceResponse(licence=self._shown(record))

    async def ListLicences(self, request: pb.ListLicencesRequest, _: _Context) -> pb.ListLicencesResponse:
        """The licences of a citizen."""
        number = read_number(request.citizen_number)
        with self._database.reading() as documents:
            records = self._register.of_citizen(documents, number)
        return pb.ListLicencesResponse(licences=map(self._shown, records))

    async def VerifyLicence(self, request: pb.VerifyLicenceRequest, _: _Context) -> pb.VerifyLicenceResponse:
        """Compares a holder with the register."""
        number, wanted = rules.read_number(request.licence_number), rules.read_class(request.licence_class)
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        self._register.name(claim.number)
        with self._database.reading() as documents:
            record = self._register.by_number(documents, number)
        differing = rules.differing_fields(claim, record)
        valid = record is not None and not differing and rules.in_force(record, wanted, self._clock.today())
        return pb.VerifyLicenceResponse(matched=not differing, valid=valid, differing_fields=differing)

    async def WithdrawLicence(self, request: pb.WithdrawLicenceRequest, _: _Context) -> pb.WithdrawLicenceResponse:
        """Begins a withdrawal."""

        def withdraw(documents: Transaction) -> pb.WithdrawLicenceResponse:
            number, reason = rules.read_number(request.licence_number), rules.read_reason(request.reason)
            months = rules.read_months(request.months)
            record = rules.known(self._register.by_number(documents, number))
            withdrawn = rules.withdraw(record, reason, months, self._clock.now())
            self._register.store(documents, withdrawn)
            return pb.WithdrawLicenceResponse(licence=self._shown(withdrawn))

        return once(self._database, request, pb.WithdrawLicenceResponse, withdraw)

    async def EndWithdrawal(self, request: pb.EndWithdrawalRequest, _: _Context) -> pb.EndWithdrawalResponse:
        """Ends a withdrawal early."""

        def end(documents: Transaction) -> pb.EndWithdrawalResponse:
            number = rules.read_number(request.licence_number)
            record = rules.known(self._register.by_number(documents, number))
            ended = rules.end_withdrawal(record, self._clock.today())
            self._register.store(documents, ended)
            return pb.EndWithdrawalResponse(licence=self._shown(ended))

        return once(self._database, request, pb.EndWithdrawalResponse, end)

    def _shown(self, record: Record) -> pb.Licence:
        licence, withdrawal = record.licence, record.withdrawal
        message = pb.Licence(
            licence_number=licence.number, citizen_number=licence.citizen_number, full_name=licence.name,
            birth_date=licence.birth_date.isoformat(), issuer=licence.issuer, in_wallet=licence.in_wallet,
            state=pb.LICENCE_STATE_VALID,
            classes=[
                pb.HeldClass(
                    licence_class=pb.LicenceClass.Name(held.licence_class), issued_on=held.issued.isoformat(),
                    expires_on=held.expires.isoformat() if held.expires else "",
                )
                for held in licence.classes
            ],
        )  # fmt: skip
        if withdrawal and withdrawal.holds(self._clock.today()):
            message.state = pb.LICENCE_STATE_WITHDRAWN
            message.withdrawal.reason = withdrawal.reason
            message.withdrawal.last_day = withdrawal.last_day.isoformat()
            message.withdrawal.withdrawn_at.FromMicroseconds(withdrawal.at)
        return message
