"""The command quota: how many calls each consumer may make, and how many it has made."""

from typing import Annotated, Any

import typer

from ndxp.admin import Session
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import complain, console, print_json, table

app = typer.Typer()

_Consumer = Annotated[
    str, typer.Argument(help='A subsystem such as VN/GOV/H26/one-stop, a member with only one, or "default".')
]


@app.command()
def quota(
    consumer: _Consumer = "",
    rate: Annotated[float | None, typer.Option(help="Calls a second.")] = None,
    burst: Annotated[int | None, typer.Option(help="Calls at once after a pause.")] = None,
    daily: Annotated[int | None, typer.Option(help="Calls in a day (UTC); 0 for no limit.")] = None,
    in_flight: Annotated[int | None, typer.Option(help="Calls under way at once, in each gateway worker.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Back to the default.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Shows and sets how many calls consumers may make.

    All gateway workers share rate, burst and day, and learn a change within a second. Without options it shows the
    quotas and their use: how many calls would be let in now, and how many were let in today.

    Examples: `ndxp quota`; `ndxp quota VN/COM/C01/app --rate 50 --burst 100 --daily 100000`;
    `ndxp quota VN/COM/C01/app --remove`
    """
    session = Session(folder)
    changes = {"rate": rate, "burst": burst, "daily": daily, "in_flight": in_flight}
    changes = {name: value for name, value in changes.items() if value is not None}
    if (not consumer and (changes or remove)) or (changes and remove):
        complain(_("name the consumer, and either its new quota or --remove: `ndxp quota VN/COM/C01/app --rate 50`"))
        raise typer.Exit(2)
    name = consumer if consumer in ("", "default") else session.subsystem(consumer)
    if changes:
        found = [session.send("PUT", "/quotas", body={"consumer": name, **changes})]
    else:
        if remove:
            session.send("DELETE", "/quotas", query={"consumer": name})
        found = session.get("/quotas", consumer=name)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: list[dict[str, Any]]) -> None:
    columns = ("consumer", "rate/s#", "burst#", "daily#", "in flight#", "left now#", "today#", "")
    rows = [
        (
            line["consumer"], f"{line['rate']:g}", line["burst"], line["daily"] or "-", line["in_flight"],
            "-" if line["left"] is None else line["left"], "-" if line["today"] is None else line["today"],
            "" if line["own"] else "default",
        )
        for line in found
    ]  # fmt: skip
    console.print(table(columns, rows))
