"""What every story of the demo has in common: an exchange to tell it on, the clock, and how a step is said."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from ndxp.admin import Session
from ndxp.cli import dossier
from ndxp.cli.demo import DEMO_FOLDER, make_room, mark, running_at
from ndxp.clock import ClockRefused, moment_of
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import FOLDER
from ndxp.terminal import console, styled
from ndxp.working_time import CLOSING, HOURS, is_working_day, next_working_day, receipt_day

FILER = "VN/GOV/G01/wallet"
"""The wallet (VNeID), in which citizens file what they apply for."""

_PATIENCE = 180.0

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


def clock_of(session: Session) -> Path:
    """The file of the exchange's clock. Raises ClockRefused when it runs by real time."""
    clock_file = session.state.clock_file
    if clock_file is None:
        raise ClockRefused("this exchange runs by real time; start one with `ndxp up --clock manual`")
    return clock_file


def next_look(now: datetime, by: timedelta) -> datetime:
    """When the clock goes on to: a little later in working time, since agencies decide then; past a night at once."""
    later, opening, working = now + by, HOURS[0][0], is_working_day(now.date())
    if working and opening <= now.time() and later.date() == now.date() and later.time() <= CLOSING:
        return later
    day = now.date() if working and now.time() < opening else next_working_day(now.date())
    return max(later, datetime.combine(day, opening, now.tzinfo))


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
    console.print(styled("[dim]{}transaction {}[/]", " " * 22, step.transaction_id or "-"), soft_wrap=True)
