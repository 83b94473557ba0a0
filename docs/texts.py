"""Keeps the texts of the command and of explanations in Vietnamese: ``python docs/texts.py``.

It finds every text in the code, adds those that ``ndxp/texts/vi.po`` lacks (without a translation), removes those that
nothing uses, and compiles the file for gettext. ``--check`` only says what is not as it should be.
"""

import ast
import string
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import typer
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.nodes import Call, Const, Name

from gateway.rest.failures import TITLES
from loadtest import attribution, checks, compare, origin, page, profiles
from loadtest.outages import NO_ANSWER
from loadtest.report import SYNTHETIC
from ndxp import check
from ndxp.check.result import Rule, Status, WhyNot
from ndxp.cli.__main__ import whole
from ndxp.cli.help import COMPLAINTS, OF_TYPER
from ndxp.cli.help import texts as texts_of_help
from ndxp.description import KINDS
from ndxp.errors import RULES
from ndxp.faults.effects import EFFECTS
from ndxp.language import DOMAIN, FOLDER
from ndxp.samples import Demo, demos
from ndxp.sandbox.calls import NO_CALLS
from ndxp.sandbox.doctor import CHECKS
from ndxp.steps import HOPS

ROOT = Path(__file__).parents[1]
SPEAKING = ("ndxp", "gateway", "console", "loadtest")
"""Folders whose code has texts: of commands, and of what the exchange and a class say to those who ask."""
SOURCE = FOLDER / "vi.po"
COMPILED = FOLDER / "vi" / "LC_MESSAGES" / f"{DOMAIN}.mo"
WIDTH = 120

_TAKES = {
    "_": 0,
    "say": 0,
    "skipped": 1,
    "note": 1,
    "Story": 0,
    "count": 1,
    "counted": 1,
    "must_be_known": 0,
    "must_be_offered": 0,
}
"""Functions that take a text to be translated, and which of their arguments it is."""

_METHODS = ("say", "skipped", "note")
"""Methods that take a text, which is shown to people later: as a load run goes on, why a check was not made, and what
an audit of the ledger has found."""

_ORIGINS = ("client", "gateway", "provider")
"""Where a call can fail, as `ndxp call` names it when no hop is known."""

_BEGUN = datetime(2026, 11, 30, tzinfo=UTC)
"""Stands in the file as its date, so that it changes only with its texts."""

HEADER = """# Texts of the ndxp command in Vietnamese.
# Translate what is between msgstr's quotation marks, then run: python docs/texts.py"""


def used() -> set[str]:
    """Every text that a user of the command may read, in English."""
    found = {NO_CALLS, *OF_TYPER, *COMPLAINTS, *_ORIGINS, *KINDS.values()} | set(
        texts_of_help(typer.main.get_command(whole()))
    )
    found |= {rule.remedy for rule in RULES.values()} | {effect.meaning for effect in EFFECTS}
    found |= {*HOPS, *map(str, Status), *map(str, WhyNot), *(text for demo in demos() for text in _texts_of(demo))}
    found |= {text for each in CHECKS for text in (each.name, each.why, each.remedy)}
    found |= {text for rule in _rules() for text in (rule.right, rule.why)}
    found |= {*TITLES.values(), NO_ANSWER, SYNTHETIC, *checks.WORDS, *attribution.WORDS, *compare.WORDS, *origin.WORDS}
    found |= {profiles.load(name).title for name in profiles.names()}
    found |= set(_in_template(page.source()))
    for path in code():
        heads = not path.is_relative_to(ROOT / "console")  # its tables have keys of its own texts
        found |= set(_in_code(ast.parse(path.read_text(encoding="utf-8")), heads))
    return found - {""}


def _rules() -> Iterator[Rule]:
    """The rules by which agencies are checked, each a constant of its module, or one of a table there."""
    for module in iter_modules(check.__path__, f"{check.__name__}."):
        for value in vars(import_module(module.name)).values():
            yield from (each for each in (value.values() if isinstance(value, dict) else [value]) if type(each) is Rule)


def _texts_of(demo: Demo) -> Iterator[str]:
    yield from (demo.title, demo.progress, *(demo.onward or ())[1:])


def code() -> Iterator[Path]:
    """The files that may have texts."""
    for folder in SPEAKING:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "/v1/" not in path.as_posix())


def translations() -> dict[str, str]:
    """The texts of ``vi.po`` by the English ones."""
    return {str(message.id): str(message.string) for message in _read() if message.id}


