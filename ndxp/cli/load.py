"""Commands of the load test: load run, capacity, profiles, compare; each starts ``python -m loadtest``."""

import importlib.util
import shlex
import signal
import subprocess

import typer

from ndxp import options, tree
from ndxp.language import _
from ndxp.terminal import complain, show_path

app = typer.Typer()
load_app = typer.Typer(
    help="Tests the exchange under load, with a verdict.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(load_app, name="load")

_PACKAGES = ("locust", "hdrh", "matplotlib", "msgspec", "uvloop")


@load_app.command()
def run(
    context: typer.Context,
    profile: options.Profile,
    rate: options.Rate = None,
    duration: options.Duration = None,
    compress: options.Compress = 1.0,
    slo: options.Slo = None,
    processes: options.Processes = 1,
    seed: options.Seed = options.SEED,
    http: options.Http = False,
    report: options.ReportFile = None,
    progress: options.ProgressFile = None,
    folder: options.Folder = options.DEFAULT_FOLDER,
    as_json: options.Json = False,
) -> None:
    """Runs a load profile against the running exchange, and judges the result.

    Calls are sent when they are due, however late the answers are. Afterwards every transaction is compared in the
    generator, the ledger and the agencies' own logs.

    Ctrl-C ends the run early, with a report on what was sent until then; such a run has not passed.

    Exit code 0 passed, 99 an objective was missed, 98 invalid (limited by its own generator), 97 not reconciled.

    Examples: `ndxp load run ndxp-average --duration 60`; `ndxp load run ndxp-peak --report peak.html`;
    `ndxp load run ndxp-2022 --compress 144`; `ndxp load run ndxp-average --http`
    """
    _pass_on(context)


@load_app.command()
def capacity(
    context: typer.Context,
    profile: options.CapacityProfile = "capacity",
    start: options.Start = options.START,
    duration: options.StepDuration = options.STEP,
    precision: options.Precision = options.PRECISION,
    slo: options.Slo = None,
    processes: options.Processes = 1,
    seed: options.Seed = options.SEED,
    http: options.Http = False,
    report: options.ReportFile = None,
    folder: options.Folder = options.DEFAULT_FOLDER,
    as_json: options.Json = False,
) -> None:
    """Searches for the highest rate that meets the objectives.

    It doubles the rate until a step misses them, then halves the interval. It ends by itself after some minutes; after
    Ctrl-C it reports what it found until then.

    Exit code 0 with a figure, 99 when no rate meets the objectives, 98 when the generator was the limit, 97 when the
    books do not agree.

    Examples: `ndxp load capacity`; `ndxp load capacity --start 50 --duration 20 --report capacity.html`
    """
    _pass_on(context)


@load_app.command()
def profiles(context: typer.Context, as_json: options.Json = False) -> None:
    """Lists the load profiles, with the sources of their figures."""
    _pass_on(context)


@load_app.command()
def compare(context: typer.Context, a: options.ReportA, b: options.ReportB, as_json: options.Json = False) -> None:
    """Compares two reports.

    It shows which is better, by how much, and which differences make them hard to compare.

    Example: `ndxp load compare before.json after.json`
    """
    _pass_on(context)


@load_app.command()
def locustfile(as_json: options.Json = False) -> None:
    """Shows the path of the load test's locustfile, for use with Locust's own command.

    Example: `locust -f "$(ndxp load locustfile)" --headless -u 4 -t 60s`
    """
    show_path(tree.LOCUSTFILE, as_json)


def _pass_on(context: typer.Context) -> None:
    """Runs the command in ``loadtest``, which this package does not import; exits with the same code."""
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        complain(
            _("for load tests, {packages} must be installed: pip install 'ndxp[loadtest]'", packages=", ".join(missing))
        )
        raise typer.Exit(1)
    words = _words(context)
    environment = {**tree.environment(), "NDXP_COMMAND": shlex.join(["ndxp", "load", *words])}
    raise typer.Exit(_run(tree.command("loadtest", *words), environment))


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Runs a command and returns its exit code; if a signal ended it, the code that a shell would give.

    The command starts with Ctrl-C ignored and may handle it later; SIGTERM is passed on, and the command decides how
    to end.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a started command inherits this
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603
        signal.signal(signal.SIGINT, before)
        interrupted = False
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                interrupted = True
                process.terminate()
    if code >= 0:
        return code
    return 130 if interrupted else 128 - code


def _words(context: typer.Context) -> list[str]:
    """The command line with the parsed values; options with their default are left out."""
    arguments, options = [], []
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if parameter.param_type_name == "argument":
            arguments.append(_text(value))
        elif value is True:
            options.append(parameter.opts[0])
        elif value not in (None, False, parameter.default):
            options += [parameter.opts[0], _text(value)]
    return [str(context.info_name), *arguments, *options]


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
