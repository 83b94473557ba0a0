"""CivilServantService on the wire: translates, asks the rules, keeps records."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.replay import answered, once
from ndxp.agency.verification import Verification
from ndxp.civil_servants.v1 import civil_servants_pb2 as pb
from ndxp.civil_servants.v1.civil_servants_pb2_grpc import CivilServantServiceServicer
from ndxp.clock import Clock
from ndxp.errors import AgencyError, Code
from ndxp.identifiers import member_code
from ndxp.world.registers.civil_servants import Body
from services.civil_servants import rules
from services.civil_servants.records import Personnel, Profile, Standing

BATCH = 100
"""Profiles that are verified in one call onward."""

_PURPOSE = "civil servant profile"
_Context = grpc.aio.ServicerContext[Any, Any]
_Request: TypeAlias = pb.SynchroniseProfilesRequest
_Response: TypeAlias = pb.SynchroniseProfilesResponse


class CivilServantService(CivilServantServiceServicer):
    """The ministry's methods."""

    def __init__(self, database: Database, personnel: Personnel, verification: Verification, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._personnel = personnel
        self._verification = verification

    async def SynchroniseProfiles(self, requests: AsyncIterator[_Request], _: _Context) -> AsyncIterator[_Response]:
        """A batch after the other; profiles that cannot be taken do not stop the others."""
        body, batch = self._calling_body().code, list[_Request]()
        async for request in requests:
            batch.append(request)
            if len(batch) == BATCH:
                async for answer in self._synchronise(body, batch):
                    yield answer
                batch.clear()
        async for answer in self._synchronise(body, batch):
            yield answer

    async def GetProfile(self, request: pb.GetProfileRequest, _: _Context) -> pb.GetProfileResponse:
        """A profile of the calling body."""
        body, number = self._calling_body().code, read_number(request.citizen_number)
        with self._database.reading() as documents:
            filed = rules.known_profile(self._personnel.filed(documents, body, number))
            standing = self._personnel.standing(documents, body)
        response = pb.GetProfileResponse(
            profile=_profile(filed.profile), civil_servant_number=self._personnel.civil_servant_number(number)
        )
        if standing.approved(filed):
            response.approved_at.FromMicroseconds(standing.approved_at)
        return response

    async def GetBody(self, _: pb.GetBodyRequest, __: _Context) -> pb.GetBodyResponse:
        """How complete the calling body is, and what it would approve."""
        body, day = self._calling_body(), self._clock.today()
        with self._database.reading() as documents:
            standing = self._personnel.standing(documents, body.code)
            digest = self._personnel.digest(documents, body.code)
        return pb.GetBodyResponse(
            body=_body(body, standing),
            digest=digest,
            approval_text=rules.approval_text(body.code, f"{day:%Y-%m}", digest),
            approval_from=rules.approval_from(day).isoformat(),
            public_key=standing.public_key,
        )

    async def RegisterKey(self, request: pb.RegisterKeyRequest, _: _Context) -> pb.RegisterKeyResponse:
        """The first key of the calling body."""
        body, key = self._calling_body().code, rules.read_key(request.public_key)

        def register(documents: Transaction) -> pb.RegisterKeyResponse:
            standing = self._personnel.standing(documents, body)
            rules.check_no_key(standing)
            self._personnel.put_standing(documents, body, replace(standing, public_key=key))
            return pb.RegisterKeyResponse(public_key=key)

        return once(self._database, request, pb.RegisterKeyResponse, register)

    async def RotateKey(self, request: pb.RotateKeyRequest, _: _Context) -> pb.RotateKeyResponse:
        """Another key of the calling body."""
        body, key = self._calling_body().code, rules.read_key(request.public_key)

        def rotate(documents: Transaction) -> pb.RotateKeyResponse:
            standing = self._personnel.standing(documents, body)
            rules.check_rotation(standing, body, key, request.signature)
            self._personnel.put_standing(documents, body, replace(standing, public_key=key))
            return pb.RotateKeyResponse(public_key=key)

        return once(self._database, request, pb.RotateKeyResponse, rotate)

    async def ApproveProfiles(self, request: pb.ApproveProfilesRequest, _: _Context) -> pb.ApproveProfilesResponse:
        """Approves what the calling body has signed."""
        body = self._calling_body()

        def approve(documents: Transaction) -> pb.ApproveProfilesResponse:
            standing = self._personnel.standing(documents, body.code)
            rules.check_approval(
                standing, body.code, month=request.month, digest=request.digest, signature=request.signature,
                current=self._personnel.digest(documents, body.code), today=self._clock.today(),
            )  # fmt: skip
            approved = replace(
                standing, approved_month=request.month, approved_digest=request.digest,
                approved_at=self._clock.now(), approvals=standing.approvals + 1,
            )  # fmt: skip
            self._personnel.put_standing(documents, body.code, approved)
            response = pb.ApproveProfilesResponse(body=_body(body, approved))
            response.approved_at.FromMicroseconds(approved.approved_at)
            return response

        return once(self._database, request, pb.ApproveProfilesResponse, approve)

    async def GetCoverage(self, _: pb.GetCoverageRequest, __: _Context) -> pb.GetCoverageResponse:
        """How complete all bodies are."""
        with self._database.reading() as documents:
            bodies = [
                _body(body, self._personnel.standing(documents, code)) for code, body in self._personnel.bodies.items()
            ]
        return pb.GetCoverageResponse(
            bodies=bodies, staff=sum(b.staff for b in bodies), synchronised=sum(b.synchronised for b in bodies)
        )

    def _calling_body(self) -> Body:
        code = member_code(caller().client)
        return rules.known_body(self._personnel.bodies.get(code))

    async def _synchronise(self, body: str, batch: list[_Request]) -> AsyncIterator[_Response]:
        """Answers a batch in its order; between two profiles the other calls get their turn."""
        read = [self._read(request) for request in batch]
        claims = [(p.citizen_number, p.full_name, p.birth_date.isoformat()) for p in read if isinstance(p, Profile)]
        matched = iter(await self._verification.match(claims, purpose=_PURPOSE) if claims else ())
        for request, profile in zip(batch, read, strict=True):
            if not isinstance(profile, Profile):
                yield profile
                continue
            await asyncio.sleep(0)
            take = partial(self._take, request.request_id, body, profile, next(matched))
            try:
                yield once(self._database, request, _Response, take)
            except AgencyError as error:
                yield _refused(request, error)

    def _read(self, request: _Request) -> Profile | _Response:
        """The profile of a request, or the answer that can be given without any verification."""
        given = request.profile
        try:
            return answered(self._database, request, _Response) or rules.read_profile(
                citizen_number=given.citizen_number, full_name=given.full_name, birth_date=given.birth_date,
                position=given.position, grade=given.grade, entry_date=given.entry_date, state=given.state,
                today=self._clock.today(),
            )  # fmt: skip
        except AgencyError as error:
            return _refused(request, error)

    def _take(self, request_id: str, body: str, profile: Profile, matched: bool, documents: Transaction) -> _Response:
        before = self._personnel.filed(documents, body, profile.citizen_number)
        if not matched:
            return _Response(request_id=request_id, result=pb.RESULT_DIFFERS)
        if before and before.profile == profile:
            return _Response(request_id=request_id, result=pb.RESULT_UNCHANGED)
        employer = self._personnel.employer(documents, profile.citizen_number)
        rules.check_employer(profile, body, employer, before)
        self._personnel.store(documents, body, profile, before=before, employer=employer)
        return _Response(request_id=request_id, result=pb.RESULT_STORED)


def _refused(request: _Request, error: AgencyError) -> _Response:
    """What is answered about a profile that cannot be taken; raises the error when it is not the profile's fault."""
    if error.code is Code.UNAVAILABLE:
        raise error
    return _Response(
        request_id=request.request_id[:64], result=pb.RESULT_REFUSED, reason=error.reason, field=error.field,
        problem=error.message,
    )  # fmt: skip


def _body(body: Body, standing: Standing) -> pb.Body:
    return pb.Body(
        code=body.code, name=body.name, central=body.central, staff=body.staff + standing.staff,
        synchronised=body.synchronised + standing.synchronised, approved_month=standing.approved_month,
    )  # fmt: skip


def _profile(profile: Profile) -> pb.Profile:
    return pb.Profile(
        citizen_number=profile.citizen_number, full_name=profile.full_name, birth_date=profile.birth_date.isoformat(),
        position=profile.position, grade=profile.grade, entry_date=profile.entry_date.isoformat(),
        state=pb.State.Name(profile.state),
    )  # fmt: skip
