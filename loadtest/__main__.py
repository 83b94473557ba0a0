"""The load test as a command: run, capacity, profiles, compare. ``ndxp load`` starts it and has the help."""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec
import typer
from rich.console import Console

from loadtest import compare as comparison
from loadtest import printing, profiles, report, trial
from loadtest.profiles import BadProfile
from loadtest.report import Report
from loadtest.slo import BadSlo
from loadtest.traffic import Plan, TrafficFailed
from loadtest.trial import GatewayUnreachable
from loadtest.verdict import Exit
from ndxp import options
from ndxp.admin import AdminRefused
from ndxp.client import TokenRefused
from ndxp.language import LanguageUnknown, _, speaking, use, wanted
from ndxp.sandbox.state import NoSandbox
from ndxp.terminal import complain

app = typer.Typer(name="loadtest", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
console = Console(highlight=False)


@app.command()
def run(
    profile: options.Profile,
    rate: options.Rate = None,
    duration: options.Duration = None,
    compress: options.Compress = 1.0,
    slo: options.Slo = None,
    processes: options.Processes = 1,
    seed: options.Seed = options.SEED,
    http: options.Http = False,
    report_file: options.ReportFile = None,
    progress: options.ProgressFile = None,
    folder: options.Folder = options.DEFAULT_FOLDER,
    as_json: options.Json = False,
) -> None:
    """Runs a profile once, and judges the result."""
    plan = Plan(
        profile=profile,
        folder=folder.resolve(),
        rate=rate,
        duration=duration,
        compress=compress,
        slo=slo,
        processes=processes,
        seed=seed,
        http=http,
    )
    _check_place(report_file)
    with _written(progress) as into:
        found = trial.run(plan, quiet=as_json, progress=into)
    _finish(found, report_file, as_json=as_json)


@app.command()
def capacity(
    profile: options.CapacityProfile = "capacity",
    start: options.Start = options.START,
    duration: options.StepDuration = options.STEP,
    precision: options.Precision = options.PRECISION,
    slo: options.Slo = None,
    processes: options.Processes = 1,
    seed: options.Seed = options.SEED,
    http: options.Http = False,
    report_file: options.ReportFile = None,
    folder: options.Folder = options.DEFAULT_FOLDER,
    as_json: options.Json = False,
) -> None:
    """Searches for the highest rate that meets the objectives."""
    plan = Plan(
        profile=profile, folder=folder.resolve(), duration=duration, slo=slo, processes=processes, seed=seed, http=http
    )
    _check_place(report_file)
    found = trial.find_capacity(plan, start=start, precision=precision, quiet=as_json)
    _finish(found, report_file, as_json=as_json)


@app.command("profiles")
def list_profiles(as_json: options.Json = False) -> None:
    """Lists the profiles with their sources."""
    found = [profiles.load(name) for name in profiles.names()]
    if as_json:
        _print_json([{**msgspec.to_builtins(one), "mean_rate": one.mean_rate} for one in found])
    else:
        printing.print_profiles(console, found)


@app.command()
def compare(a: options.ReportA, b: options.ReportB, as_json: options.Json = False) -> None:
    """Compares two reports."""
    before, after = _read(a), _read(b)
    if as_json:
        with speaking(trial.REPORTS):
            _print_json(comparison.compare(before, after))
    else:
        printing.print_comparison(console, comparison.compare(before, after))


def _written(file: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    """The file for the progress, opened before the run."""
    try:
        return nullcontext() if file is None else file.open("wb")
    except OSError as error:
        raise _unwritable(file, error.strerror) from error


def _check_place(file: Path | None) -> None:
    """Checks before the run that the report can be written."""
    if file is None:
        return
    try:
        if not file.resolve().parent.is_dir():
            raise _unwritable(file, _("there is no folder {folder}", folder=file.resolve().parent))
        for place in [file] if file.is_dir() else _places(file):
            if place.is_dir():
                raise _unwritable(place, _("it is a folder"))
            if place.is_file():  # not a pipe: opening it would wait for its reader, and closing would end the reader
                place.open("ab").close()
        TemporaryFile(dir=file.resolve().parent).close()
    except OSError as error:
        raise _unwritable(file, error.strerror) from error
    except RuntimeError as error:  # a link to itself, up to Python 3.12
        raise _unwritable(file, error) from error


def _unwritable(file: Path | None, why: object) -> BadProfile:
    return BadProfile(_("{file} cannot be written: {why}", file=file, why=why))


def _places(file: Path) -> tuple[Path, Path]:
    """The HTML page and its JSON file: one of these endings is replaced by the other; other endings stay (run-1.5)."""
    name = file.stem if file.suffix in (".html", ".json") else file.name
    return file.with_name(f"{name}.html"), file.with_name(f"{name}.json")


def _finish(found: Report, file: Path | None, *, as_json: bool) -> None:
    data = report.encode(found)
    if as_json:
        sys.stdout.write(f"{data.decode()}\n")
    else:
        printing.print_report(console, found)
    if file is not None:
        from loadtest import page  # it brings matplotlib, whose import takes longer than all others together

        html, beside = _places(file)
        try:
            html.write_text(page.render(found), encoding="utf-8")
            beside.write_bytes(data)
        except OSError as error:
            complain(_("the report cannot be written: {error}", error=error))
            raise typer.Exit(Exit.FAILED) from None
        if not as_json:
            console.print(_("Report: {html} and {json}", html=html, json=beside), markup=False)
    raise typer.Exit(found.verdict.exit_code)


def _read(file: Path) -> Report:
    try:
        return report.read(file)
    except (OSError, msgspec.DecodeError) as error:
        raise BadProfile(_("{file} is no report of a load test: {error}", file=file, error=error)) from error


def _print_json(data: Any) -> None:
    sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(data)).decode()}\n")


def main() -> None:
    """Exit codes: 0 passed, 1 failed, 2 usage, 97 not reconciled, 98 invalid, 99 objectives missed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as with Ctrl-C: the generator is stopped
    with suppress(LanguageUnknown):  # `ndxp load` has said so
        use(wanted(os.environ))
    try:
        app()
    except (BadProfile, BadSlo) as error:
        complain(str(error))
        sys.exit(Exit.USAGE)
    except (AdminRefused, GatewayUnreachable, NoSandbox, TokenRefused, TrafficFailed) as error:
        complain(str(error))
        sys.exit(Exit.FAILED)
    except (BrokenPipeError, KeyboardInterrupt, typer.Abort):
        sys.exit(130)


if __name__ == "__main__":
    main()
