"""The command that makes a run folder for an exchange that runs elsewhere, so that every other command works on it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ndxp.cli.output import DEFAULT_FOLDER, Folder, Json, console, print_json
from ndxp.cli.session import Session
from ndxp.client import TokenRefused
from ndxp.sandbox import plan
from ndxp.sandbox.state import State

app = typer.Typer()

_ADMIN = "admin"


@app.command()
def attach(
    gateway: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the exchange takes calls.")],
    credentials: Annotated[str, typer.Option(help="Its credentials file; - reads it from standard input.")],
    control: Annotated[str, typer.Option(help="URL of its control process; by default port 8080 of the host.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Lets the other commands work on an exchange that runs elsewhere.

    In containers, or on servers. The run folder gets a copy of the credentials (mode 0600) and the public keys of the
    ledger as control gives them now; nothing is started. `ndxp status`, `call`, `log`, `load`, `demo --target` and the
    rest are used as with an exchange of one's own. Attached again, the keys must be the same, or the same and newer.

    Example: `docker compose exec -T control cat credentials.json | ndxp attach localhost:50051 --credentials -`
    """
    host, _, port = gateway.rpartition(":")
    if not (host and port.isdecimal()):
        raise plan.PlanFailed(f"{gateway!r} is no HOST:PORT, such as localhost:50051")
    before = State.read(folder)
    if (before is not None and not before.attached) or (before is None and (folder / "credentials.json").exists()):
        raise plan.PlanFailed(f"{folder} is the run folder of an exchange of its own; name another with --folder")
    secrets = _secrets(credentials)
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = State(str(folder), gateway, control.rstrip("/") or f"http://{host}:8080", [], attached=True)
    with os.fdopen(os.open(state.credentials, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets)
    state.write()
    session = Session(folder)
    _keep_keys(folder / "ledger-keys", session.get("/ledger/keys")["keys"])
    members = len(session.get("/members"))
    if as_json:
        print_json({"gateway": state.gateway, "control": state.control_url, "folder": state.folder, "members": members})
    else:
        console.print(f"Attached {folder} to the exchange at {gateway}, with {members} members.")
        console.print(
            f"Next: `ndxp status`, `ndxp demo --target {gateway}`, `ndxp load run ndxp-average --duration 60`"
        )


def _secrets(credentials: str) -> str:
    """The content of a credentials file; raises TokenRefused when it is none, or not the operator's."""
    try:
        text = sys.stdin.read() if credentials == "-" else Path(credentials).read_text()
        known = json.loads(text)
    except (OSError, ValueError) as error:
        raise TokenRefused(f"cannot read credentials from {credentials}: {type(error).__name__}") from error
    if not isinstance(known, dict) or _ADMIN not in known:
        raise TokenRefused(f"{credentials} has no entry {_ADMIN!r}; give the file of the control process's run folder")
    return text


def _keep_keys(file: Path, keys: list[str]) -> None:
    """Keeps the public keys of the ledger; raises PlanFailed when they do not go on from those kept before."""
    before = file.read_text().split() if file.exists() else []
    if keys[: len(before)] != before:
        raise plan.PlanFailed(
            f"the ledger's keys are not those in {file}: it is another exchange, which needs another --folder, or "
            "somebody has put in another ledger"
        )
    file.write_text("".join(f"{key}\n" for key in keys))
