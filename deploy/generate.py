"""Writes what containers, charts and README say of each agency, from the agencies' own folders.

``python deploy/generate.py`` writes it; with ``--check`` it only says what would change, and exits with 1 then. What is
generated stands between two comments, "agencies: NAME" and "end of agencies".
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import yaml

from ndxp.agency.parts import FIRST_PORT, Part, read_parts
from ndxp.agency.settings import AgencySettings
from ndxp.sandbox.plan import DIRECTORY

ROOT = Path(__file__).parents[1]
AGENCIES: Sequence[Part] = read_parts(ROOT / "services")

_DIRECTORY_ADDRESS = "control:50060"
_CONTRACT = "ndxp.exchange.v1.ExchangeService"
_SET = ":?make .env first, or copy .env.example to .env and set the passwords"
_PORT = FIRST_PORT
"""Every agency's in containers: each has an address of its own."""


def _password(part: Part) -> str:
    return f"{part.name.upper()}_PASSWORD"


def addresses() -> str:
    """Where the gateways find each subsystem."""
    there = {DIRECTORY: _DIRECTORY_ADDRESS} | {s: f"{part.label}:{_PORT}" for part in AGENCIES for s in part.subsystems}
    return f"x-addresses: &addresses >-\n{_object(there, 2)}"


def handed_out() -> str:
    """The file in which control hands each subsystem its secret."""
    files = {s: f"/handed-out/{part.name}/credentials.json" for part in AGENCIES for s in part.subsystems}
    return f"      NDXP_HANDED_OUT: >-\n{_object(files | {'admin': '/handed-out/operator/credentials.json'}, 8)}"


def handed_out_volumes() -> str:
    """The volumes with these files, as control mounts them."""
    return "".join(f"      - {part.label}-keys:/handed-out/{part.name}\n" for part in AGENCIES)


def services() -> str:
    """A container for each agency."""
    return "\n".join(_service(part) for part in AGENCIES)


def _service(part: Part) -> str:
    url = f"postgresql+psycopg://{part.name}:${{{_password(part)}{_SET}}}@postgres:5432/{part.name}"
    onward = "      NDXP_CONTROL_URL: http://control:8080\n      NDXP_GATEWAY: envoy:50051\n" if part.asks else ""
    return f"""  {part.label}:
    <<: *agency
    command: ["python", "-m", "services", "{part.name}"]
    environment:
      <<: *traces
      NDXP_DATABASE_URL: {url}
      NDXP_ADDRESSES: '{json.dumps({part.subsystems[0]: f"0.0.0.0:{_PORT}"})}'
      NDXP_CREDENTIALS: /run/ndxp/credentials.json
      NDXP_METRICS_ADDRESS: *metrics
{onward}      NDXP_HEALTH: grpc://127.0.0.1:{_PORT}
    volumes: ["{part.label}-keys:/run/ndxp:ro"]
"""


def databases() -> str:
    """The databases that there must be."""
    return f"    command: {json.dumps(['ledger', *(part.name for part in AGENCIES)])}\n"


def database_passwords() -> str:
    """The passwords of their roles."""
    return "".join(f"      {_password(part)}: ${{{_password(part)}{_SET}}}\n" for part in AGENCIES)


def volumes() -> str:
    """A volume with the credentials of each agency."""
    return "".join(f"  {part.label}-keys: {{}}\n" for part in AGENCIES)


def limits() -> str:
    """How much memory all containers may take that run without a profile."""
    allowed = 0
    for service in yaml.safe_load(render("docker-compose.yml"))["services"].values():
        if "profiles" not in service and service.get("restart") == "unless-stopped":
            limit, replicas = service["mem_limit"], service.get("deploy", {"replicas": "1"})["replicas"]
            allowed += int(_default(limit).removesuffix("m")) * int(_default(replicas))
    return f"All containers together may take {allowed:,} MB, with the limits and numbers of `.env.example`.\n"


