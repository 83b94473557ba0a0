"""The command that calls any registered method with JSON, through reflection at the gateway's port."""

from typing import Annotated, Any

import grpc
import typer
from google.protobuf.descriptor import MethodDescriptor

from ndxp import calling, messages, other_tools
from ndxp.admin import AdminRefused, Session
from ndxp.cli.names import full_method, methods, must_be_offered, similar
from ndxp.client import BlockingExchange
from ndxp.errors import Reason
from ndxp.language import _, spoken
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.reflection import look_up
from ndxp.terminal import Terminal, complain, print_json, remark, visible
from ndxp.wire import metadata, status

app = typer.Typer()

_Method = Annotated[
    str,
    typer.Argument(metavar="SERVICE/METHOD", help="For example ndxp.population.v1.PopulationService/VerifyCitizen."),
]
_Request = Annotated[
    str, typer.Argument(metavar="JSON", help="The request; an array for a stream; - reads stdin, @FILE a file.")
]

_REST = "ndxp.rest.v1.RestService/"

FAILED = 64
"""Exit code of a failed call: this plus the gRPC code."""


@app.command()
def call(
    method: _Method,
    request: _Request = "{}",
    folder: Folder = DEFAULT_FOLDER,
    member: Annotated[str, typer.Option("--as", help="The calling subsystem.")] = "VN/GOV/H26/one-stop",
    provider: Annotated[str, typer.Option(help="The provider, if several offer the service.")] = "",
    deadline: Annotated[float, typer.Option(min=0.001, max=3600, help="Seconds.")] = 10.0,
    purpose: Annotated[str, typer.Option(help="The purpose of the call; recorded in the ledger.")] = "",
    user: Annotated[str, typer.Option(help="The officer who asks; recorded in the ledger.")] = "",
    fault: Annotated[str, typer.Option(help="A fault for this call only: see `ndxp fault effects`.")] = "",
    curl: Annotated[bool, typer.Option("--curl", help="Print the same call for curl, and make none.")] = False,
    grpcurl: Annotated[bool, typer.Option("--grpcurl", help="Print it for grpcurl, and make none.")] = False,
    as_json: Json = False,
) -> None:
    """Calls a method of any service with JSON.

    Works for every registered service, through reflection at the gateway's port, and prints the answer as JSON. In a
    file or on stdin a stream is an array too, or one JSON value after another. `ndxp services describe` shows the
    fields of a request. A short name, such as PopulationService/VerifyCitizen or VerifyCitizen, will do if only one
    method has it.

    Exit code 0, or 64 + the gRPC code when the call failed, or 2 when the request does not fit the method.

    Example: `ndxp call ndxp.population.v1.PopulationService/VerifyCitizen '{"citizenNumber": "001090000001",
    "fullName": "Nguyễn Văn A", "birthDate": "1990-01-01"}' --as VN/GOV/H26/one-stop`
    """
    if curl and grpcurl:
        complain(_("--curl and --grpcurl print one command line each: name one of them"))
        raise typer.Exit(2)
    session = Session(folder)
    client, method = session.subsystem(member), full_method(session, method)
    pairs = _pairs(
        {metadata.SERVICE: provider, metadata.PURPOSE: purpose, metadata.USER_ID: user, metadata.FAULT: fault}
    )
    descriptor = _descriptor(session, client, method)
    try:
        requests = messages.read(messages.content(request), descriptor)
        if curl or grpcurl:
            known = _known(session, method, descriptor)
            same = other_tools.Call(
                client=client, method=known, requests=requests, pairs=pairs, deadline=deadline, folder=folder
            )
            _print(_curl(session, same) if curl else _grpcurl(session, same), as_json)
            return
    except (messages.WrongRequest, other_tools.NotPossible) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    with BlockingExchange(session.state.gateway, session.tokens(client), deadline=deadline, retries=False) as exchange:
        rpc = calling.begin(exchange.channel, method, descriptor, requests, deadline, pairs)
        answers: list[Any] = []
        streams = descriptor is not None and descriptor.server_streaming
        try:
            for answer in rpc:
                if descriptor is None:
                    complain(
                        _(
                            "{method} answers, but the gateway's reflection does not describe it yet; try again",
                            method=method,
                        )
                    )
                    raise typer.Exit(1)
                said = calling.Said.of(dict(rpc.initial_metadata() if streams else rpc.trailing_metadata()))
                answers.append(messages.shown(answer, said.withheld))
                if not as_json:
                    print_json(answers[-1])
        except grpc.RpcError as error:
            failure = status.decode(error)
            unknown = failure.reason == Reason.UNKNOWN_SERVICE
            meant = similar(method, methods(session)) if unknown else ""
            raise typer.Exit(_failed(failure, answers, _why(session, failure), meant, as_json)) from None
        said = calling.Said.of({**dict(rpc.initial_metadata()), **dict(rpc.trailing_metadata())})
    _succeeded(answers, said, as_json)


