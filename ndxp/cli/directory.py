"""Commands about what is on the exchange: the folder of the contracts, and grants."""

from typing import Annotated, Any

import typer

from ndxp.admin import Session, path_part
from ndxp.cli import subscriptions
from ndxp.cli.names import full_service, must_be_offered, services, similar
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import console, print_json, show_path, styled, visible, warn
from ndxp.tree import PROTOS

app = typer.Typer()
grants_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(grants_app, name="grants")


@app.command()
def protos(as_json: Json = False) -> None:
    """Shows the folder of the contracts, for `protoc` in any language.

    Example: `protoc -I "$(ndxp protos)" --java_out=. ndxp/population/v1/population.proto`
    """
    show_path(PROTOS, as_json)


@grants_app.callback()
def grants(
    context: typer.Context,
    folder: Folder = DEFAULT_FOLDER,
    consumer: Annotated[str, typer.Option(help="Only those that apply to this subsystem.")] = "",
    as_json: Json = False,
) -> None:
    """Lists, adds and removes grants: who may call what; asks for grants, and decides about requests for them.

    Examples: `ndxp grants --consumer VN/GOV/H26/one-stop`; `ndxp grants add VN/GOV/G27/lgsp VN/GOV/G01/population
    ndxp.population.v1.PopulationService VerifyCitizen`; `ndxp grants remove g-1a2b3c4d`
    """
    if context.invoked_subcommand is not None:
        return
    session = Session(folder)
    found = session.get("/grants", consumer=session.subsystem(consumer) if consumer else "")
    if as_json:
        print_json(found)
    else:
        print_grants(found)


@grants_app.command("add")
def add_grant(
    consumer: Annotated[str, typer.Argument(help="Subsystem, member, group:NAME or group:NAME/SUBSYSTEM.")],
    provider: Annotated[str, typer.Argument(help="The provider's subsystem.")],
    contract: Annotated[str, typer.Argument(help="The gRPC service, or the short name of one.")],
    methods: Annotated[list[str], typer.Argument(help="Method names or patterns such as 'Get*'.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose that calls must state; again for more.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="A field of the answer to release; again for more.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(help="A path of a REST service, or a pattern; again for more.")
    ] = None,
    valid_from: Annotated[str, typer.Option("--from", help="First day or instant, such as 2026-01-01.")] = "",
    valid_until: Annotated[str, typer.Option("--until", help="Last day, or the instant when it ends.")] = "",
    basis: Annotated[str, typer.Option(help="The law on which it is based.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Grants methods of a service to a consumer; every gateway knows it within a second.

    If several grants fit a call, the first in the list counts; a new one comes last.

    Example: `ndxp grants add VN/GOV/G27/lgsp VN/GOV/G01/population ndxp.population.v1.PopulationService GetCitizen
    --purpose "press accreditation" --field citizen.full_name --until 2026-12-31`
    """
    session = Session(folder)
    contract = full_service(session, contract)
    if similar(contract, known := services(session)):
        must_be_offered("service", contract, known)
    body = {
        "consumer": consumer, "provider": provider, "contract": contract, "methods": methods,
        "purposes": purpose or [], "fields": field or [], "paths": path or [],
        "valid_from": valid_from, "valid_until": valid_until, "basis": basis,
    }  # fmt: skip
    grant = session.send("POST", "/grants", body=body)
    if as_json:
        print_json(grant)
    else:
        print_grants([grant])
        warn(grant)


@grants_app.command("remove")
def remove_grant(
    grant: Annotated[str, typer.Argument(help="Id of the grant.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Removes a grant; every gateway knows it within a second."""
    Session(folder).send("DELETE", f"/grants/{path_part(grant)}")
    if as_json:
        print_json({"removed": grant})
    else:
        console.print(_("Removed {grant}.", grant=grant))


def print_grants(found: list[dict[str, Any]]) -> None:
    """Prints grants as the admin API gives them: who may call what, and under which conditions."""
    for grant in found:
        head = styled("[bold]{}[/]  {} -> {}", grant["id"], grant["consumer"], grant["provider"])
        console.print(head, soft_wrap=True)
        console.print(f"    {grant['contract']}: {', '.join(grant['methods'])}", soft_wrap=True)
        terms = {
            _("for the paths"): ", ".join(grant["paths"]), _("for the purpose"): _(" or ").join(grant["purposes"]),
            _("releases only"): ", ".join(grant["fields"]), _("from"): grant["valid_from"],
            _("until"): grant["valid_until"], _("basis"): grant["basis"],
        }  # fmt: skip
        for word, text in terms.items():
            if text:
                console.print(f"    {word} {visible(text)}", soft_wrap=True)


grants_app.registered_commands += subscriptions.app.registered_commands