def wrong() -> list[str]:
    """What is wrong with the texts, one line each."""
    known, needed = translations(), used()
    lines = [f"no Vietnamese for: {text}" for text in sorted(needed) if not known.get(text)]
    lines += [f"nothing uses: {text}" for text in sorted(known.keys() - needed)]
    with COMPILED.open("rb") as file:
        compiled = GNUTranslations(file)
    for text, vietnamese in sorted(known.items()):
        lines += [f"{fault}: {text}" for fault in _faults(text, vietnamese)] if vietnamese else []
        if vietnamese and compiled.gettext(text) != vietnamese:
            lines.append(f"not compiled: {text}")
    return lines


def shadowed(tree: ast.AST) -> list[str]:
    """The functions that use the name ``_`` for a value and for a text: there the text would call the value."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and {"store", "call"} <= set(_uses(node))
    ]


def main(check: bool) -> int:
    """Writes the files anew, or only looks at them; gives the exit code."""
    if not check:
        _write()
    lines = wrong()
    print("\n".join(lines) or "the Vietnamese texts are complete")  # noqa: T201
    return 1 if lines else 0


def _in_code(tree: ast.AST, heads: bool) -> Iterator[str]:
    """The texts of a file; with ``heads`` those of its tables, too."""
    for node in ast.walk(tree):
        name = _called(node)
        if isinstance(node, ast.Call) and name:
            place = _TAKES.get(name)
            if place is not None and len(node.args) > place:
                yield from _constants(node.args[place])
            elif heads and name == "table" and node.args:
                yield from map(_head, _constants(node.args[0]))
        elif heads and isinstance(node, ast.Assign) and any(_is_columns(target) for target in node.targets):
            yield from map(_head, _constants(node.value))


def _in_template(source: str) -> Iterator[str]:
    """The texts of a template."""
    for call in Environment(autoescape=True).parse(source).find_all(Call):
        if isinstance(call.node, Name) and call.node.name == "_" and isinstance(call.args[0], Const):
            yield call.args[0].value


def _called(node: ast.AST) -> str:
    """The name of a function that is called, or of a method that takes a text."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr if node.func.attr in _METHODS else ""
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _constants(node: ast.expr) -> Iterator[str]:
    for part in node.elts if isinstance(node, ast.Tuple) else [node]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _is_columns(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.casefold().endswith("columns")


def _head(name: str) -> str:
    """The head of a column, as ``ndxp.terminal.table`` shows it."""
    return name.rstrip("#")


def _uses(function: ast.AST) -> Iterator[str]:
    """How a function uses the name ``_``; a comprehension or an inner function sets its own, and may call this one."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store):
            yield "store"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            yield "call"
        own = ast.FunctionDef | ast.AsyncFunctionDef | ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp
        yield from (use for use in _uses(node) if use == "call" or not isinstance(node, own))


def _faults(text: str, vietnamese: str) -> Iterator[str]:
    """What is wrong with one translation."""
    if _places(text) != _places(vietnamese):
        yield "other values in braces"
    if "\ufffd" in vietnamese or unicodedata.normalize("NFC", vietnamese) != vietnamese:
        yield "damaged letters"
    if vietnamese.count("?") > text.count("?"):
        yield "a question mark in place of a letter"
    if text.startswith("\n") != vietnamese.startswith("\n") or text[-1:].isspace() != vietnamese[-1:].isspace():
        yield "other spaces at its ends"
    words = [word for word in vietnamese.split() if word.isalpha()]
    if len(words) > 2 and vietnamese != text and vietnamese.isascii():
        yield "no diacritics"
    if text.count("`") != vietnamese.count("`"):
        yield "other commands"


def _places(text: str) -> list[str]:
    """The values in braces, which may be formatted otherwise; texts with other braces, such as JSON, have none."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return []
    return sorted(f"{name}!{conversion or ''}" for _, name, _, conversion in parts if name is not None)


def _read() -> Catalog:
    with SOURCE.open("rb") as file:
        return read_po(file, locale="vi", domain=DOMAIN)


def _write() -> None:
    known = translations() if SOURCE.exists() else {}
    made = Catalog(
        locale="vi", domain=DOMAIN, header_comment=HEADER, project="ndxp", version="1", fuzzy=False,
        creation_date=_BEGUN, revision_date=_BEGUN, msgid_bugs_address="", last_translator="", language_team="",
    )  # fmt: skip
    for text in sorted(used()):
        made.add(text, known.get(text, ""))
        made[text].flags.clear()  # they are for Python's other ways to format
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    with SOURCE.open("wb") as file:
        write_po(file, made, width=WIDTH, sort_output=True)
    with COMPILED.open("wb") as compiled:
        write_mo(compiled, made)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
