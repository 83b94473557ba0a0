"""Writes a new agency: the template under another name, in a folder of its own or into this repository."""

import keyword
import re
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from ndxp.agency.contract import can_generate, generate
from ndxp.identifiers import Subsystem
from ndxp.tree import TREE

TEMPLATE = Path(__file__).with_name("template")

_NAME = re.compile(r"[a-z](?:_?[a-z0-9]){1,29}")
_RESERVED = frozenset((
    "access_log", "agencies", "collector", "control", "docs", "drills", "envoy", "exchange", "gateway", "grafana",
    "jaeger", "keys", "labs", "load", "load_worker", "loadtest", "ndxp", "operator", "postgres", "prometheus",
    "protos", "recorder", "redis", "scrapers", "services", "store", "supervisor", "template", "tests",
))  # fmt: skip
"""Names that processes, containers or folders of an exchange have."""

OWNER = "VN/GOV/G22"
"""The default member of a new agency: the office of the government."""


class AgencyRefused(ValueError):
    """The agency cannot be written; the text says why."""


def write(name: str, folder: Path, member: str = OWNER) -> list[Path]:
    """Writes an agency of a member into a folder of its own, with the code of its contract; returns its files.

    Raises AgencyRefused for an invalid name or member, a folder that is not empty, and without grpcio-tools.
    """
    _check(name, member)
    if (found := find_spec(name)) is not None and found.origin is not None:
        raise AgencyRefused(f"{name} is the name of a Python module already; take another")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AgencyRefused(f"{folder} is there and not empty; name another folder with --folder")
    if not can_generate():
        raise AgencyRefused("the code of a contract is made with grpcio-tools: pip install 'ndxp[new]'")
    written = _write(name, member, folder, _place_in_own_folder, package="", contracts="")
    generate(folder.resolve())
    return written


def write_into_repository(name: str, root: Path, member: str = OWNER) -> list[Path]:
    """Writes an agency of a member into a checkout; returns its files.

    Raises AgencyRefused for an invalid name or member, and for a name that is there already.
    """
    _check(name, member)
    for package in ("ndxp", "services"):
        if any((root / package / taken).exists() for taken in (name, f"{name}.py")):
            raise AgencyRefused(f"{package}.{name} is there already; take another name")
    written = _write(name, member, root, _place_in_repository, package="services.", contracts="ndxp.")
    above = root / "ndxp" / name / "__init__.py"
    above.write_text(f'"""The contract of the {_spoken(name)}."""\n', encoding="utf-8")
    return [*written, above]


def _check(name: str, member: str) -> None:
    if not _NAME.fullmatch(name):
        raise AgencyRefused(
            f"{name!r} cannot be the name of an agency: 2 to 30 small letters and digits, with _ between words"
        )
    if name in _RESERVED or keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise AgencyRefused(f"{name} cannot be the name of an agency: Python or the exchange has it already")
    try:
        Subsystem.parse(f"{member}/{name.replace('_', '-')}")
    except ValueError as error:
        raise AgencyRefused(f"--member takes a member such as {OWNER}: {error}") from error


def _write(
    name: str, member: str, folder: Path, place: Callable[[Path], Path | None], *, package: str, contracts: str
) -> list[Path]:
    spellings = {
        "from new_agency.v1": f"from {contracts}new_agency.v1",
        "from new_agency": f"from {package}new_agency",
        " new_agency.v1": f" {contracts}new_agency.v1",
        "[new_agency.v1": f"[{contracts}new_agency.v1",
        "protos/new_agency": f"protos/{contracts.replace('.', '/')}new_agency",
        OWNER: member,
        "new_agency": name,
        "new-agency": name.replace("_", "-"),
        "NewAgency": "".join(word.capitalize() for word in name.split("_")),
        "New agency": _spoken(name).capitalize(),
        "new agency": _spoken(name),
    }
    texts = {}
    for path in template_files():
        if placed := place(path):
            target = folder / str(placed).replace("new_agency", name)
            texts[target] = _renamed((TEMPLATE / path).read_text(encoding="utf-8"), spellings)
    for target in texts:
        if target.exists():
            raise AgencyRefused(f"{target} is there already; take another name")
    for target, text in texts.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return list(texts)


def template_files() -> list[Path]:
    """The files of the template, without caches of tools."""
    found = sorted(path.relative_to(TEMPLATE) for path in TEMPLATE.rglob("*") if path.is_file())
    return [path for path in found if not path.parts[0].startswith(".") and "__pycache__" not in path.parts]


def _place_in_own_folder(path: Path) -> Path | None:
    """Where a file of the template is in an agency's own folder; None for sample calls, which only a checkout reads."""
    return None if path.parts[0] == "samples" else path


def _place_in_repository(path: Path) -> Path | None:
    """Where a file of the template is in a checkout; None for one that an agency of the checkout does not need."""
    match path.parts:
        case ("protos", *_):
            return Path("protos", "ndxp", *path.parts[1:])
        case ("new_agency", "v1", *_):
            return Path("ndxp", *path.parts)
        case ("new_agency", "examples.jsonl"):
            return None  # a checkout has sample calls
        case ("new_agency", *_):
            return Path("services", *path.parts)
        case ("samples", *_):
            return Path("ndxp", *path.parts)
        case ("tests", *_):
            return Path("tests", "services", *path.parts[1:])
    return None


def _renamed(text: str, spellings: Mapping[str, str]) -> str:
    """Replaces the template's names by the new ones, and sorts the imports again."""
    for old, new in spellings.items():
        text = text.replace(old, new)
    return re.sub(r"(?m)(?:^from .*\n)+", lambda block: _in_order(block[0]), text)


def _in_order(imports: str) -> str:
    return "".join(sorted(imports.splitlines(keepends=True), key=lambda line: line.split()[1]))


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def is_checkout() -> bool:
    """Whether this is a checkout of the repository and not an installed wheel."""
    return (TREE / "pyproject.toml").is_file()
