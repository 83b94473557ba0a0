"""The command demo exam: pupils register for the graduation examination, with a form that fills itself in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from itertools import islice
from time import perf_counter
from typing import Any
from uuid import uuid4

import grpc
import typer

from ndxp import messages
from ndxp.cli.clock import simulated_clock
from ndxp.cli.stories.telling import Keep, Target, Where, an_exchange
from ndxp.client import BlockingExchange
from ndxp.clock import VIETNAM, Clock, move
from ndxp.education.v1 import education_pb2 as pb
from ndxp.education.v1.education_pb2_grpc import EducationServiceStub
from ndxp.language import _
from ndxp.options import Json
from ndxp.samples.sample import true_claim
from ndxp.terminal import console, print_json, styled, table
from ndxp.wire import status
from ndxp.world import Citizen, World
from ndxp.world.registers.candidates import Candidates

app = typer.Typer()

PORTAL = "VN/GOV/G22/public-services"
"""The portal, through which nearly all pupils register."""

_RUSH, _AT_ONCE = 200, 16
_MOST_TRIES = 50_000
_DEADLINE = 10.0
_WISHES = tuple(
    pb.Wish(university_code=university, programme_code=programme)
    for university, programme in (("BKA", "7480101"), ("YHB", "7720101"))
)


@app.command()
def exam(folder: Where = None, target: Target = "", keep: Keep = False, as_json: Json = False) -> None:
    """Registers pupils for the graduation examination: a form filled in from the population database, then the rush.

    Shows which fields were filled in, which the pupil typed and what differs; registers 200 pupils at once, and tries
    to change a wish after the closing day. With --target it takes an exchange that runs by a simulated clock. Exit code
    0 only if all were registered and the late change was refused.

    Examples: `ndxp demo exam`; `ndxp demo exam --keep`
    """
    with an_exchange(folder, target, keep=keep) as (session, _there, _running):
        clock_file = simulated_clock(session.state)
        pupils = _pupils(World(), _RUSH + 1)
        with BlockingExchange(session.state.gateway, session.tokens(PORTAL), deadline=_DEADLINE) as exchange:
            stub = EducationServiceStub(exchange.channel)
            season = stub.GetSeason(pb.GetSeasonRequest())
            first = _register(stub, pupils[0], ethnicity="Khác", telephone="0900000000")
            began = perf_counter()
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                others = list(pool.map(lambda pupil: _register(stub, pupil), pupils[1:]))
            seconds = perf_counter() - began
            registered = sum(each.state == pb.REGISTRATION_STATE_REGISTERED for each in (first, *others))
            closed = datetime.combine(date.fromisoformat(season.closing_day), time(0), VIETNAM) + timedelta(1)
            move(clock_file, max(Clock(clock_file).moment(), closed))
            refusal = _changed_too_late(stub, first)
        told = {
            "season": messages.shown(season), "registration": messages.shown(first), "registered": registered,
            "asked": _RUSH + 1, "seconds": round(seconds, 2), "late_change": refusal,
        }  # fmt: skip
        _print(told, first) if not as_json else print_json(told)
        if registered != _RUSH + 1 or refusal != "SEASON_CLOSED":
            raise typer.Exit(1)


def _pupils(world: World, count: int) -> list[Citizen]:
    """Some of the year's candidates."""
    found = (one for one in world.sample(_MOST_TRIES, 7, alive=True) if world.identifier(Candidates, one.number))
    return list(islice(found, count))


def _register(stub: Any, pupil: Citizen, **typed: str) -> pb.Registration:
    request = pb.RegisterCandidateRequest(request_id=str(uuid4()), wishes=_WISHES, **true_claim(pupil), **typed)
    answer: pb.RegisterCandidateResponse = stub.RegisterCandidate(request)
    return answer.registration


def _changed_too_late(stub: Any, registration: pb.Registration) -> str:
    """The reason for which a change of wishes is refused; empty when it is not."""
    request = pb.ChangeWishesRequest(
        request_id=str(uuid4()), registration_id=registration.registration_id, wishes=reversed(_WISHES)
    )
    try:
        stub.ChangeWishes(request)
    except grpc.RpcError as error:
        return status.decode(error).reason
    return ""


def _print(told: dict[str, Any], first: pb.Registration) -> None:
    season = told["season"]
    console.print(
        styled(
            _("[bold]Registration for the examination of {}[/], closes on {}."), season["year"], season["closingDay"]
        )
    )
    console.print(_("Every pupil in it is synthetic."))
    console.print()
    rows = []
    for field, particular in first.particulars.ListFields():
        source = _("population database") if particular.source == pb.SOURCE_POPULATION else _("typed by the pupil")
        typed = _("pupil typed {typed}", typed=particular.typed) if particular.differs else ""
        rows.append((field.name.replace("_", " "), particular.value, source, typed))
    console.print(table(("field", "value", "filled in from", "differs"), rows))
    console.print()
    console.print(
        _(
            "{registered} of {asked} pupils are registered, {rush} of them in {seconds} s; each was verified at the "
            "population database.",
            registered=told["registered"],
            asked=told["asked"],
            rush=told["asked"] - 1,
            seconds=told["seconds"],
        )
    )
    refused = told["late_change"] or _("it was not")
    console.print(_("After the closing day a change of wishes is refused: {reason}.", reason=refused))
    console.print(_("Reported: over 1 M candidates, 660,000 applicants for admission, 94 % of them online."))
