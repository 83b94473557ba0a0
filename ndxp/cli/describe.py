"""Prints what a contract says."""

import json
from collections.abc import Iterable, Sequence
from shlex import quote
from typing import Any

from rich.padding import Padding

from ndxp.description import kind_of
from ndxp.language import _
from ndxp.terminal import console, styled, table, visible


def print_service(described: dict[str, Any]) -> None:
    """Prints what ``of_service`` gives."""
    console.print(styled("[bold]{}[/]", described["service"]))
    _print_comment(described["comment"])
    for method in described["methods"]:
        _print_head(method, method["method"].partition("/")[2])


def print_method(described: dict[str, Any]) -> None:
    """Prints what ``of_method`` gives, and the command that sends the example."""
    _print_head(described, described["method"])
    for name, message in described["messages"].items():
        role = {described["request"]: _("request"), described["answer"]: _("answer")}.get(name, "")
        console.print(styled("\n[bold]{}[/]  {}", name, role))
        _print_comment(message["comment"])
        _print_table((f"  {each['name']}", each["type"], each["comment"]) for each in message["fields"])
    for name, enum in described["enums"].items():
        console.print(styled("\n[bold]{}[/]  enum", name))
        _print_comment(enum["comment"])
        _print_table((f"  {each['name']}", each["comment"]) for each in enum["values"])
    example = json.dumps(described["example"], ensure_ascii=False)
    console.print(_("\nA request to be filled in:") if described["to_be_filled_in"] else _("\nAn example:"))
    console.print(f"ndxp call {described['method']} {quote(example)}", soft_wrap=True)


def _print_head(method: dict[str, Any], name: str) -> None:
    kind = kind_of(client_streaming=method["client_streaming"], server_streaming=method["server_streaming"])
    words = ", ".join(filter(None, [_("read only") if method["read_only"] else "", _(kind)]))
    console.print(styled("[bold]{}[/]  {}", name, words))
    _print_comment(method["comment"])


def _print_comment(comment: str) -> None:
    for paragraph in filter(None, comment.split("\n\n")):
        console.print(Padding(visible(paragraph), (0, 0, 0, 2), expand=False))


def _print_table(rows: Iterable[Sequence[str]]) -> None:
    cells = [[cell.replace("\n\n", " ") for cell in row] for row in rows]
    if cells:
        made = table([""] * len(cells[0]), cells)
        made.show_header = False
        console.print(made)
