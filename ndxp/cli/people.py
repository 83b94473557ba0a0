"""The command that shows people of the synthetic nation to try things with."""

from typing import Annotated, Any

import typer

from ndxp.language import _, spoken
from ndxp.options import Json
from ndxp.terminal import complain, console, print_json, styled, table
from ndxp.world import Citizen, UnknownPersonaError, World, province_by_code

app = typer.Typer()


@app.command()
def people(
    persona: Annotated[str, typer.Option(help="One persona, with the story.")] = "",
    sample: Annotated[int, typer.Option(min=0, max=10_000, help="This number of random people instead.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the random choice.")] = 1,
    as_json: Json = False,
) -> None:
    """Shows synthetic people to try things with.

    The personas with their stories, or a sample of the 100,300,000.

    Examples: `ndxp people`; `ndxp people --persona traveller`; `ndxp people --sample 5 --json`
    """
    world = World()
    if persona:
        try:
            found = world.persona(persona)
        except UnknownPersonaError as error:
            complain(str(error))
            raise typer.Exit(2) from None
        if as_json:
            print_json(
                {"persona": found.key, "story": found.story, "story_vi": found.story_vi, **_plain(found.citizen)}
            )
        else:
            stories = {"en": (found.story, found.story_vi), "vi": (found.story_vi,)}[spoken()]
            console.print(styled(_("[bold]{}[/] (synthetic)"), found.key))
            console.print(*stories, "", sep="\n", markup=False)
            console.print(table(("field", "value"), list(_plain(found.citizen).items())))
        return
    named = (
        [(p.key, p.citizen) for p in world.personas()] if not sample else [("", c) for c in world.sample(sample, seed)]
    )
    if as_json:
        print_json([{**({"persona": key} if key else {}), **_plain(citizen)} for key, citizen in named])
        return
    console.print(
        _("Synthetic people; nobody here exists.")
        + ("" if sample else f" {_('`ndxp people --persona KEY` tells a story.')}")
    )
    rows = [
        (key, c.number, c.full_name, c.birth_date.isoformat(), province_by_code(c.number[:3]).name) for key, c in named
    ]
    columns = ("persona", "number", "name", "born", "registered in")
    console.print(table(columns[1:], [row[1:] for row in rows]) if sample else table(columns, rows))


def _plain(citizen: Citizen) -> dict[str, Any]:
    return {
        "citizen_number": citizen.number,
        "full_name": citizen.full_name,
        "birth_date": citizen.birth_date.isoformat(),
        "sex": citizen.sex.name.lower(),
        "current_address": str(citizen.current_address),
        "household_number": citizen.household_number,
        "deceased": "yes" if citizen.deceased else "no",
    }
