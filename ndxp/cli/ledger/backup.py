"""Commands that keep the ledger safe: log backup, log restore, log accept-loss."""

import importlib.util
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from ndxp import tree
from ndxp.admin import Session
from ndxp.language import _
from ndxp.ledger.checkpoint import Checkpoint
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.sandbox.ledger_process import LEDGER, ledger_environment
from ndxp.sandbox.plan import PlanFailed
from ndxp.sandbox.state import State
from ndxp.terminal import complain, console, print_json

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The backup to make; nothing is overwritten.")],
    ledger: Annotated[str, typer.Option(help="URL of the ledger; by default that of the exchange.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Makes a backup of the whole ledger, also while it is written to, and verifies it.

    The backup is one file, for SQLite and PostgreSQL: every record up to one moment, the tree, the signed checkpoints
    and the public keys. `ndxp log verify --backup FILE` verifies it again, anywhere. Private keys and salts are not in
    it: keep copies of them elsewhere (docs/guides/ledger.md).

    Example: `ndxp log backup monday.backup`
    """
    environment = ledger_environment(folder)
    if ledger:
        environment[LEDGER] = ledger
    _pass_on("backup", [str(file)], as_json, environment)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup of `ndxp log backup`.")],
    into: Annotated[
        str, typer.Option(help="URL or SQLite file of an empty ledger; by default that of the exchange.")
    ] = "",
    key: Annotated[
        str, typer.Option(help="Public key, or a file of public keys; by default those in the run folder.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Restores a backup into an empty ledger, SQLite or PostgreSQL, while the exchange is stopped.

    The backup is verified first, then the restored ledger; all is restored or nothing. Entries in the journal are
    recorded at the next start. If more was signed than the backup has, the exchange says so and records nothing until
    `ndxp log accept-loss`.

    Example: `ndxp down; mv .ndxp/ledger.db* /elsewhere; ndxp log restore monday.backup; ndxp up -d`
    """
    state = State.read(folder)
    if state is not None and not state.attached and state.alive():
        raise PlanFailed(_("the exchange in {folder} is running; stop it first: ndxp down", folder=folder))
    words = [str(file), *(("--into", into) if into else ()), *(("--key", key) if key else ())]
    _pass_on("restore", words, as_json, ledger_environment(folder))


@app.command("accept-loss")
def accept_loss(
    folder: Folder = DEFAULT_FOLDER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Lets the exchange go on with a ledger that is shorter than what was signed, for example an older copy.

    A signed statement records the loss for good: `ndxp log verify` and `ndxp log consistency` name the lost records.
    Evidence of a lost record can still be checked.
    """
    session = Session(folder)
    state = session.get("/ledger")
    published = Checkpoint.parse(state["published"]).size if state["published"] else 0
    if published > state["size"] and not yes:
        first = state["size"] + 1
        asked = _("Records {first} to {last} are lost for good. Go on without them?", first=first, last=published)
        typer.confirm(asked, abort=True)
    stated = session.send("POST", "/ledger/losses", body={"kept": state["size"], "lost": published})
    if as_json:
        print_json(stated)
    else:
        console.print(_("Stated: {sentence}.", sentence=stated["sentence"]), style="yellow", soft_wrap=True)


def _pass_on(module: str, words: list[str], as_json: bool, environment: dict[str, str]) -> None:
    """Runs the command in the gateway's package, which this one does not import; exits with the same code."""
    if missing := [name for name in ("sqlalchemy", "msgspec") if importlib.util.find_spec(name) is None]:
        names = ", ".join(missing)
        complain(
            _("to reach a ledger's database, {packages} must be installed: pip install 'ndxp[gateway]'", packages=names)
        )
        raise typer.Exit(1)
    run = tree.command(f"gateway.ledger.{module}", *words, *(["--json"] if as_json else []))
    with subprocess.Popen(run, env=environment) as process:  # noqa: S603
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    raise typer.Exit(code)
