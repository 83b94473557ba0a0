"""Writes the reference pages (errors, settings, faults, command) from the code: ``python docs/generate.py``."""

import ast
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from console.settings import ConsoleSettings
from gateway.settings import ControlSettings, GatewaySettings, RecorderSettings, RestSettings, StoreSettings
from ndxp.agency.parts import read_parts
from ndxp.agency.settings import AgencySettings
from ndxp.cli.__main__ import whole
from ndxp.errors import RULES
from ndxp.faults.effects import EFFECTS
from ndxp.faults.scenario import all_scenarios
from ndxp.language import Language
from ndxp.process import ProcessSettings

HERE = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = ("en", "vi")
SERVICES = HERE.parent / "services"

ERRORS = """# Reasons for refusal

Every refusal of the exchange carries `google.rpc.ErrorInfo` with domain `ndxp`, the reason, the hop and the remedy,
`LocalizedMessage` in Vietnamese, and `RetryInfo` where waiting helps. `x-ndxp-error-origin` says whether the gateway or
the provider spoke. A provider's own errors pass through untouched, with the provider's contract as domain.

Exit codes of `ndxp`: 0 ok, 1 failed, 2 wrong usage; `ndxp call` exits with 64 + the number of the gRPC code.
"""

SETTINGS = """# Settings

Every process reads its `NDXP_*` variables once, at its start. `ndxp up` sets what its processes need. Objects are JSON.
A variable that nothing reads, a misspelt one perhaps, is named in the log of the process and by every command.
"""

TRACES = """
## Traces

Of every process that makes or answers calls, and of a member's own with the SDK, where `ndxp[otel]` is installed. The
variables are OpenTelemetry's; an empty one counts as not set ([traces](guides/traces.md)).

| variable | default | meaning |
|---|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT` | | A collector, `http://host:4317`, OTLP over gRPC; switches traces on. |
| `OTEL_TRACES_EXPORTER` | | `otlp` switches them on too, to `http://localhost:4317`; `none` switches them off. |
| `OTEL_SDK_DISABLED` | `false` | `true` switches them off. |
| `OTEL_TRACES_SAMPLER` | `parentbased_always_on` | Which traces are kept; with a ratio in `OTEL_TRACES_SAMPLER_ARG`. |
| `OTEL_SERVICE_NAME` | the subsystem, or `ndxp-gateway` | Name of the process in traces, whatever it runs as. |
| `OTEL_RESOURCE_ATTRIBUTES` | | More about the process, `name=value,...`. |
| `OTEL_EXPORTER_OTLP_TIMEOUT` | `3` | Seconds that an export may take, the last one of a process too. |
| `OTEL_BSP_MAX_QUEUE_SIZE` | `2048` | Spans that wait to be sent; the oldest fall out. |
| `OTEL_BSP_SCHEDULE_DELAY` | `5000` | Milliseconds that they wait at most. |
"""

DECISIONS = """# Decisions

Why the project is as it is. A decision says what made it necessary, what was chosen, and what follows. One that is not
in force any more stays, and says what took its place.

| | decision | date | status |
|---|---|---|---|
"""

_STATE = re.compile(r"Decided (\d{4}-\d\d-\d\d)\. Status: (.*?)\.(?: .*)?")

FAULTS = """# Effects and scenarios of faults

What a fault that is set on purpose can do to a call, and the scenarios that come with the exchange ([how to use
them](guides/faults.md), [what callers see of each](faults.md)).

## Effects

Several are one text, with commas between: `delay=2s, code=UNAVAILABLE`. A time is `250ms`, `2s`, `10m` or `1h`.
`ndxp fault effects` shows the same.
"""

COMMANDS = """# The ndxp command

`--help` says the same. Exit codes: 0 ok, 1 failed, 2 wrong usage; `call` exits with 64 + the gRPC code.
"""


