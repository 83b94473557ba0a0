"""The commands demo birth and demo death: one life event on its way through the agencies, told as it happens."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from ndxp import messages
from ndxp.admin import Session
from ndxp.cli import dossier
from ndxp.cli.clock import simulated_clock
from ndxp.cli.stories.telling import (
    Keep,
    Target,
    Where,
    an_exchange,
    days_between,
    follow,
    say_step,
    until_recorded,
)
from ndxp.language import _
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.options import Json
from ndxp.plural import count
from ndxp.samples.life_events import birth_of, death_of, pensioner
from ndxp.sandbox.applications import fetch, file
from ndxp.terminal import console, print_json, styled
from ndxp.world import Citizen, World

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Story:
    """What a story is about: the working days that it took before, and those within which it is due since."""

    what: str
    before: int
    due: int


BIRTH = Story("A birth is registered, the child has a residence and a health-insurance card", 21, 4)
DEATH = Story("A death is registered, the residence ends, the allowances are granted", 25, 10)

_Whom = Annotated[
    str | None, typer.Option("--citizen", metavar="NUMBER", help="Whom it is about, instead of a persona.")
]


@app.command()
def birth(
    folder: Where = None, target: Target = "", citizen: _Whom = None, keep: Keep = False, as_json: Json = False
) -> None:
    """Follows the birth of a child: registration, residence, health-insurance card.

    Starts an exchange of its own whose clock is moved by hand, files the application of a mother as the wallet does,
    and goes on with the clock until the dossier has ended. With --target it takes an exchange that runs by a simulated
    clock. Exit code 0 only if the dossier is done.

    Examples: `ndxp demo birth`; `ndxp demo birth --keep`
    """
    mother = _citizen(citizen) if citizen is not None else World().persona("newborn-mother").citizen
    if mother.deceased:
        raise typer.BadParameter(
            _("the citizen {number} is deceased and cannot file; `ndxp people` shows others", number=mother.number)
        )
    _tell(BIRTH, birth_of(mother, request_id=str(uuid4())), folder, target, keep=keep, as_json=as_json)


@app.command()
def death(
    folder: Where = None, target: Target = "", citizen: _Whom = None, keep: Keep = False, as_json: Json = False
) -> None:
    """Follows a death: registration, removal from the residence register, allowances.

    Starts an exchange of its own whose clock is moved by hand, files the application of a survivor as the wallet does,
    and goes on with the clock until the dossier has ended. With --target it takes an exchange that runs by a simulated
    clock. Exit code 0 only if the dossier is done.

    Examples: `ndxp demo death`; `ndxp demo death --keep`
    """
    deceased = _citizen(citizen) if citizen is not None else pensioner(World())
    survivor = World().persona("traveller").citizen
    _tell(DEATH, death_of(deceased, survivor, request_id=str(uuid4())), folder, target, keep=keep, as_json=as_json)


def _citizen(number: str) -> Citizen:
    citizen = World().citizen(number)
    if citizen is None:
        raise typer.BadParameter(
            _("no citizen has the number {number!r}; `ndxp people` shows some", number=number[:20])
        )
    return citizen


def _tell(story: Story, request: Any, folder: Path | None, target: str, *, keep: bool, as_json: bool) -> None:
    with an_exchange(folder, target, keep=keep) as (session, there, running):
        _finish(story, session, request, there, running=running, as_json=as_json)


def _finish(story: Story, session: Session, request: Any, folder: Path, *, running: bool, as_json: bool) -> None:
    """Files the application, follows it to its end, and says how long it took."""
    clock_file = simulated_clock(session.state)
    say: Callable[[pb.Step], None] = (lambda step: None) if as_json else say_step
    if not as_json:
        console.print(styled(_("[bold]{}.[/] Every person in it is synthetic.\n"), _(story.what)))
    code = file(session.state, request)
    found = follow(clock_file, lambda: fetch(session.state, code), say)
    until_recorded(session)
    records = dossier.transactions(session, found)
    days = working_days(found)
    if as_json:
        print_json({
            "dossier": messages.shown(found), "working_days": days, "due_working_days": story.due,
            "working_days_before": story.before, "transactions": len(records),
        })  # fmt: skip
    else:
        _reckon(story, found, days, len(records), folder, running=running)
    if found.state != pb.DOSSIER_STATE_DONE:
        raise typer.Exit(1)


def working_days(found: pb.Dossier) -> int:
    """Working days from the receipt of a dossier to its end: 0 when it ended on the day of receipt."""
    return days_between(found.submitted_at, found.ended_at)


def _reckon(story: Story, found: pb.Dossier, days: int, calls: int, folder: Path, *, running: bool) -> None:
    verdict = "[green]✔[/]" if found.state == pb.DOSSIER_STATE_DONE else "[red]✗[/]"
    note = f": {found.note}" if found.note else ""
    console.print(styled(f"\n{verdict} " + _("The dossier is {}{}."), dossier.state_of(found), note))
    console.print(
        _(
            "It took {days}; it was due within {due}. Before the agencies were linked it took {before}, as reported.",
            days=count(days, "working day"),
            due=story.due,
            before=story.before,
        )
    )
    console.print(_("{number} transactions through the gateway, all in one trace and in the ledger.", number=calls))
    there = f" --folder {folder}"
    first = "" if running else _("`ndxp up -d --port 0 --clock manual{there}`, then ", there=there)
    of_civil_status = pb.PROCEDURE_BIRTH_REGISTRATION, pb.PROCEDURE_DEATH_REGISTRATION
    told = (step.result for step in found.steps if step.procedure in of_civil_status)
    number = next((result for result in told if result.isdigit()), "NUMBER")
    console.print(
        styled(
            _("[bold]The whole way:[/] {}`ndxp dossier {}{}`; who asked about whom: `ndxp log subject {}{}`"),
            first, found.one_stop_code or found.code, there, number, there,
        ),
        soft_wrap=True,
    )  # fmt: skip
