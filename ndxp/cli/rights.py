"""The command that tells whether a call would be let through, without making it."""

from typing import Annotated

import typer

from ndxp.admin import Session
from ndxp.cli.directory import print_grants
from ndxp.cli.names import full_method, methods, similar
from ndxp.errors import Reason
from ndxp.language import _, spoken
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import console, print_json, styled, visible

app = typer.Typer()


@app.command()
def can(
    member: Annotated[str, typer.Argument(help="A subsystem such as VN/GOV/H26/one-stop, or a member with only one.")],
    method: Annotated[str, typer.Argument(metavar="SERVICE/METHOD", help="The method, or the short name of one.")],
    provider: Annotated[str, typer.Option(help="The provider, if several offer the service.")] = "",
    purpose: Annotated[str, typer.Option(help="The purpose that the call would state.")] = "",
    path: Annotated[
        str, typer.Option(help="The x-ndxp-path of a call of a REST service, such as /CODE/patients/7.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Tells whether a member may call a method, without calling it.

    It shows the grant that fits, with its purposes, fields and validity; or the nearest grant and why it does not fit.
    Quotas and load are not checked. Exit code 0 for yes, 1 for no.

    Example: `ndxp can VN/GOV/H26/hospital ndxp.population.v1.PopulationService/GetCitizen --purpose treatment`
    """
    session = Session(folder)
    client, method = session.subsystem(member), full_method(session, method)
    language = "en" if as_json else spoken()
    found = session.get(
        "/decisions", client=client, method=method, provider=provider, purpose=purpose, path=path, language=language
    )
    if as_json:
        print_json(found)
    elif found["allowed"]:
        line = styled(_("[green]Yes[/]: {} may call {} of {}, under this grant:"), client, method, found["provider"])
        console.print(line)
        print_grants([found["grant"]])
    else:
        console.print(styled(_("[red]No[/] ({}): {}"), found["reason"], found["message"]), soft_wrap=True)
        if found["grant"]:
            print_grants([found["grant"]])
        if found["reason"] == Reason.UNKNOWN_SERVICE and (meant := similar(method, methods(session))):
            console.print(_("Did you mean {meant}?", meant=meant), style="yellow", soft_wrap=True)
        console.print(_("What to do: {remedy}", remedy=visible(found["remedy"])), style="yellow", soft_wrap=True)
    if not found["allowed"]:
        raise typer.Exit(1)
