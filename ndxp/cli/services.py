"""Commands about the services of the exchange: what there is, and what a contract says."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ndxp.admin import Session
from ndxp.cli.describe import print_method, print_service
from ndxp.cli.names import full_method, full_service, methods, must_be_offered
from ndxp.cli.names import services as known_services
from ndxp.contract import Contract
from ndxp.description import kind_of, of_method, of_service
from ndxp.language import _
from ndxp.openapi import document
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.reflection import look_up
from ndxp.terminal import complain, console, print_json, styled

app = typer.Typer()
services_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(services_app, name="services")

_Member = Annotated[str, typer.Option("--as", help="The subsystem that asks for the contract.")]
_MEMBER = "VN/GOV/H26/one-stop"


@services_app.callback()
def services(
    context: typer.Context,
    openapi: Annotated[
        str, typer.Option("--openapi", metavar="SERVICE", help="Print the OpenAPI 3.1 document of this service.")
    ] = "",
    member: _Member = _MEMBER,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Lists the services, their providers and methods; or prints the OpenAPI document of one.

    Of a process that offers a contract as many providers, the first is named; --json has them all.

    Examples: `ndxp services`; `ndxp services --openapi PopulationService > population.json`
    """
    if context.invoked_subcommand is not None:
        return
    session = Session(folder)
    if openapi:
        _print_openapi(session, member, openapi)
        return
    found = session.get("/services")
    if as_json:
        print_json(found)
        return
    for service, providers in together(found, "address"):
        console.print(styled("[bold]{}[/]  {}  {}", service["contract"], providers, service["address"]))
        if service["trouble"]:
            console.print(styled(_("  [red]not learnt[/]: {}"), service["trouble"]), soft_wrap=True)
        for name, method in service["methods"].items():
            kind = kind_of(client_streaming=method["client_streaming"], server_streaming=method["server_streaming"])
            console.print(f"  {name:24}{_('read only') if method['read_only'] else '':12}{_(kind)}")
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
        (first, first["provider"] + (_(" and {more} more", more=len(more)) if more else ""))
        for first, *more in entries.values()
    ]


@services_app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="SERVICE[/METHOD]", help="In full, or the short name of one.")],
    member: _Member = _MEMBER,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Shows what a contract says: the methods of a service, or the fields of a method with an example request.

    Examples: `ndxp services describe PopulationService`; `ndxp services describe VerifyCitizen`
    """
    session = Session(folder)
    known = known_services(session)
    service = full_service(session, name)
    if service in known:
        contract = _contract(session, member, service)
        described = of_service(contract)
        print_json(described) if as_json else print_service(described)
        return
    method = must_be_offered("service or method", full_method(session, name), methods(session) | known)
    service, _, name = method.partition("/")
    contract = _contract(session, member, service)
    example = _examples(service).get(name)
    shown = of_method(contract, contract.service.methods_by_name[name], example)
    print_json(shown) if as_json else print_method(shown)


def _print_openapi(session: Session, member: str, name: str) -> None:
    service = must_be_offered("service", full_service(session, name), known_services(session))
    contract = _contract(session, member, service)
    token_url = f"{session.state.control_url}/oauth2/token"
    url = session.state.rest_url or "/"
    print_json(document(contract, url=url, token_url=token_url, examples=_examples(service)))


def _examples(service: str) -> dict[str, Any]:
    from ndxp.samples.example import examples  # here, because the synthetic nation takes time to import

    return examples(service)


def _contract(session: Session, member: str, service: str) -> Contract:
    """A service that is registered. Ends the command when the gateway does not know its contract."""
    found = look_up(session.state.gateway, session.tokens(session.subsystem(member)), service)
    if found is None:
        complain(_("the gateway does not know the contract of {service}; `ndxp services` says why", service=service))
        raise typer.Exit(1)
    return found
