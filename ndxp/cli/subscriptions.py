"""Commands about requests for grants: a member asks, an operator approves or declines."""

from typing import Annotated, Any
from uuid import uuid4

import grpc
import typer

from ndxp.admin import Session, path_part
from ndxp.cli.names import full_service
from ndxp.client import BlockingExchange
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import complain, console, moment, print_json, styled, visible, warn
from ndxp.wire import status

app = typer.Typer()

_TEXTS = ("id", "client", "provider", "contract", "valid_until", "because", "decided_by", "reason", "grant")

_As = Annotated[str, typer.Option("--as", help="The subsystem that asks, or a member with only one.")]
_Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the request.")]
_Fields = Annotated[list[str] | None, typer.Option("--field", help="A field of the answer; again for more.")]
_Paths = Annotated[
    list[str] | None, typer.Option("--path", help="A path of a REST service, or a pattern; again for more.")
]
_Until = Annotated[str, typer.Option("--until", help="Last day, or the instant when it ends.")]


@app.command("request")
def request_grant(
    provider: Annotated[str, typer.Argument(help="The provider's subsystem.")],
    contract: Annotated[str, typer.Argument(metavar="SERVICE", help="In full, or the short name of one.")],
    methods: Annotated[list[str], typer.Argument(help="Method names or patterns such as 'Get*'.")],
    member: _As,
    because: Annotated[str, typer.Option(help="Why it is needed, and by which law.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose that calls will state; again for more.")] = None,
    field: _Fields = None,
    path: _Paths = None,
    valid_until: _Until = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Asks for a grant, as a member; the provider or an operator decides.

    Example: `ndxp grants request VN/GOV/G01/population PopulationService VerifyCitizen --as VN/GOV/G27/lgsp
    --because "press cards, Luật Báo chí" --until 2027-12-31`
    """
    session = Session(folder)
    service = full_service(session, contract)
    wanted = pb.RequestGrantRequest(
        request_id=str(uuid4()), provider=provider, contract=service, methods=methods,
        purposes=purpose or [], fields=field or [], paths=path or [], valid_until=valid_until, because=because,
    )  # fmt: skip
    answer: pb.RequestGrantResponse = _called(session, member, "RequestGrant", wanted)
    if as_json:
        print_json(_plain(answer.grant_request))
    else:
        _print([_plain(answer.grant_request)])


@app.command("requests")
def own_requests(member: _As, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lists what a member has asked for, with the decisions.

    Example: `ndxp grants requests --as VN/GOV/G27/lgsp`
    """
    answer: pb.ListMyGrantRequestsResponse = _called(
        Session(folder), member, "ListMyGrantRequests", pb.ListMyGrantRequestsRequest()
    )
    found = [_plain(request) for request in answer.grant_requests]
    if as_json:
        print_json(found)
    else:
        _print(found)


@app.command()
def pending(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lists the requests of all members that wait for a decision, the oldest first."""
    found = Session(folder).get("/grant-requests")
    if as_json:
        print_json(found)
    else:
        _print(found)


@app.command()
def approve(
    request: _Id,
    purpose: Annotated[list[str] | None, typer.Option(help="Only this purpose; again for more.")] = None,
    field: _Fields = None,
    path: _Paths = None,
    valid_until: _Until = "",
    because: Annotated[str, typer.Option(help="Why, for the member that asks.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Makes the grant that a request asks for, or one with less; every gateway knows it within a second.

    Examples: `ndxp grants approve ID`; `ndxp grants approve ID --field citizen.full_name --until 2026-12-31`
    """
    less = {"purposes": purpose or [], "fields": field or [], "paths": path or [], "valid_until": valid_until}
    body = {**less, "reason": because}
    approved = Session(folder).send("POST", f"/grant-requests/{path_part(request)}/approve", body=body)
    if as_json:
        print_json(approved)
    else:
        _print([approved])
        warn(approved)


@app.command()
def decline(
    request: _Id,
    because: Annotated[str, typer.Option(help="Why, for the member that asks.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Ends a request without a grant; the member reads the reason.

    Example: `ndxp grants decline ID --because "name the law"`
    """
    path = f"/grant-requests/{path_part(request)}/decline"
    declined = Session(folder).send("POST", path, body={"reason": because})
    if as_json:
        print_json(declined)
    else:
        _print([declined])


def _called(session: Session, member: str, method: str, request: Any) -> Any:
    """The answer of the exchange's directory to a member; ends the command with one line when there is none."""
    tokens = session.tokens(session.subsystem(member))
    with BlockingExchange(session.state.gateway, tokens) as exchange:
        try:
            return getattr(ExchangeServiceStub(exchange.channel), method)(request)
        except grpc.RpcError as error:
            failure = status.decode(error)
            complain(f"{failure.message}{f'; {failure.remedy}' if failure.remedy else ''}")
            raise typer.Exit(1) from None


def _plain(request: pb.GrantRequest) -> dict[str, Any]:
    """A request as the admin API gives it."""
    return {
        **{name: getattr(request, name) for name in _TEXTS},
        **{name: [*getattr(request, name)] for name in ("methods", "purposes", "fields", "paths")},
        **{name: getattr(request, name).ToMicroseconds() for name in ("asked_at", "decided_at")},
        "state": pb.GrantRequestState.Name(request.state).rpartition("_")[2].lower(),
    }


def _print(found: list[dict[str, Any]]) -> None:
    for request in found:
        head = styled(
            "[bold]{}[/]  {}  {} -> {}", request["id"], request["state"], request["client"], request["provider"]
        )
        console.print(head, soft_wrap=True)
        console.print(visible(f"    {request['contract']}: {', '.join(request['methods'])}"), soft_wrap=True)
        by = f" by {request['decided_by']}" if request["decided_by"] else ""
        terms = {
            "for the paths": ", ".join(request["paths"]), "for the purpose": " or ".join(request["purposes"]),
            "releases only": ", ".join(request["fields"]),
            "until": request["valid_until"], "because:": request["because"], "asked": moment(request["asked_at"]),
            request["state"]: request["decided_at"] and f"{moment(request['decided_at'])}{by}",
            "reason:": request["reason"], "grant": request["grant"],
        }  # fmt: skip
        for word, text in terms.items():
            if text:
                console.print(visible(f"    {word} {text}"), soft_wrap=True)
