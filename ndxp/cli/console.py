"""The command that opens the console, and starts it when none runs."""

import os
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Address, Folder, Json
from ndxp.sandbox import plan
from ndxp.sandbox.console import TICKET_LIFE, Console, Role, secret_of
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.state import State
from ndxp.terminal import console as terminal
from ndxp.terminal import print_json
from ndxp.tree import environment

app = typer.Typer()

_PATIENCE = 60.0
_LOOK_AGAIN = 0.05


@app.command()
def console(
    folder: Folder = DEFAULT_FOLDER,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Its port; 8082 unless named, 0 for free.")] = None,
    role: Annotated[Role, typer.Option(help="What it may do: viewer, auditor or operator.")] = "operator",
    address: Address = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
    as_json: Json = False,
) -> None:
    """Opens the console: pages that show the exchange in a browser.

    It starts the console, until Ctrl-C, when none runs (`ndxp up --console`). Only this machine can reach it; with
    --address others can, and it has TLS. The URL lets one browser in, once and within ten minutes; the command prints a
    new one each time.

    Examples: `ndxp console`; `ndxp console --no-browser --role viewer`; `ndxp console --address 192.168.1.20`
    """
    folder = folder.resolve()
    if (found := Console.running(folder)) is not None:
        elsewhere = bool(address) and found.host != plan.host_of(address)
        if found.role != role or elsewhere or port not in (None, 0, urlsplit(found.url).port):
            raise plan.PlanFailed(
                _(
                    "the console of {folder} runs already, at {url} for the {role}; stop it first",
                    folder=folder,
                    url=found.url,
                    role=found.role,
                )
            )
        _show(found, folder, browser, as_json)
        return
    State.running(folder)
    secret_of(folder, role)
    planned = plan.console_process(folder, port, role, address=address)
    log = folder / "logs" / "console.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as written:
        process = subprocess.Popen(  # noqa: S603
            planned.command,
            env={**environment(), **planned.environment},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        _show(_started(process, folder, log), folder, browser, as_json)
        if code := process.wait():
            raise StartFailed(_("the console ended with {code}; see {log}", code=code, log=log))
    except KeyboardInterrupt:
        terminal.print(_("Stopping the console."))
    finally:
        process.terminate()
        process.wait()


def _started(process: "subprocess.Popen[bytes]", folder: Path, log: Path) -> Console:
    """The console, once it answers. Raises StartFailed."""
    deadline = time.monotonic() + _PATIENCE
    while (found := Console.running(folder)) is None or found.pid != process.pid:
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise StartFailed(lines[-1] if lines else _("the console did not start; see {log}", log=log))
        time.sleep(_LOOK_AGAIN)
    return found


def _show(found: Console, folder: Path, browser: bool, as_json: bool) -> None:
    url = found.url_with_ticket(folder)
    if as_json:
        print_json({"console_url": url, "role": found.role})
    else:
        terminal.print(_("The console is at {url}", url=url), soft_wrap=True)
        terminal.print(
            _(
                "This URL works once, for {ticket_life} minutes; `ndxp console` prints a new one.",
                ticket_life=TICKET_LIFE // 60,
            )
        )
    if browser and (sys.platform != "linux" or os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}):
        webbrowser.open(url)