def errors() -> str:
    """Every reason, as ``ndxp/errors.py`` has it."""
    rows = [
        f"| {reason} | {rule.code.name} | {rule.hop} | {rule.meaning} | {rule.remedy} | {rule.meaning_vi} |"
        for reason, rule in RULES.items()
    ]
    head = "| reason | code | hop | meaning | what to do | tiếng Việt |\n|---|---|---|---|---|---|\n"
    return f"{ERRORS}\n{head}{chr(10).join(rows)}\n"


def settings() -> str:
    """Every setting with its default and docstring."""
    chapters = (
        ("Every process", ProcessSettings),
        ("Gateway and control", StoreSettings),
        ("Gateway", GatewaySettings),
        ("Doors for HTTP", RestSettings),
        ("Control and recorders", RecorderSettings),
        ("Control", ControlSettings),
        ("Console", ConsoleSettings),
        ("Agencies", AgencySettings),
        *((part.title, import_module(f"services.{part.name}").AGENCY.settings) for part in read_parts(SERVICES)),
    )
    shown = [(title, cls) for title, cls in chapters if cls is not AgencySettings or title == "Agencies"]
    return SETTINGS + "".join(f"\n## {title}\n\n{_variables(cls)}" for title, cls in shown) + TRACES


def faults() -> str:
    """Every effect, and every scenario with its story in both languages."""
    effects = "".join(f"| `{effect.form}` | {effect.meaning} |\n" for effect in EFFECTS)
    parts = [f"{FAULTS}\n| effect | what it does |\n|---|---|\n{effects}\n## Scenarios\n"]
    for told in all_scenarios():
        rules = "".join(f"- `{fault['do']}`: {fault['note']}\n" for fault in told.faults)
        texts = "\n\n".join(
            f"**{told.title[language]}.** {told.story[language]} {told.watch[language]}" for language in LANGUAGES
        )
        parts.append(f"### {told.name}\n\n{texts}\n\n{rules}")
    return "\n".join(parts)


def commands() -> str:
    """Every command with its arguments and options."""
    parts = [COMMANDS]
    app = whole()
    for words in _walk((), typer.main.get_command(app)):
        shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "100"}, prog_name="ndxp")
        parts.append(f"## {' '.join(('ndxp', *words))}\n\n```\n{shown.output.strip()}\n```\n")
    return "\n".join(parts)


def decisions() -> str:
    """Every decision with its date and status."""
    rows = []
    for path in sorted((HERE / "decisions").glob("[0-9]*.md")):
        title, _, state, *_ = path.read_text(encoding="utf-8").splitlines()
        found = _STATE.fullmatch(state)
        if found is None:
            raise ValueError(f"{path.name}: the third line must say 'Decided YYYY-MM-DD. Status: ...'")
        rows.append(f"| [{path.name[:4]}]({path.name}) | {title.removeprefix('# ')} | {found[1]} | {found[2]} |\n")
    return DECISIONS + "".join(rows)


def _variables(cls: type[BaseSettings]) -> str:
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - what getsource gives of a class
    rows = []
    for node, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(after, ast.Expr):
            name = node.target.id
            meaning = " ".join(str(ast.literal_eval(after.value)).split())
            rows.append(f"| `NDXP_{name.upper()}` | {_default(cls, name)} | {meaning} |\n")
    return f"| variable | default | meaning |\n|---|---|---|\n{''.join(rows)}"


def _default(cls: type[BaseSettings], name: str) -> str:
    default = cls.model_fields[name].default
    if isinstance(default, Path) and default.is_relative_to(HERE.parent):
        return f"`{default.relative_to(HERE.parent)}`"
    return f"`{default}`" if default not in ("", {}) else ""


def _walk(words: tuple[str, ...], command: Any) -> list[tuple[str, ...]]:
    inner = getattr(command, "commands", {})
    return [words, *(found for name in sorted(inner) for found in _walk((*words, name), inner[name]))]


PAGES = {
    "errors.md": errors,
    "settings.md": settings,
    "effects.md": faults,
    "commands.md": commands,
    "decisions/README.md": decisions,
}
"""The generated pages and what renders them."""

if __name__ == "__main__":
    for page, render in PAGES.items():
        (HERE / page).write_text(render(), encoding="utf-8")
