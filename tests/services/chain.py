"""A town where a life event goes its whole way: linked service and one-stop systems, with stand-ins for the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc

from ndxp.agency import caller
from ndxp.agency.server import AgencyServer
from ndxp.civil_status.v1 import civil_status_pb2 as civil
from ndxp.civil_status.v1.civil_status_pb2_grpc import add_CivilStatusServiceServicer_to_server
from ndxp.clock import Clock, begin, move
from ndxp.errors import AgencyError, Code
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import add_HealthInsuranceServiceServicer_to_server
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.residence.v1.residence_pb2_grpc import add_ResidenceServiceServicer_to_server
from ndxp.social_security.v1 import social_security_pb2 as social
from ndxp.social_security.v1.social_security_pb2_grpc import add_SocialSecurityServiceServicer_to_server
from ndxp.wire import metadata
from ndxp.world import World
from tests.services.conftest import PORTAL, Town, open_town
from tests.support.fakes import PATIENCE, TokenOffice

AGENCIES: Mapping[str, tuple[str, Any, Any]] = {
    "civil-status": ("VN/GOV/G15/civil-status", add_CivilStatusServiceServicer_to_server, civil),
    "residence": ("VN/GOV/G01/residence", add_ResidenceServiceServicer_to_server, residence),
    "social-security": ("VN/GOV/G24/social-security", add_SocialSecurityServiceServicer_to_server, social),
    "health-insurance": ("VN/GOV/G24/health-insurance", add_HealthInsuranceServiceServicer_to_server, insurance),
}
CHILD, CARD, HOUSEHOLD = "001323000001", "0123456789", "0010000001"


@dataclass
class StandIn:
    """Answers for the agencies of a chain, each method with what is in ``answers``; keeps what it was asked.

    An agency that is asked again with the same request_id gives its first answer.
    """

    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, calling subsystem and request."""
    _given: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Callable[[Any, Any], Awaitable[Any]]:
        async def answer(request: Any, _: Any) -> Any:
            self.asked.append((name, caller.caller().client, request))
            key = name, getattr(request, "request_id", "") or str(uuid4())
            if key not in self._given:
                self._given[key] = self.answers[name](request)
            return self._given[key]

        return answer

    def requests(self, method: str) -> list[Any]:
        """What a method was asked."""
        return [request for name, _, request in self.asked if name == method]


@dataclass
class Chain:
    """The town, its clock, and how the stand-ins decide."""

    town: Town
    clock_file: Path
    stand_in: StandIn

    @property
    def clock(self) -> Clock:
        return Clock(self.clock_file)

    def life_events(self, member: str = PORTAL) -> LifeEventServiceStub:
        return LifeEventServiceStub(self.town.channel(member))

    def one_stop(self, member: str = PORTAL) -> OneStopServiceStub:
        return OneStopServiceStub(self.town.channel(member))

    def advance(self, **by: float) -> None:
        move(self.clock_file, self.clock.moment() + timedelta(**by))

    async def dossier(self, code: str, member: str = PORTAL) -> pb.Dossier:
        answer: pb.GetDossierResponse = await self.life_events(member).GetDossier(pb.GetDossierRequest(code=code))
        return answer.dossier

    async def until(self, code: str, true: Callable[[pb.Dossier], bool], *, step: float = 20) -> pb.Dossier:
        """Goes on with the clock, so many minutes at a time, until a dossier is as it should be."""
        async with asyncio.timeout(PATIENCE):
            while not true(dossier := await self.dossier(code)):
                self.advance(minutes=step)
                await asyncio.sleep(0.01)
        return dossier

    async def ended(self, code: str) -> pb.Dossier:
        return await self.until(code, lambda dossier: dossier.HasField("ended_at"))


def at(province: str) -> tuple[tuple[str, str], ...]:
    """The metadata that chooses a province."""
    return ((metadata.SERVICE, f"{province}/one-stop"),)


@asynccontextmanager
async def open_chain(world: World, control: TokenOffice, folder: Path, **settings: Any) -> AsyncIterator[Chain]:
    """The linked service and the one-stop systems, real; the agencies of the chains are one stand-in."""
    clock_file, stand_in = folder / "clock", StandIn(dict(ANSWERS))
    begin(clock_file, 0.0)
    names = ("population", "life_events", "one_stop")
    async with (
        open_town(world, control, folder, names, clock_file=clock_file, **settings) as town,
        AsyncExitStack() as stack,
    ):
        for subsystem, register, contract in AGENCIES.values():
            [service] = contract.DESCRIPTOR.services_by_name.values()
            server = AgencyServer(subsystem, folder / "credentials.json")
            server.add(service.full_name, stand_in, register)
            port = await server.start("127.0.0.1:0")
            stack.push_async_callback(server.stop)
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
            town.gateway.providers[service.full_name, subsystem] = channel
        yield Chain(town, clock_file, stand_in)


def _decided(codes: civil.GetAnswersRequest) -> civil.GetAnswersResponse:
    return civil.GetAnswersResponse(answers=[
        civil.Answer(code=code, state=civil.ANSWER_STATE_DONE, certificate_number="1/2023",
                     citizen_number=CHILD if code.startswith("LTKS") else code.partition("/")[2])
        for code in codes.codes
    ])  # fmt: skip


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "SubmitBirth": lambda request: civil.SubmitBirthResponse(code=f"LTKS-{request.dossier_code}"),
    "SubmitDeath": lambda request: civil.SubmitDeathResponse(code=f"LTKT/{request.deceased.citizen_number}"),
    "SupplementDossier": lambda request: civil.SupplementDossierResponse(answer=civil.Answer(code=request.code)),
    "GetAnswers": _decided,
    "RegisterResidence": lambda request: residence.RegisterResidenceResponse(
        filing=residence.Filing(code=f"R-{request.dossier_code}", state=residence.FILING_STATE_RECEIVED)
    ),
    "RemoveResidence": lambda request: residence.RemoveResidenceResponse(
        filing=residence.Filing(code=f"R-{request.dossier_code}", state=residence.FILING_STATE_RECEIVED)
    ),
    "GetFiling": lambda request: residence.GetFilingResponse(
        filing=residence.Filing(code=request.code, state=residence.FILING_STATE_DONE, household_number=HOUSEHOLD)
    ),
    "IssueChildCard": lambda _: insurance.IssueChildCardResponse(card=insurance.Card(card_number=CARD)),
    "ClaimDeathBenefits": lambda request: social.ClaimDeathBenefitsResponse(
        claim=social.Claim(code=f"C-{request.dossier_code}", state=social.CLAIM_STATE_RECEIVED)
    ),
    "GetClaim": lambda request: social.GetClaimResponse(
        claim=social.Claim(code=request.code, state=social.CLAIM_STATE_GRANTED, funeral_allowance=18_000_000,
                           survivors_allowance=900_000)
    ),
}  # fmt: skip
"""Every agency grants what it is asked for, at the first question for it."""


def refusal(reason: str) -> Callable[[Any], Any]:
    """The answer of an agency that refuses."""

    def refuse(_: Any) -> Any:
        raise AgencyError(Code.FAILED_PRECONDITION, reason, "it is refused")

    return refuse
