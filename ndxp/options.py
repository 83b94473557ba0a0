"""Options of several commands; ``ndxp load`` and ``loadtest`` share those of a load test."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from ndxp.sandbox.state import FOLDER

Folder = Annotated[
    Path, typer.Option("--folder", envvar="NDXP_FOLDER", help="The run folder of the exchange.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Tls = Annotated[
    bool, typer.Option("--tls", envvar="NDXP_TLS", help="Mutual TLS everywhere, with an authority of its own.")
]
Address = Annotated[
    str,
    typer.Option(help="For browsers of other machines too: the IP address, or the name, at which they reach this one."),
]
Labs = Annotated[
    list[Path] | None,
    typer.Option("--labs", envvar="NDXP_LABS", help="A folder with labs of your own; may be repeated."),
]
DEFAULT_FOLDER = FOLDER


def named(folder: Path) -> str:
    """The option that names a run folder in the next command; nothing for the usual one."""
    return "" if folder == DEFAULT_FOLDER else f" --folder {quote(str(folder))}"


SEED = 2023
START = 100.0
STEP = 12.0
PRECISION = 0.05

Profile = Annotated[str, typer.Argument(help="A profile of `ndxp load profiles`, or a YAML file.")]
CapacityProfile = Annotated[str, typer.Argument(help="The profile for mix and objectives.")]
Rate = Annotated[float | None, typer.Option(min=0.01, help="Mean calls a second, instead of the profile's.")]
Duration = Annotated[float | None, typer.Option(min=1, help="Seconds, instead of the profile's.")]
Slo = Annotated[Path | None, typer.Option("--slo", help="YAML file of objectives, instead of the profile's.")]
Compress = Annotated[float, typer.Option(min=1, help="How many times shorter; a day in 10 minutes is 144.")]
Processes = Annotated[int, typer.Option(min=1, max=64, help="Generator processes.")]
Seed = Annotated[int, typer.Option(help="Seed of arrivals and citizens.")]
Http = Annotated[
    bool, typer.Option("--http", help="Calls in JSON through the doors for HTTP; streams of the profile are left out.")
]
ReportFile = Annotated[Path | None, typer.Option("--report", help="HTML file; the same as JSON beside it.")]
ProgressFile = Annotated[
    Path | None, typer.Option("--progress", help="File for programs: each second as one line of JSON.")
]
Start = Annotated[float, typer.Option(min=1, help="Calls a second of the first step.")]
StepDuration = Annotated[float, typer.Option("--duration", min=2, help="Seconds of each step.")]
Precision = Annotated[float, typer.Option(min=0.01, max=1, help="Relative; the search ends when it is reached.")]
ReportA = Annotated[Path, typer.Argument(metavar="A.json", help="A report.")]
ReportB = Annotated[Path, typer.Argument(metavar="B.json", help="The report to compare with it.")]