def _pairs(named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The metadata that was given. Ends the command when gRPC cannot carry it."""
    try:
        return calling.pairs(named)
    except calling.NotCarried as error:
        complain(str(error))
        raise typer.Exit(2) from None


def _descriptor(session: Session, client: str, method: str) -> MethodDescriptor | None:
    """The method as the gateway's reflection describes it; None when it is unknown there."""
    service, _, name = method.partition("/")
    found = look_up(session.state.gateway, session.tokens(client), service, name)
    return found.service.methods_by_name.get(name) if found else None


def _known(session: Session, method: str, descriptor: MethodDescriptor | None) -> MethodDescriptor:
    """The method. Ends the command when the gateway does not know it, or it is one for REST services."""
    if method.startswith(_REST):
        complain(_("a REST service is called by its paths, /r1/PROVIDER/CODE/...: see docs/guides/http.md"))
        raise typer.Exit(2)
    if descriptor is None:
        must_be_offered("method", method, methods(session))
        complain(_("the gateway's reflection does not describe {method} yet; try again", method=method))
        raise typer.Exit(1)
    return descriptor


def _curl(session: Session, same: other_tools.Call) -> str:
    return other_tools.curl(same, session.state.rest_url, session.tls(same.client), session.state.tls_folder)


def _grpcurl(session: Session, same: other_tools.Call) -> str:
    return other_tools.grpcurl(same, session.state.gateway, session.tls(same.client), session.state.tls_folder)


def _print(command: str, as_json: bool) -> None:
    if as_json:
        print_json({"command": command})
    else:
        typer.echo(command)


def _succeeded(answers: list[Any], said: calling.Said, as_json: bool) -> None:
    """Prints what the exchange says about a call that succeeded: its transaction, what was withheld, faults."""
    if as_json:
        released = {"grant": said.grant, "withheld": list(said.withheld)} if said.grant else {}
        disturbed = {"fault": said.fault} if said.fault else {}
        print_json({"answers": answers, "transaction_id": said.transaction_id, **released, **disturbed})
        return
    if said.fault:
        remark(_disturbed(said.fault))
    if said.withheld:
        withheld = " ".join(said.withheld)
        remark(
            _("withheld, because grant {grant} does not release it: {withheld}", grant=said.grant, withheld=withheld)
        )
    remark(_("transaction {transaction}", transaction=said.transaction_id))


def _why(session: Session, failure: status.Failure) -> str:
    """The sentence of a failure in the language of the user, if the exchange has it; messages are in English."""
    if spoken() == "en" or not failure.hop.startswith("gateway/") or not failure.transaction_id:
        return failure.message
    try:
        path = f"/transactions/{failure.transaction_id}/explanation"
        steps = session.get(path, language=spoken())["steps"]
    except AdminRefused:  # such as a refusal that was not recorded
        return failure.message
    return next((step["why"] for step in steps if step["decision"] == "refused"), "") or failure.message


def _failed(failure: status.Failure, answers: list[Any], why: str, meant: str, as_json: bool) -> int:
    """Prints why a call failed, and gives the exit code. ``meant`` is a method with a similar name, if any."""
    if as_json:
        error = {
            "code": failure.code.name, "reason": failure.reason, "message": failure.message,
            "message_vi": failure.message_vi, "hop": failure.hop, "remedy": failure.remedy, "origin": failure.origin,
        }  # fmt: skip
        if meant:
            error["did_you_mean"] = meant
        if failure.fault:
            error["fault"] = failure.fault
        print_json({"answers": answers, "error": error, "transaction_id": failure.transaction_id})
        return FAILED + failure.code
    stderr = Terminal(stderr=True, soft_wrap=True)
    at = _(failure.hop or failure.origin or "client")
    what = f"{failure.code.name} {failure.reason}".strip()
    stderr.print(visible(_("{what} at {hop}", what=what, hop=at)), style="bold red")
    lines = (why, failure.message_vi)
    for line in lines if spoken() == "en" else reversed(lines):
        if line:
            stderr.print(visible(line))
    if meant:
        stderr.print(_("Did you mean {meant}?", meant=meant), style="yellow")
    if failure.fault:
        stderr.print(_disturbed(failure.fault), style="yellow")
    elif failure.remedy:
        stderr.print(_("What to do: {remedy}", remedy=visible(_(failure.remedy))), style="yellow")
    if failure.transaction_id:
        stderr.print(
            _("transaction {transaction_id}: `ndxp explain {transaction_id}`", transaction_id=failure.transaction_id)
        )
    else:
        stderr.print(_("No answer of the exchange arrived; see `ndxp log tail` and `ndxp status`"))
    return FAILED + failure.code


def _disturbed(faults: str) -> str:
    """The faults that a call has met, and how to remove them."""
    told = [
        _("it asked for a fault itself (--fault)")
        if name == metadata.FAULT_OF_CALLER
        else _("it met the fault {name}: `ndxp fault remove {name}`", name=name)
        for name in faults.split(",")
    ]
    return _("This call was disturbed on purpose: {faults}", faults="; ".join(told))
