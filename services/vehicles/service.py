"""VehicleService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.claim import read_claim, read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.replay import once
from ndxp.clock import Clock
from ndxp.vehicles.v1 import vehicles_pb2 as pb
from ndxp.vehicles.v1.vehicles_pb2_grpc import VehicleServiceServicer
from services.vehicles import rules
from services.vehicles.records import Registration, VehicleRegister

_Context = grpc.aio.ServicerContext[Any, Any]


class VehicleService(VehicleServiceServicer):
    """The department's methods."""

    def __init__(self, database: Database, register: VehicleRegister, clock: Clock) -> None:
        self._database = database
        self._register = register
        self._clock = clock

    async def GetRegistration(self, request: pb.GetRegistrationRequest, _: _Context) -> pb.GetRegistrationResponse:
        """The registration of a plate."""
        plate = rules.read_plate(request.plate)
        with self._database.reading() as documents:
            registration = rules.known(self._register.by_plate(documents, plate))
        return pb.GetRegistrationResponse(registration=_shown(registration))

    async def ListRegistrations(
        self, request: pb.ListRegistrationsRequest, _: _Context
    ) -> pb.ListRegistrationsResponse:
        """The registrations of a citizen."""
        number = read_number(request.citizen_number)
        with self._database.reading() as documents:
            registrations = self._register.of_citizen(documents, number)
        return pb.ListRegistrationsResponse(registrations=map(_shown, registrations))

    async def VerifyRegistration(
        self, request: pb.VerifyRegistrationRequest, _: _Context
    ) -> pb.VerifyRegistrationResponse:
        """Compares an owner with the register."""
        plate = rules.read_plate(request.plate)
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        self._register.name(claim.number)
        with self._database.reading() as documents:
            registration = self._register.by_plate(documents, plate)
        differing = rules.differing_fields(claim, registration)
        valid = registration is not None and not (differing or registration.withdrawal)
        return pb.VerifyRegistrationResponse(matched=not differing, valid=valid, differing_fields=differing)

    async def WithdrawRegistration(
        self, request: pb.WithdrawRegistrationRequest, _: _Context
    ) -> pb.WithdrawRegistrationResponse:
        """Ends a registration."""

        def withdraw(documents: Transaction) -> pb.WithdrawRegistrationResponse:
            plate, reason = rules.read_plate(request.plate), rules.read_reason(request.reason)
            registration = rules.known(self._register.by_plate(documents, plate))
            withdrawn = rules.withdraw(registration, reason, self._clock.now())
            self._register.withdraw(documents, withdrawn)
            return pb.WithdrawRegistrationResponse(registration=_shown(withdrawn))

        return once(self._database, request, pb.WithdrawRegistrationResponse, withdraw)


def _shown(registration: Registration) -> pb.Registration:
    vehicle, withdrawal = registration.vehicle, registration.withdrawal
    message = pb.Registration(
        plate=vehicle.plate, owner_number=vehicle.owner_number, owner_name=vehicle.owner_name,
        owner_birth_date=vehicle.owner_birth_date.isoformat(), kind=pb.VehicleKind.Name(vehicle.kind),
        make=vehicle.make, model_year=vehicle.model_year, engine=pb.EngineKind.Name(vehicle.engine),
        colour=vehicle.colour, registered_on=vehicle.registered_on.isoformat(), in_wallet=vehicle.in_wallet,
        state=pb.REGISTRATION_STATE_WITHDRAWN if withdrawal else pb.REGISTRATION_STATE_VALID,
    )  # fmt: skip
    if withdrawal:
        message.withdrawal.reason = withdrawal.reason
        message.withdrawal.withdrawn_at.FromMicroseconds(withdrawal.at)
    return message