def _default(value: str) -> str:
    """What a value is when its variable is not set."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)


def example_passwords() -> str:
    """The passwords to be changed."""
    return "".join(f"{_password(part)}=change-me-{number}\n" for number, part in enumerate(AGENCIES, 2))


def folders() -> str:
    """Mount points, whose owner and mode the volumes take."""
    return "".join(f"      /handed-out/{part.name} \\\n" for part in AGENCIES)


def values() -> str:
    """The agencies of the chart."""
    return "".join(
        f"  {part.label}: {{subsystem: {part.subsystems[0]}, program: {part.name}, port: {_PORT}, "
        f"calls: {'true' if part.asks else 'false'}{_more(part.subsystems[1:])}}}\n"
        for part in AGENCIES
    )


def _more(subsystems: Sequence[str]) -> str:
    """The other subsystems that an agency runs as, five a line."""
    lines = [", ".join(subsystems[place : place + 5]) for place in range(0, len(subsystems), 5)]
    return f", more: [\n    {f',{chr(10)}    '.join(lines)}]" if lines else ""


def scraped() -> str:
    """The names that Prometheus asks for addresses."""
    names = ", ".join(["gateway", "rest", "control", "recorder", *(part.label for part in AGENCIES)])
    return f"      - {{names: [{names}], type: A, port: 9464, refresh_interval: 10s}}\n"


def variables() -> str:
    """The settings that agencies have besides those of every agency."""
    own: set[str] = set()
    for part in AGENCIES:
        own |= import_module(f"services.{part.name}").AGENCY.settings.model_fields.keys()
    return "".join(f'    "{name.upper()} "\n' for name in sorted(own - AgencySettings.model_fields.keys()))


def table() -> str:
    """The agencies in README.md."""
    head = "| agency | subsystem | contract | what it does |\n|---|---|---|---|\n"
    return (
        head
        + "".join(
            f"| {part.title[0].lower()}{part.title[1:]} | {_subsystems(part)} | "
            f"{', '.join(map(_link, part.contracts))} | {part.about} |\n"
            for part in AGENCIES
        )
        + f"| the exchange itself | `{DIRECTORY}` | {_link(_CONTRACT)} | members, services, my grants, usage |\n"
    )


def table_vi() -> str:
    """The agencies in README.vi.md."""
    head = "| cơ quan | hệ thống | hợp đồng | chức năng |\n|---|---|---|---|\n"
    return (
        head
        + "".join(
            f"| {part.title_vi} | {_subsystems(part)} | {', '.join(map(_link, part.contracts))} | {part.about_vi} |\n"
            for part in AGENCIES
        )
        + f"| Chính nền tảng | `{DIRECTORY}` | {_link(_CONTRACT)} "
        + "| danh sách thành viên, dịch vụ, quyền của tôi, mức độ sử dụng |\n"
    )


def _subsystems(part: Part) -> str:
    first, *more = part.subsystems
    return f"`{first}`" + (f" (+{len(more)})" if more else "")


def _link(contract: str) -> str:
    package = contract.rpartition(".")[0]
    name = package.split(".")[-2]
    return f"[`{package}`](protos/{package.replace('.', '/')}/{name}.proto)"


def _object(entries: dict[str, str], indent: int) -> str:
    """A JSON object, an entry a line, as the text of a folded YAML scalar."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items()]
    return "\n".join(" " * indent + line for line in ["{", *(line + "," for line in lines[:-1]), lines[-1], "}"]) + "\n"


REGIONS: dict[str, dict[str, Callable[[], str]]] = {
    "docker-compose.yml": {
        "addresses": addresses, "handed out": handed_out, "handed out volumes": handed_out_volumes,
        "services": services, "databases": databases, "database passwords": database_passwords, "volumes": volumes,
    },
    ".env.example": {"passwords": example_passwords},
    "Dockerfile": {"folders": folders},
    "deploy/kubernetes/ndxp/values.yaml": {"values": values},
    "deploy/prometheus/prometheus.yml": {"scraped": scraped},
    "docs/guides/operate.md": {"limits": limits},
    "ndxp/variables.py": {"variables": variables},
    "README.md": {"table": table},
    "README.vi.md": {"table": table_vi},
}  # fmt: skip
"""What is generated: by file, by the name of the place in it."""


def render(file: str) -> str:
    """The file as it should be. Raises ValueError when it lacks a place for what is generated."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for name, make in REGIONS[file].items():
        between = re.compile(rf"(?ms)(^[^\n]*\bagencies: {name}(?: -->)?\n)(.*?)(^[^\n]*\bend of agencies\b)")
        before, begin, _, end, after = [*between.split(text), "", "", ""][:5]  # of no match: all of it, and nothing
        if not end or between.search(after):
            raise ValueError(f"{file} needs the comments 'agencies: {name}' and 'end of agencies', once")
        text = f"{before}{begin}{make()}{end}{after}"
    return text


def main(arguments: Sequence[str]) -> int:
    """Writes, or checks with ``--check``; gives the exit code."""
    stale = [file for file in REGIONS if (ROOT / file).read_text(encoding="utf-8") != render(file)]
    if "--check" in arguments:
        for file in stale:
            sys.stderr.write(f"{file} is stale: make generate\n")
        return 1 if stale else 0
    for file in stale:
        (ROOT / file).write_text(render(file), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
