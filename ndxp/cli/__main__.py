"""The ``ndxp`` command: collects the subcommands, and turns an error into one line and an exit code."""

import atexit
import gc
import os
import signal
import sys
import traceback

import grpc
import typer

from ndxp import __version__
from ndxp.admin import AdminRefused
from ndxp.cli import (
    attach,
    call,
    check,
    clock,
    console,
    demo,
    directory,
    doctor,
    dossier,
    fault,
    lab,
    ledger,
    load,
    member,
    new,
    people,
    quota,
    rights,
    run,
    service,
    services,
    subscriptions,
)
from ndxp.cli.stories import exam, land, life_event, stays
from ndxp.cli.terminal import prepare
from ndxp.client import TokenRefused
from ndxp.clock import ClockRefused
from ndxp.faults.scenario import ScenarioRefused
from ndxp.labs.text import LabRefused
from ndxp.language import LanguageUnknown, _, spoken, use, wanted
from ndxp.proxies import ProxyUnusable
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.sandbox.state import NoSandbox
from ndxp.scaffold.agency import AgencyRefused
from ndxp.subject import SubjectKeyMissing
from ndxp.terminal import complain, remark
from ndxp.variables import unknown_variables
from ndxp.wire import status

app = typer.Typer(
    name="ndxp",
    help="A simulated National Data Exchange Platform. Every person in it is synthetic.",
    epilog="Start with `ndxp up -d`, then `ndxp people`, `ndxp call --help`; or watch everything at once: `ndxp demo`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (
    run.app, attach.app, console.app, doctor.app, member.app, services.app, directory.app, service.app, new.app,
    rights.app, quota.app, fault.app, people.app, call.app, check.app, clock.app, dossier.app, ledger.app, load.app,
    lab.app, demo.app,
):  # fmt: skip
    app.registered_commands += commands.registered_commands
    app.registered_groups += commands.registered_groups
directory.grants_app.registered_commands += subscriptions.app.registered_commands
for story in (life_event.app, land.app, exam.app, stays.app):
    demo.group.registered_commands += story.registered_commands


_REFUSED = (
    AdminRefused, AgencyRefused, ClockRefused, LabRefused, NoSandbox, PlanFailed, ProxyUnusable, ScenarioRefused,
    StartFailed, SubjectKeyMissing, TokenRefused,
)  # fmt: skip
"""Expected errors, whose text is one line for the user."""

_DEBUG = "--debug"
_LONGEST = 300


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ndxp {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
    ),
    debug: bool = typer.Option(False, _DEBUG, help="Show where in the program a command failed."),
) -> None:
    """A simulated National Data Exchange Platform. Every person in it is synthetic."""
    for line in unknown_variables(os.environ):
        complain(line)


def main() -> None:
    """Runs a command. Exit codes: 0 ok, 1 failed, 2 wrong usage, 64 + the gRPC code of a failed call."""
    prepare()
    atexit.register(gc.freeze)  # a command ends sooner when Python does not look through its objects once more
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as with Ctrl-C: started processes are stopped
    os.umask(0o077)  # files of a command (records, proofs, reports, credentials) are private
    try:
        use(wanted(os.environ))
    except LanguageUnknown as error:
        complain(str(error))
    try:
        _run()
    except _REFUSED as error:
        complain(str(error))
        sys.exit(1)
    except (BrokenPipeError, KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        if _DEBUG in sys.argv:
            for line in traceback.format_exc().splitlines():
                remark(line)
        else:
            advice = _("`ndxp --debug ...` shows where, `ndxp doctor` looks at the exchange")
            complain(f"{_describe(error)}; {advice}")
        sys.exit(1)


def _run() -> None:
    """Runs the command of the command line, with its help in the user's language."""
    if spoken() == "en":
        app()
        return
    from ndxp.cli.help import translated  # whoever reads English does not wait for it

    translated(typer.main.get_command(app))()


def _describe(error: Exception) -> str:
    """An unexpected error in one line, without a traceback."""
    if isinstance(error, grpc.RpcError):
        failure = status.decode(error)
        return f"{failure.code.name}: {failure.message}"[:_LONGEST]
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"[:_LONGEST]
    return f"{type(error).__name__}: {error}".partition("\n")[0][:_LONGEST]


if __name__ == "__main__":
    main()
