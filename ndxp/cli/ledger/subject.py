"""The command that shows a citizen who asked about them: log subject."""

from typing import Annotated, Any

import typer

from ndxp.admin import Session
from ndxp.cli.ledger.log import wrong_with
from ndxp.errors import code_name
from ndxp.language import _
from ndxp.ledger.asked import NUMBER, asked_about
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import Terminal, complain, console, moment, print_json, progress, table

app = typer.Typer()

_WIDTH = 160


@app.command()
def subject(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="A citizen number of 12 digits.")],
    folder: Folder = DEFAULT_FOLDER,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Shows who asked about a citizen, the latest first.

    It shows the method, the time, the caller and the purpose. It also reads the records themselves: exit code 1 when
    the index of subjects lacks records about the citizen, because somebody has changed it. The ledger has a keyed hash
    of the citizen's number only. This command makes the hash, with the key in the run folder's credentials; the number
    stays on this machine.

    Example: `ndxp log subject 074079255028`
    """
    if not NUMBER.fullmatch(number):
        complain(
            _(
                "a citizen number has 12 digits and nothing else, such as 074079255028; `ndxp "
                "people` shows some, and the 9 digits of an old identity card are not kept in the "
                "ledger"
            )
        )
        raise typer.Exit(2)
    session = Session(folder)
    with progress(_("Reading the records")) as show:
        asked = asked_about(session, number, limit, show)
    found = asked.records
    if as_json:
        print_json(found)
    elif found:
        _show(found, more=asked.more)
    else:
        console.print(_("Nobody has asked about this citizen on this exchange. (Every person in it is synthetic.)"))
        console.print(_("All records were read; `ndxp log verify` checks that none was changed or removed."))
    if asked.unlisted:
        complain(
            _(
                "{unlisted} of these records are about this citizen, and the index of subjects does "
                "not have them: somebody has changed the database; see `ndxp log verify`",
                unlisted=asked.unlisted,
            )
        )
        raise typer.Exit(1)


def _show(found: list[dict[str, Any]], *, more: bool) -> None:
    rows = [
        (
            moment(record["request_in_ts"]),
            record["client"],
            record["user_id"] or "-",
            record["method"].rpartition("/")[2],
            record["purpose"] or "-",
            wrong_with(record) or record["reason"] or code_name(record["status_code"]),
            record["transaction_id"],
        )
        for record in found
    ]
    made = table(("when", "who", "user", "what", "purpose", "answer", "transaction"), rows)
    Terminal(width=max(console.width, _WIDTH)).print(made)  # an id cut in pieces cannot be copied
    if more:
        console.print(_("The latest {found}; there may be more: --limit shows up to 1000.", found=len(found)))
    console.print(_("Every person in it is synthetic. `ndxp explain TRANSACTION` tells more of a transaction."))
