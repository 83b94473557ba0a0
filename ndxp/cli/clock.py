"""The commands clock and clock advance: the nation's time, by which agencies reckon working days and due dates."""

from pathlib import Path
from typing import Annotated

import typer

from ndxp.clock import Clock, ClockRefused, move
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.sandbox.state import State
from ndxp.terminal import console, print_json
from ndxp.working_time import is_working_day, later

app = typer.Typer()
clock = typer.Typer(help="The nation's clock: shows it, or moves it on.")
app.add_typer(clock, name="clock", invoke_without_command=True)


@clock.callback(invoke_without_command=True)
def show(context: typer.Context, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows the nation's time.

    Agencies reckon working days, due dates and what is valid by it; the ledger, tokens and deadlines go by real time.
    `ndxp up --clock manual` or `--clock x60` start an exchange whose clock is simulated.

    Examples: `ndxp clock`; `ndxp clock advance "3 working days"`
    """
    if context.invoked_subcommand is None:
        _show(State.running(folder), as_json)


@clock.command()
def advance(
    by: Annotated[str, typer.Argument(help="How far: 90m, 4h, 2d, `3 working days`, `12 working hours`.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Moves a simulated clock on; what becomes due is done at once.

    Examples: `ndxp clock advance 2d`; `ndxp clock advance "3 working days"`
    """
    state = State.running(folder)
    clock_file = simulated_clock(state)
    move(clock_file, later(Clock(clock_file).moment(), by))
    _show(state, as_json)


def simulated_clock(state: State) -> Path:
    """The file of an exchange's clock. Raises ClockRefused when the exchange runs by real time."""
    if state.clock_file is None:
        raise ClockRefused(_("this exchange runs by real time; start one with `ndxp up --clock manual`"))
    return state.clock_file


def _show(state: State, as_json: bool) -> None:
    now = Clock(state.clock_file).moment()
    working = is_working_day(now.date())
    if as_json:
        print_json({"clock": state.clock, "now": now.isoformat(timespec="seconds"), "working_day": working})
    else:
        day = _("a working day") if working else _("no working day")
        console.print(
            _("{now:%A %Y-%m-%d %H:%M:%S} in Việt Nam, {day} (clock: {clock})", now=now, day=day, clock=state.clock)
        )
