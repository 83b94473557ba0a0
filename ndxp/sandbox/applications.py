"""Life events on a running exchange: an application is filed as the wallet, and its dossier is watched to its end."""

from datetime import datetime, timedelta
from typing import Any

from ndxp.client import BlockingExchange
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.sandbox.state import State
from ndxp.wire import metadata
from ndxp.working_time import CLOSING, HOURS, is_working_day, next_working_day

FILER = "VN/GOV/G01/wallet"
"""The wallet (VNeID), in which citizens file what they apply for."""

OPERATORS = "VN/GOV/G22/operations"
"""As whom dossiers are watched: the Government Office keeps the linked dossiers, and its operators have a grant."""

FIRST_STEP, LONGEST_STEP = timedelta(minutes=30), timedelta(hours=2)
"""How far a simulated clock goes on at a time; the step becomes longer while nothing happens."""

LENGTHENS = 1.5
"""By how much."""

_DEADLINE = 10.0


def file(state: State, request: pb.SubmitBirthRequest | pb.SubmitDeathRequest) -> str:
    """Files an application as the wallet, and gives the code of its dossier; the trace begins here.

    Raises grpc.RpcError and TokenRefused.
    """
    pairs = ((metadata.TRACEPARENT, metadata.new_traceparent()),)
    with BlockingExchange(state.gateway, state.tokens(FILER), deadline=_DEADLINE) as exchange:
        stub = LifeEventServiceStub(exchange.channel)
        method = stub.SubmitBirth if isinstance(request, pb.SubmitBirthRequest) else stub.SubmitDeath
        answer: Any = method(request, metadata=pairs)
    return str(answer.dossier.code)


def fetch(state: State, code: str) -> pb.Dossier:
    """A dossier as the exchange's operators see it. Raises grpc.RpcError and TokenRefused."""
    with BlockingExchange(state.gateway, state.tokens(OPERATORS), deadline=_DEADLINE) as exchange:
        answer: pb.GetDossierResponse = LifeEventServiceStub(exchange.channel).GetDossier(
            pb.GetDossierRequest(code=code)
        )
    return answer.dossier


def trace_of(found: pb.Dossier) -> str:
    """The trace id of a dossier, 32 hex digits."""
    return found.traceparent.split("-")[1]


def next_look(now: datetime, by: timedelta) -> datetime:
    """When the clock goes on to: a little later in working time, since agencies decide then; past a night at once."""
    later, opening, working = now + by, HOURS[0][0], is_working_day(now.date())
    if working and opening <= now.time() and later.date() == now.date() and later.time() <= CLOSING:
        return later
    day = now.date() if working and now.time() < opening else next_working_day(now.date())
    return max(later, datetime.combine(day, opening, now.tzinfo))
