"""Help and wrong usage of all commands in the user's language: translated in one place, where typer keeps the texts."""

import inspect
import io
import re
from collections.abc import Iterator
from typing import Any

import typer.core

from ndxp.language import _

EXAMPLES = ("Example:", "Examples:")
"""How the paragraph of a help begins that shows commands: only this word is translated."""

OF_TYPER = (
    "Usage: ", "Arguments", "Options", "Commands", "default: {default}", "required", "env var: {var}",
    "Missing command.", "No such command {name!r}.", "Aborted!", "Show this message and exit.", "[OPTIONS]",
    "COMMAND [ARGS]...",
)  # fmt: skip
"""The texts of typer itself that a user meets in a help."""

COMPLAINTS = (
    "Try '{command}' for help.", "Error: {message}", "Missing argument {name}.", "Missing option {name}.",
    "No such option: {name}", "Invalid value for {name}: {why}", "Did you mean {names}?",
    "(Possible options: {names})",
)  # fmt: skip
"""What typer says of wrong usage, each up to the end of its line."""


def texts(command: Any) -> Iterator[str]:
    """Every text to be translated of a command, its options and its commands."""
    for text in (command.help, command.epilog, *(getattr(option, "help", None) for option in command.params)):
        for paragraph in _paragraphs(text or ""):
            yield next((word for word in EXAMPLES if paragraph.startswith(word)), paragraph)
    for inner in getattr(command, "commands", {}).values():
        yield from texts(inner)


def translated(command: Any) -> Any:
    """The same command with its help, and that of its commands, in the user's language."""
    vars(typer.core)["_"] = _
    usage = command.context_class.formatter_class

    class Formatter(usage):  # type: ignore[misc, valid-type]
        """Writes the line of usage in the user's language."""

        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)

    command.context_class.formatter_class = Formatter
    _translate_complaints(typer.BadParameter.__bases__[0])
    _translate(command)
    return command


def complaint(text: str) -> str:
    """What typer says of wrong usage, in the user's language."""
    for words in COMPLAINTS:
        form = re.escape(words).replace(r"\{", "(?P<").replace(r"\}", ">.+?)")
        if found := re.search(f"{form}$", text, re.MULTILINE):
            text = text.replace(found[0], _(words, **found.groupdict()))
    return text


def _translate_complaints(usage_error: Any) -> None:
    show = usage_error.show

    def told(error: Any, file: Any = None) -> None:
        into = io.StringIO()
        show(error, into)
        typer.echo(complaint(into.getvalue()), file, nl=False, err=True)

    usage_error.show = told


def _translate(command: Any) -> None:
    command.help, command.epilog = _help(command.help), _help(command.epilog)
    for name in ("options_metavar", "subcommand_metavar"):
        if getattr(command, name, None):
            setattr(command, name, _(getattr(command, name)))
    for option in command.params:
        if getattr(option, "help", None):
            option.help = _help(option.help)
    of_help = command.get_help_option

    def help_option(context: Any) -> Any:
        option = of_help(context)
        if option is not None:
            option.help = _("Show this message and exit.")
        return option

    command.get_help_option = help_option
    for inner in getattr(command, "commands", {}).values():
        _translate(inner)


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a help, each on one line."""
    return [" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n")] if text else []


def _help(text: str | None) -> str | None:
    return text and "\n\n".join(map(_paragraph, _paragraphs(text)))


def _paragraph(text: str) -> str:
    word = next((word for word in EXAMPLES if text.startswith(word)), "")
    return _(word) + text.removeprefix(word) if word else _(text)
