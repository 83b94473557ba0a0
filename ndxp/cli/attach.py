"""The command that makes a run folder for an exchange elsewhere, so that every other command works on it."""

import json
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from ndxp.address import Address, loopback
from ndxp.admin import AdminApi
from ndxp.client import TokenRefused
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.plural import count
from ndxp.sandbox import doors, plan
from ndxp.sandbox.state import NoSandbox, State
from ndxp.terminal import complain, console, print_json
from ndxp.whole_file import whole_file
from ndxp.wire.tls import FRONT, trust

app = typer.Typer()

_ADMIN = "admin"
_PATIENCE = 5.0


@app.command()
def attach(
    gateway: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the exchange takes calls.")],
    credentials: Annotated[str, typer.Option(help="Its credentials file; - reads it from standard input.")],
    control: Annotated[
        str, typer.Option(help="URL of its control process; on this machine port 8080 unless named.")
    ] = "",
    rest: Annotated[
        str, typer.Option(help="URL of its doors for HTTP, such as http://localhost:8081; unknown unless named.")
    ] = "",
    authority: Annotated[
        Path | None,
        typer.Option(help="If the gateway's port takes TLS: the authority to trust, a file of certificates."),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Makes a run folder for an exchange elsewhere, so that the other commands work on it.

    The exchange runs in containers or on servers; nothing is started. The run folder gets a copy of the credentials
    (mode 0600) and the present public keys of the ledger. Then `ndxp status`, `call`, `log`, `load`, `demo --target`
    and the rest work as with a local exchange. When a folder is attached again, the ledger's keys must be the same, or
    the same and newer ones; otherwise nothing is changed. The command sends the operator's secret to control: for
    another machine, give its URL.

    Examples: `docker compose exec -T control cat credentials.json | ndxp attach localhost:50051 --credentials -`;
    `ndxp attach localhost:50443 --authority ca.crt --credentials credentials.json`
    """
    try:
        host = Address.parse(gateway).host
    except ValueError as error:
        raise plan.PlanFailed(_("no HOST:PORT, such as localhost:50051: {error}", error=error)) from error
    before = State.read(folder)
    if (before is not None and not before.attached) or (before is None and (folder / "credentials.json").exists()):
        raise plan.PlanFailed(_("{folder} is the run folder of an exchange: name another with --folder", folder=folder))
    if not (control or loopback(gateway)):
        raise plan.PlanFailed(
            _(
                "the operator's secret would go to {host} where it can be read on the way; name control's URL, "
                "--control https://..., or --control http://{address} if only you listen on that network",
                host=host,
                address=Address(host, 8080),
            )
        )
    if rest and not rest.startswith(("http://", "https://")):
        raise plan.PlanFailed(
            _("--rest {url}: give a URL with http:// or https://, such as http://localhost:8081", url=rest)
        )
    secrets, secret = _secrets(credentials)
    folder = folder.resolve()
    control_url = control.rstrip("/") or f"http://{Address(host, 8080)}"
    state = State(str(folder), gateway, control_url, [], attached=True, rest_url=rest.rstrip("/"))
    if not state.alive():
        raise NoSandbox(_("the exchange does not answer at {gateway}", gateway=gateway))
    trusted = _trusted(authority, gateway) if authority else b""
    api = AdminApi(state, secret)
    keys, members = api.get("/ledger/keys")["keys"], len(api.get("/members"))
    _compare(folder / "ledger-keys", keys)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(folder / "ledger-keys", "".join(f"{key}\n" for key in keys))
    state.write()
    _keep(state.credentials, secrets)
    (state.tls_folder / FRONT).unlink(missing_ok=True)
    if trusted:
        state.tls_folder.mkdir(mode=0o700, exist_ok=True)
        _keep(state.tls_folder / FRONT, trusted.decode())
    for trouble in doors.waiting(state):
        complain(trouble)
    if as_json:
        print_json(
            {"gateway": state.gateway, "control": state.control_url, "rest_url": state.rest_url, "folder": state.folder,
             "members": members}
        )  # fmt: skip
    else:
        console.print(
            _(
                "Attached {folder} to the exchange at {gateway}, with {members}.",
                folder=folder,
                gateway=gateway,
                members=count(members, "member"),
            )
        )
        next_ones = f"`ndxp status`, `ndxp demo --target {gateway}`, `ndxp load run ndxp-average --duration 60`"
        console.print(_("Next: {commands}", commands=next_ones))


def _secrets(credentials: str) -> tuple[str, str]:
    """The content of a credentials file and the operator's secret; raises TokenRefused when the secret is missing."""
    try:
        data = sys.stdin.buffer.read() if credentials == "-" else Path(credentials).read_bytes()
        text = data.decode("utf-8-sig")
        known = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise TokenRefused(
            _("cannot read credentials from {path}: {error}", path=credentials, error=type(error).__name__)
        ) from error
    if not isinstance(known, dict) or _ADMIN not in known:
        raise TokenRefused(
            _(
                "{path} has no entry {name!r}; give the file of the control process's run folder",
                path=credentials,
                name=_ADMIN,
            )
        )
    return text, str(known[_ADMIN])


def _trusted(authority: Path, gateway: str) -> bytes:
    """The content of an authority's file; raises PlanFailed unless the gateway's certificate comes from it."""
    at = Address.parse(gateway)
    try:
        content = authority.read_bytes()
        with socket.create_connection((at.host, at.port), timeout=_PATIENCE) as plain:
            trust(content).wrap_socket(plain, server_hostname=at.host).close()
    except (OSError, ValueError) as error:
        raise plan.PlanFailed(
            _(
                "{gateway} does not talk TLS with a certificate that {authority} vouches for: {error}",
                gateway=gateway,
                authority=authority,
                error=error,
            )
        ) from error
    return content


def _compare(file: Path, keys: list[str]) -> None:
    """Raises PlanFailed when the public keys of the ledger do not continue those in the file."""
    before = file.read_text(encoding="utf-8").split() if file.exists() else []
    if keys[: len(before)] != before:
        raise plan.PlanFailed(
            _(
                "the ledger's keys are not those in {file}: it is another exchange, which needs another --folder, or "
                "somebody has replaced the ledger",
                file=file,
            )
        )


def _keep(file: Path, content: str) -> None:
    with whole_file(file) as new:
        new.write(content.encode())
