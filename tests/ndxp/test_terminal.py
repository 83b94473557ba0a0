"""What others wrote, on the operator's terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from ndxp.terminal import Terminal, clock, complain, moment, print_json, styled, table, visible


@given(text=st.text())
def test_what_is_visible_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert visible(text).isprintable()


@given(text=st.text(st.characters(exclude_categories=["C", "Z"])))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    "text", ["[/]", "[bold]x[/wrong]", "[link=file:///etc/passwd]x[/link]", "\x1b[2J", "\u202eabc"]
)
def test_a_cell_is_no_markup_and_no_control_sequence(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=100).print(table(("a",), [(text,)]))
    shown = capsys.readouterr().out
    assert visible(text) in shown
    assert "\x1b" not in shown


HOSTILE = ["\x1b[2J", "\x9b31m", "\u202eabc", "a\rb", "\x07", "[/]", "[link=file:///etc/passwd]x[/link]", ":warning:"]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_printed_is_no_markup_and_no_control_sequence(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(width=100)
    terminal.print(f"before {text} after")
    terminal.print(styled("[bold]{}[/] after", text))
    first, second = capsys.readouterr().out.splitlines()
    assert (first, second) == (f"before {visible(text)} after", f"{visible(text)} after")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("text", [*HOSTILE, 'quoted "\x1b"', "\x85", "𝒳 Đà Nẵng", "\U000e0001"])
def test_json_says_the_same_with_nothing_that_a_terminal_obeys(
    text: str, indent: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json({text: [text]}, indent=indent)
    shown = capsys.readouterr().out
    assert json.loads(shown) == {text: [text]}
    assert all(line.isprintable() for line in shown.split("\n"))


def test_a_cell_of_richs_own_text_keeps_its_style(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=100, force_terminal=True).print(table(("a",), [(Text("yes", style="green"),)]))
    assert "\x1b[32myes" in capsys.readouterr().out


def test_a_complaint_is_one_line_of_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a\nb \x1b[2J")
    assert capsys.readouterr().err == "ndxp: a b \\x1b[2J\n"


def test_what_is_no_time_is_shown_as_the_number_that_it_is() -> None:
    assert clock(2**63 - 1) == moment(2**63 - 1) == str(2**63 - 1)
