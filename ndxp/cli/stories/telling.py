"""What every story of the demo has in common: an exchange to tell it on, the clock, and how a step is said."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from ndxp.admin import Session
from ndxp.cli import dossier
from ndxp.cli.demo import DEMO_FOLDER, make_room, mark, running_at
from ndxp.clock import Clock, moment_of, move
from ndxp.language import _
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.sandbox import life, plan
from ndxp.sandbox.applications import FIRST_STEP, LENGTHENS, LONGEST_STEP, next_look
from ndxp.sandbox.state import FOLDER
from ndxp.terminal import console, styled
from ndxp.working_time import next_working_day, receipt_day

_LOOKS = 0.35
"""Seconds of real time that agencies get for what has become due."""

_PATIENCE = 180.0
_Dossier = TypeVar("_Dossier", pb.Dossier, one_stop.Dossier)

Where = Annotated[
    Path | None,
    typer.Option(
        "--folder", help=f"Folder of the demo's own exchange, emptied first [{DEMO_FOLDER}]; of the target's."
    ),
]
Target = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="The gateway of a running exchange, instead of one of its own.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the exchange running afterwards.")]


@contextmanager
def an_exchange(folder: Path | None, target: str, *, keep: bool) -> Iterator[tuple[Session, Path, bool]]:
    """The exchange on which a story is told, its folder, and whether it runs on afterwards."""
    if target:
        folder = folder or FOLDER
        yield running_at(target, folder), folder, True
        return
    folder = folder or DEMO_FOLDER
    make_room(folder)
    planned = plan.make(folder, port=0, clock="manual")
    mark(folder)
    state = life.start(planned)
    try:
        yield Session(folder), folder, keep
    except BaseException as error:
        if not (keep and isinstance(error, typer.Exit)):
            life.stop(state)
        raise
    if not keep:
        life.stop(state)


def follow(
    clock_file: Path,
    look: Callable[[], _Dossier],
    say: Callable[[Any], None],
    act: Callable[[_Dossier], None] | None = None,
) -> _Dossier:
    """Goes on with the clock until a dossier has ended, and says each step once.

    ``look`` gives the dossier as it is now; ``act`` does what somebody has to do for it before the clock goes on.
    """
    told, by, deadline = 0, FIRST_STEP, time.monotonic() + _PATIENCE
    while True:
        found = look()
        steps = found.steps[told:]
        for step in steps:
            say(step)
        told += len(steps)
        if found.HasField("ended_at"):
            return found
        if time.monotonic() > deadline:
            raise life.StartFailed(
                _("the dossier {code} does not go on; `ndxp log tail` and the logs tell more", code=found.code)
            )
        if act is not None:
            act(found)
        if steps:
            by = FIRST_STEP
        else:
            move(clock_file, next_look(Clock(clock_file).moment(), by))
            by = min(by * LENGTHENS, LONGEST_STEP)
        time.sleep(_LOOKS)


def days_between(received: Timestamp, ended: Timestamp) -> int:
    """Working days from a receipt to an end."""
    day, end = receipt_day(moment_of(received.ToMicroseconds())), moment_of(ended.ToMicroseconds())
    days = 0
    while day < end.date():
        day = next_working_day(day)
        days += 1
    return days


def until_recorded(session: Session) -> None:
    """Waits until the ledger has everything that was called."""
    deadline = time.monotonic() + _PATIENCE
    while not session.get("/totals", after=2**61)["caught_up"] and time.monotonic() < deadline:
        time.sleep(0.1)


def say_step(step: pb.Step) -> None:
    """Prints a step of a dossier."""
    result = f": {step.result}" if step.result else ""
    console.print(
        styled("{}  [bold]{}[/] {}{}", dossier.nation(step.at), step.subsystem, step.what, result), soft_wrap=True
    )
    console.print(styled("[dim]{}" + _("transaction {}") + "[/]", " " * 22, step.transaction_id or "-"), soft_wrap=True)
