"""The command that looks for unsafe settings and obstacles."""

import typer

from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.sandbox.doctor import look
from ndxp.terminal import console, print_json, styled, table

app = typer.Typer()


@app.command()
def doctor(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Looks for unsafe settings and obstacles.

    It checks the machine, the run folder and the exchange in it, and says what it found, why that matters and what to
    do. Exit code 0 when it found nothing, 1 otherwise.
    """
    found = look(folder)
    if as_json:
        print_json(
            [
                {"check": check.name, "ok": not what, "found": what, "why": _(check.why), "remedy": _(check.remedy)}
                for check, what in found
            ]
        )
    else:
        rows = []
        for check, what in found:
            name, first = _(check.name), what[0] if what else "-"
            rows += [("✗" if what else "✔", name, first), *(("", "", w) for w in what[1:])]
        console.print(table(("", "check", "finding"), rows))
        for check, what in found:
            if what:
                line = styled(_("\n[bold]{}[/]: {}.\nWhat to do: {}"), _(check.name), _(check.why), _(check.remedy))
                console.print(line, soft_wrap=True)
    if any(what for _, what in found):
        raise typer.Exit(1)
