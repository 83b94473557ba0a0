"""Commands about what is on the exchange: services, their contracts, grants."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ndxp.admin import Session, path_part
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import console, print_json, show_path, styled, visible, warn
from ndxp.tree import PROTOS

app = typer.Typer()
grants_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(grants_app, name="grants")


@app.command()
def services(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lists the services, their providers and methods.

    Of a process that offers a contract as many providers, the first is named; --json has them all.
    """
    found = Session(folder).get("/services")
    if as_json:
        print_json(found)
        return
    for service, providers in together([each for each in found if not each["rest"]], "address"):
        console.print(styled("[bold]{}[/]  {}  {}", service["contract"], providers, service["address"]))
        if service["trouble"]:
            console.print(styled("  [red]not learnt[/]: {}", service["trouble"]), soft_wrap=True)
        for name, method in service["methods"].items():
            kind = {(False, False): "", (True, False): "client stream", (False, True): "server stream"}.get(
                (method["client_streaming"], method["server_streaming"]), "stream both ways"
            )
            console.print(f"  {name:24}{'read only' if method['read_only'] else '':12}{kind}")
    for service in found:
        if service["rest"]:
            console.print(styled("[bold]{}[/]  {}  {}", service["contract"], service["provider"], service["address"]))
        for code, url in service["rest"].items():
            console.print(styled("  {}", f"{code:24}{url}"), soft_wrap=True)


def together(services: Sequence[dict[str, Any]], *alike: str) -> list[tuple[dict[str, Any], str]]:
    """Services as a list for people has them: providers of one contract are one entry, if the fields ``alike`` are.

    Gives the first of them, and who they are in short.
    """
    entries = dict[tuple[Any, ...], list[dict[str, Any]]]()
    for service in services:
        same = (service[field] for field in ("contract", "trouble", *alike))
        entries.setdefault(tuple(same), []).append(service)
    return [
        (first, f"{first['provider']} and {len(more)} more" if more else first["provider"])
        for first, *more in entries.values()
    ]


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
    contract: Annotated[str, typer.Argument(help="Full name of the gRPC service.")],
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
    body = {
        "consumer": consumer, "provider": provider, "contract": contract, "methods": methods,
        "purposes": purpose or [], "fields": field or [], "paths": path or [],
        "valid_from": valid_from, "valid_until": valid_until, "basis": basis,
    }  # fmt: skip
    grant = Session(folder).send("POST", "/grants", body=body)
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
        console.print(f"Removed {grant}.")


def print_grants(found: list[dict[str, Any]]) -> None:
    """Prints grants as the admin API gives them: who may call what, and under which conditions."""
    for grant in found:
        head = styled("[bold]{}[/]  {} -> {}", grant["id"], grant["consumer"], grant["provider"])
        console.print(head, soft_wrap=True)
        console.print(f"    {grant['contract']}: {', '.join(grant['methods'])}", soft_wrap=True)
        terms = {
            "for the paths": ", ".join(grant["paths"]), "for the purpose": " or ".join(grant["purposes"]),
            "releases only": ", ".join(grant["fields"]), "from": grant["valid_from"], "until": grant["valid_until"],
            "basis": grant["basis"],
        }  # fmt: skip
        for word, text in terms.items():
            if text:
                console.print(f"    {word} {visible(text)}", soft_wrap=True)
