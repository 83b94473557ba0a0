"""The ``ndxp`` command: collects the subcommands, and turns an error into one line and an exit code."""

import atexit
import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module

import typer

from ndxp import __version__
from ndxp.cli.terminal import prepare
from ndxp.language import LanguageUnknown, _, spoken, use, wanted
from ndxp.terminal import complain, remark
from ndxp.variables import unknown_variables

COMMANDS = {
    "run": ("up", "down", "status"), "attach": ("attach",), "console": ("console",), "doctor": ("doctor",),
    "member": ("members", "token", "member", "keys"), "services": ("services",), "directory": ("protos", "grants"),
    "service": ("service",), "new": ("new",), "rights": ("can",), "quota": ("quota",), "fault": ("fault",),
    "people": ("people",), "call": ("call",), "check": ("check",), "clock": ("clock",), "dossier": ("dossier",),
    "ledger": ("explain", "stats", "log"), "load": ("load",), "lab": ("lab",), "classroom": ("class",),
    "stories": ("demo",),
}  # fmt: skip
"""The modules of this package with the commands of each, in the order of the help. A command line loads one of them."""

_EPILOG = "Start with `ndxp up -d`, then `ndxp people`, `ndxp call --help`; or watch everything at once: `ndxp demo`."
_DEBUG = "--debug"
_LONGEST = 300


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ndxp {__version__}")
        raise typer.Exit


def options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
    ),
    debug: bool = typer.Option(False, _DEBUG, help="Show where in the program a command failed."),
) -> None:
    """A simulated National Data Exchange Platform. Every person in it is synthetic."""
    for line in unknown_variables(os.environ):
        complain(line)


def whole() -> typer.Typer:
    """The command with all its subcommands."""
    return gather(COMMANDS)


def needed(words: Iterable[str]) -> list[str]:
    """The modules for a command line: the one that has its command, or all when it names none that there is."""
    command = next((word for word in words if not word.startswith("-")), "")
    return [module for module, commands in COMMANDS.items() if command in commands] or list(COMMANDS)


def gather(modules: Iterable[str]) -> typer.Typer:
    """The command with the subcommands of some modules."""
    app = typer.Typer(
        name="ndxp",
        help="A simulated National Data Exchange Platform. Every person in it is synthetic.",
        epilog=_EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(options)
    for module in modules:
        commands: typer.Typer = import_module(f"ndxp.cli.{module}").app
        app.registered_commands += commands.registered_commands
        app.registered_groups += commands.registered_groups
    return app


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
    except (BrokenPipeError, KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        if _expected(error):
            complain(str(error))
        elif _DEBUG in sys.argv:
            for line in traceback.format_exc().splitlines():
                remark(line)
        else:
            advice = _("`ndxp --debug ...` shows where, `ndxp doctor` looks at the exchange")
            complain(f"{_describe(error)}; {advice}")
        sys.exit(1)


def _run() -> None:
    """Runs the command of the command line, with its help in the user's language."""
    app = gather(needed(sys.argv[1:]))
    if spoken() == "en":
        app()
        return
    from ndxp.cli.help import translated  # whoever reads English does not wait for it

    translated(typer.main.get_command(app))()


def _expected(error: Exception) -> bool:
    """Whether the text of an error is one line for the user."""
    from ndxp.admin import AdminRefused  # these are read when something has failed
    from ndxp.client import TokenRefused
    from ndxp.clock import ClockRefused
    from ndxp.faults.scenario import ScenarioRefused
    from ndxp.labs.text import LabRefused
    from ndxp.proxies import ProxyUnusable
    from ndxp.sandbox.life import StartFailed
    from ndxp.sandbox.plan import PlanFailed
    from ndxp.sandbox.state import NoSandbox
    from ndxp.scaffold.agency import AgencyRefused
    from ndxp.subject import SubjectKeyMissing

    refusals = (
        AdminRefused, AgencyRefused, ClockRefused, LabRefused, NoSandbox, PlanFailed, ProxyUnusable, ScenarioRefused,
        StartFailed, SubjectKeyMissing, TokenRefused,
    )  # fmt: skip
    return isinstance(error, refusals)


def _describe(error: Exception) -> str:
    """An unexpected error in one line, without a traceback."""
    import grpc

    from ndxp.wire import status

    if isinstance(error, grpc.RpcError):
        failure = status.decode(error)
        return f"{failure.code.name}: {failure.message}"[:_LONGEST]
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"[:_LONGEST]
    return f"{type(error).__name__}: {error}".partition("\n")[0][:_LONGEST]


if __name__ == "__main__":
    main()
