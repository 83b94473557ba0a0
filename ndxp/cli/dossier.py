"""The command dossier: a life event's whole way, with the transaction of every step."""

from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp

from ndxp import messages
from ndxp.admin import Session
from ndxp.clock import moment_of
from ndxp.errors import Code, code_name
from ndxp.language import _
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.options import DEFAULT_FOLDER, Folder, Json, named
from ndxp.sandbox.applications import fetch, trace_of
from ndxp.terminal import Terminal, complain, console, print_json, styled, table
from ndxp.wire import status

app = typer.Typer()

_MOST = 1000
_WIDTH = 190


@app.command()
def dossier(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the linked service, or of the one-stop system.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Shows a life event's dossier: who did what when, and the transaction of every step.

    Times are those of the nation's clock; the ledger has real time. All calls of a dossier share one trace.

    Example: `ndxp dossier 000.00.00.H26-230703-0001`
    """
    session = Session(folder)
    try:
        found = fetch(session.state, code)
    except grpc.RpcError as error:
        failure = status.decode(error)
        if failure.code is not Code.NOT_FOUND:
            raise
        complain(
            _(
                "no dossier has the code {code!r}; `ndxp log search --method SubmitBirth` shows who filed one",
                code=code[:60],
            )
        )
        raise typer.Exit(1) from None
    records = transactions(session, found)
    if as_json:
        print_json({"dossier": messages.shown(found), "transactions": records})
    else:
        show(found, records, folder)


def transactions(session: Session, found: pb.Dossier) -> list[dict[str, Any]]:
    """What the ledger has of a dossier's trace, in the order in which it was recorded."""
    return of_trace(session, trace_of(found))


def of_trace(session: Session, trace: str) -> list[dict[str, Any]]:
    """What the ledger has of a trace, in the order in which it was recorded."""
    records = session.get("/transactions", trace=trace, limit=_MOST)
    return sorted(records, key=lambda record: int(record["seq"]))


def show(found: pb.Dossier, records: list[dict[str, Any]], folder: Path) -> None:
    """Prints a dossier with its way, and how to look further."""
    kind = pb.LifeEventKind.Name(found.kind).rpartition("_")[2].lower()
    console.print(styled(_("[bold]{}[/], a {} in {}: {}"), found.code, kind, found.province, state_of(found)))
    if found.one_stop_code:
        console.print(_("In the one-stop system: {one_stop_code}", one_stop_code=found.one_stop_code))
    ended = _(", ended {moment}", moment=nation(found.ended_at)) if found.HasField("ended_at") else ""
    console.print(
        _(
            "Filed {filed}, due {due}{ended}",
            filed=nation(found.submitted_at),
            due=nation(found.due_at),
            ended=ended,
        )
    )
    if found.note:
        console.print(_("Note: {note}", note=found.note))
    console.print()
    by_id = {record["transaction_id"]: record for record in records}
    rows = [
        (
            nation(step.at), step.subsystem, step.what, step.result, step.code,
            _answer(by_id.get(step.transaction_id)), step.transaction_id or "-",
        )
        for step in found.steps
    ]  # fmt: skip
    columns = ("nation's time", "who", "what", "result", "its code", "answer", "transaction")
    Terminal(width=max(console.width, _WIDTH)).print(table(columns, rows))  # an id cut in pieces cannot be copied
    there = named(folder)
    count = str(len(records)) if len(records) < _MOST else _("{number} or more", number=_MOST)
    console.print(
        _(
            "\n{count} transactions share its trace: `ndxp log search --trace {trace}{there}`",
            count=count,
            trace=trace_of(found),
            there=there,
        ),
        soft_wrap=True,
    )
    console.print(
        _(
            "Who asked about whom: `ndxp log subject NUMBER{there}`; more of a step: `ndxp "
            "explain TRANSACTION{there}`. Every person in it is synthetic.",
            there=there,
        ),
        soft_wrap=True,
    )


def state_of(found: pb.Dossier) -> str:
    """The state in words."""
    return pb.DossierState.Name(found.state).removeprefix("DOSSIER_STATE_").replace("_", " ").lower()


def nation(at: Timestamp) -> str:
    """A time of the nation's clock."""
    return f"{moment_of(at.ToMicroseconds()):%a %Y-%m-%d %H:%M}"


def _answer(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    return str(record["reason"] or code_name(record["status_code"]))
