"""An agency's question to the population database, through the gateway under the agency's own identity."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.hosting import Foundation
from ndxp.agency.subject import names_subject
from ndxp.client import Credentials, Exchange, TokenRefused, Tokens
from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.wire import metadata, status

LONGEST_WAIT = 10.0
"""Seconds that the verification may take, however much time the caller has."""

_ASKED = "the verification at the population database"
_STORED = "nothing was stored"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verified:
    """The population database's answer, and the transaction in which it was given.

    ``matched`` says that number, name and birth date are one citizen's, ``deceased`` that a death is registered.
    """

    matched: bool
    deceased: bool
    transaction_id: str

    @property
    def living(self) -> bool:
        """Whether they are those of somebody who lives."""
        return self.matched and not self.deceased


class Verification:
    """Verifies citizens as one subsystem; its credentials are read at the first question, not before."""

    def __init__(self, subsystem: str, *, gateway: str, control_url: str, credentials: Path) -> None:
        self._subsystem = subsystem
        self._gateway = gateway
        self._control_url = control_url
        self._credentials = credentials
        self._tokens: Tokens | None = None
        self._exchange: Exchange | None = None

    async def verify(self, number: str, full_name: str, birth_date: str, *, purpose: str) -> Verified:
        """Asks GetCitizen with the caller's remaining time; raises AgencyError when there is no answer.

        VerifyCitizen would say that the dead match: only the record tells that they are.
        """
        timeout = min(caller().remaining, LONGEST_WAIT)
        if timeout <= 0:
            raise _no_answer(Code.DEADLINE_EXCEEDED, "no time was left for it")
        exchange = await self._connected()
        request = pb.GetCitizenRequest(citizen_number=number, full_name=full_name, birth_date=birth_date)
        call = PopulationServiceStub(exchange.channel).GetCitizen(
            request, timeout=timeout, metadata=caller().onward(purpose)
        )
        try:
            response = await call
            trailing = await call.trailing_metadata()
        except grpc.RpcError as error:
            raise _failed(status.decode(error)) from error
        if response.HasField("citizen"):
            names_subject(response.citizen.citizen_number)
        transaction_id = trailing.get(metadata.TRANSACTION_ID) or ""
        return Verified(response.HasField("citizen"), response.citizen.deceased, str(transaction_id))

    async def close(self) -> None:
        """Closes the connection to the gateway."""
        if self._exchange:
            await self._exchange.__aexit__()

    async def _connected(self) -> Exchange:
        try:
            if self._tokens is None:
                self._tokens = Tokens(self._control_url, Credentials.load(self._credentials, self._subsystem))
            await self._tokens.get()
        except TokenRefused as error:
            _log.error("%s has no token for calls onward: %s", self._subsystem, error)
            raise _no_answer(Code.UNAVAILABLE, "this agency got no token from the exchange (see its log)") from error
        if self._exchange is None:
            self._exchange = Exchange(self._gateway, self._tokens)
        return self._exchange


def verification_of(foundation: Foundation[Any]) -> Verification:
    """An agency's way to the population database; it ends with the agency."""
    settings = foundation.settings
    verification = Verification(
        foundation.part.subsystems[0],
        gateway=settings.gateway,
        control_url=settings.control_url,
        credentials=settings.credentials,
    )
    foundation.closing.append(verification.close)
    return verification


def _failed(failure: status.Failure) -> AgencyError:
    """What the caller gets to know: hop, reason and transaction, and never the inner message."""
    hop = failure.hop or failure.origin or "the way to the gateway"
    why = f"{hop} answered {failure.reason or failure.code.name}"
    if failure.transaction_id:
        why += f" in transaction {failure.transaction_id}"
    if failure.code is Code.PERMISSION_DENIED:
        return AgencyError(
            Code.FAILED_PRECONDITION, "VERIFICATION_REFUSED",
            f"{_ASKED} was refused to this agency: {why}; {_STORED}; it needs a grant for GetCitizen",
        )  # fmt: skip
    code = Code.DEADLINE_EXCEEDED if failure.code is Code.DEADLINE_EXCEEDED else Code.UNAVAILABLE
    return _no_answer(code, why)


def _no_answer(code: Code, why: str) -> AgencyError:
    message = f"{_ASKED} failed: {why}; {_STORED}; retry with the same request_id"
    return AgencyError(code, "VERIFICATION_UNAVAILABLE", message)
