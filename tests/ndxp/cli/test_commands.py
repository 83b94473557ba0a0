"""What holds for every command."""

import os
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import typer

import ndxp as package
from ndxp.cli.__main__ import COMMANDS as MODULES
from ndxp.cli.__main__ import gather, needed, whole
from tests.ndxp.cli.conftest import Ndxp


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that name it."""
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from commands(child, (*words, name))
    if not children or command.invoke_without_command:
        yield words, command


COMMANDS = {" ".join(words): command for words, command in commands(typer.main.get_command(whole())) if words}


def test_every_command_of_the_design_is_there() -> None:
    assert set(COMMANDS) >= {
        "up", "down", "status", "doctor", "members", "services", "grants", "grants add", "grants remove", "token",
        "people", "call", "log tail", "log show", "log search", "explain", "demo",
    }  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_commands_for_which_it_is_loaded(module: str) -> None:
    assert tuple(typer.main.get_command(gather([module])).commands) == MODULES[module]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "modules"),
    [(["call", "up"], ["call"]), (["--debug", "log", "tail"], ["ledger"]), (["wrong"], [*MODULES]), ([], [*MODULES])],
)
def test_a_command_line_loads_the_module_of_its_command_or_all(words: list[str], modules: list[str]) -> None:
    assert needed(words) == modules


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_answer_in_json(name: str) -> None:
    assert "--json" in [option for parameter in COMMANDS[name].params for option in parameter.opts]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_its_options(ndxp_alone: Ndxp, name: str) -> None:
    ran = ndxp_alone(*name.split(), "--help")
    assert ran.code == 0
    assert f"ndxp {name} [OPTIONS]" in ran.out
    unexplained = [p.name for p in COMMANDS[name].params if not getattr(p, "help", "")]
    assert unexplained == []


@pytest.mark.parametrize(
    "name", ["up", "demo", "call", "members", "token", "grants", "people", "log tail", "log search"]
)
def test_the_help_of_a_command_with_arguments_has_an_example(ndxp_alone: Ndxp, name: str) -> None:
    words = " ".join(ndxp_alone(*name.split(), "--help").out.split())
    examples = words.partition("Example")[2]
    assert f"ndxp {name} " in examples or f"ndxp {name}`" in examples


def test_the_version_is_that_of_the_package(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone("--version")
    assert (ran.code, ran.out) == (0, f"ndxp {package.__version__}\n")


def test_without_a_command_the_help_shows_where_to_start(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone()
    assert "Start with `ndxp up -d`" in ran.out + ran.err


def test_an_unknown_command_is_wrong_usage(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone("frobnicate")
    assert ran.code == 2
    assert "No such command 'frobnicate'" in ran.err


def test_a_wrong_option_is_wrong_usage(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone("people", "--sample", "many")
    assert ran.code == 2
    assert "Invalid value for '--sample'" in ran.err


@pytest.mark.parametrize(
    "words",
    ["status", "members", "services", "grants", "grants remove x", "token VN/GOV/H26/one-stop", "call a.b.C/D",
     "log tail", "log show x", "log search", "explain x"],
)  # fmt: skip
def test_a_command_that_needs_an_exchange_says_how_to_start_one(
    ndxp_alone: Ndxp, words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    ran = ndxp_alone(*words.split(), "--folder", nowhere)
    assert ran.code == 1
    assert ran.complaint == (f"no exchange in {nowhere}; start one with `ndxp up -d`, or name its folder with --folder")


def test_whatever_a_command_writes_is_its_users_alone(ndxp_alone: Ndxp, monkeypatch: pytest.MonkeyPatch) -> None:
    def masked(*_: object) -> None:
        assert os.umask(0o077) == 0o077, "what it starts, such as a load test with its report, writes so too"
        raise SystemExit(0)

    monkeypatch.setattr("ndxp.cli.people.World", masked)
    assert ndxp_alone("people").code == 0


def test_a_command_names_variables_that_nothing_reads_and_goes_on(
    ndxp_alone: Ndxp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDXP_FODLER", "elsewhere")
    ran = ndxp_alone("people", "--json")
    assert ran.code == 0
    assert ran.data
    assert ran.err == "ndxp: nothing reads the variable NDXP_FODLER; is NDXP_FOLDER meant?\n"


UNFORESEEN = [
    KeyError("key"), RecursionError("too deep"), MemoryError(), ValueError("several\nlines"),
    OSError(28, "No space left on device", "/somewhere/file"), ConnectionResetError("reset"),
    ExceptionGroup("several", [ValueError("x")]), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    grpc.RpcError("rpc"), LookupError("\x1b[2Jcleared"),
]  # fmt: skip


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_an_error_that_nobody_foresaw_is_one_line_and_a_place_to_look(
    ndxp_alone: Ndxp, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("ndxp.cli.people.World", fail)
    ran = ndxp_alone("people")
    assert ran.code == 1
    assert ran.complaint.endswith("; `ndxp --debug ...` shows where, `ndxp doctor` looks at the exchange")
    traced = ndxp_alone("--debug", "people")
    assert traced.code == 1
    assert "Traceback (most recent call last)" in traced.err
    assert "test_commands.py" in traced.err
    assert "\x1b" not in ran.err + traced.err


def test_an_error_of_the_system_names_its_file(ndxp_alone: Ndxp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere/file")

    monkeypatch.setattr("ndxp.cli.people.World", fail)
    assert ndxp_alone("people").complaint.startswith("No space left on device: /somewhere/file; ")
