"""``ndxp load``: what it passes on, and what it says when it cannot run."""

import json
import os
import select
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loadtest import __main__ as loadtest
from loadtest import report
from ndxp.cli import load
from ndxp.sandbox.state import Process, State, start_of
from tests.ndxp.cli.command import Ran, ndxp
from tests.support.made import report as made_report
from tests.support.scrape import free_address

HERE = pytest.mark.usefixtures("passed_on_here")


@pytest.fixture
def passed_on(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that are passed on, instead of running them; each ends with 99."""
    seen: list[list[str]] = []

    def run(command: list[str], _: dict[str, str]) -> int:
        seen.append(command[4:])
        return 99

    monkeypatch.setattr(load, "_run", run)
    return seen


@pytest.fixture
def passed_on_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed on runs in this process, to the same end."""

    def run(command: list[str], environment: dict[str, str]) -> int:
        monkeypatch.setattr(sys, "argv", command[3:])
        monkeypatch.setenv("NDXP_COMMAND", environment["NDXP_COMMAND"])
        with pytest.raises(SystemExit) as ended:
            loadtest.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    monkeypatch.setattr(load, "_run", run)


def invoke(*words: str) -> int:
    return CliRunner().invoke(load.load_app, words, prog_name="ndxp load").exit_code


@pytest.mark.parametrize(
    ("given", "onward"),
    [
        ("run ndxp-peak", "run ndxp-peak"),
        ("run ndxp-average --http", "run ndxp-average --http"),
        ("run x.yaml --rate 20 --duration 5.5 --json", "run x.yaml --rate 20 --duration 5.5 --json"),
        ("run a --rate 1234.5678 --duration 1234567", "run a --rate 1234.5678 --duration 1234567"),
        ("run a --compress 9 --processes 2 --seed 5", "run a --compress 9 --processes 2 --seed 5"),
        ("run a --slo slo.yaml --report r.html", "run a --slo slo.yaml --report r.html"),
        ("capacity", "capacity capacity"),
        ("capacity ndxp-peak --start 50 --precision 0.1", "capacity ndxp-peak --start 50 --precision 0.1"),
        ("profiles --json", "profiles --json"),
        ("compare a.json b.json", "compare a.json b.json"),
    ],
)
def test_a_command_and_its_exit_code_are_passed_on(given: str, onward: str, passed_on: list[list[str]]) -> None:
    assert invoke(*given.split()) == 99
    assert passed_on == [onward.split()]


@pytest.mark.parametrize(("ends", "code"), [("exit 99", 99), ("kill -KILL $$", 137)])
def test_a_command_that_a_signal_ended_has_the_exit_code_of_a_shell(ends: str, code: int) -> None:
    assert load._run(["sh", "-c", ends], dict(os.environ)) == code


@pytest.mark.parametrize(
    "given", ["run", "run a --rate 0", "run a --duration x", "capacity --start 0", "compare a.json"]
)
def test_wrong_usage_ends_with_2(given: str, passed_on: list[list[str]]) -> None:
    assert invoke(*given.split()) == 2
    assert passed_on == []


def test_what_is_not_installed_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(load, "_PACKAGES", ("loadtest", "no_such_package"))
    with pytest.raises(SystemExit) as ended:
        load.load_app(["profiles"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "ndxp: for load tests, no_such_package must be installed: pip install 'ndxp[loadtest]'\n"
    )


def test_without_an_exchange_there_is_one_clear_line(tmp_path: Path) -> None:
    ran = ndxp("load", "run", "ndxp-average", folder=tmp_path / "none")
    assert ran.code == 1
    assert ran.complaint.startswith("no exchange in ")


@HERE
def test_an_unreachable_gateway_is_named(tmp_path: Path) -> None:
    ran = ndxp("load", "run", "ndxp-average", folder=dead_exchange(tmp_path))
    assert ran.code == 1
    assert "the gateway at 127.0.0.1:" in ran.complaint
    assert "does not answer" in ran.complaint


@HERE
def test_an_unknown_profile_and_an_impossible_objective_are_wrong_usage(tmp_path: Path) -> None:
    ran = ndxp("load", "run", "no-such", folder=tmp_path)
    assert (ran.code, "there is no profile 'no-such'" in ran.complaint) == (2, True)
    ran = ndxp("load", "run", "a" * 300, folder=tmp_path)
    assert (ran.code, "there is no profile 'aaa" in ran.complaint) == (2, True)
    average = Path(load.__file__).parents[2] / "loadtest" / "profiles" / "ndxp-average.yaml"
    changed = tmp_path / "mine.yaml"
    changed.write_text(average.read_text(encoding="utf-8").replace("p99_ms", "p98_ms"), encoding="utf-8")
    ran = ndxp("load", "run", changed, folder=tmp_path)
    assert (ran.code, "has no p98_ms" in ran.complaint) == (2, True)


@HERE
def test_a_wrong_slo_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text("overall: {p98_ms: 50}", encoding="utf-8")
    ran = ndxp("load", "run", "ndxp-average", "--slo", tmp_path / "slo.yaml", folder=tmp_path)
    assert (ran.code, "slo.yaml: slo.overall has no p98_ms" in ran.complaint) == (2, True)


@HERE
def test_a_report_that_could_not_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "no" / "a.html", folder=tmp_path)
    assert (ran.code, "there is no folder" in ran.complaint) == (2, True)
    (tmp_path / "a.json").mkdir()
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "a.html", folder=tmp_path)
    assert (ran.code, "a.json cannot be written: it is a folder" in ran.complaint) == (2, True)
    ran = ndxp("load", "run", "ndxp-average", "--report", ".", folder=tmp_path)
    assert (ran.code, ". cannot be written: it is a folder" in ran.complaint) == (2, True)
    ran = ndxp("load", "run", "ndxp-average", "--report", f"{'a' * 252}.html", folder=tmp_path)
    assert (ran.code, "cannot be written: File name too long" in ran.complaint) == (2, True)
    (tmp_path / "taken.html").symlink_to(Path(sys.executable).resolve())  # nobody can write what is running
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "taken.html", folder=tmp_path)
    assert (ran.code, "taken.html cannot be written" in ran.complaint) == (2, True)
    (tmp_path / "round").symlink_to("round")
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "round" / "a.html", folder=tmp_path)
    assert (ran.code, "a.html cannot be written: " in ran.complaint) == (2, True)
    ran = ndxp("load", "run", "ndxp-average", "--report", "/proc/a.html", folder=tmp_path)  # nobody can write there
    assert (ran.code, "/proc/a.html cannot be written" in ran.complaint) == (2, True)


@HERE
def test_a_pipe_is_not_opened_before_there_is_a_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.html")
    reader = os.open(tmp_path / "pipe.html", os.O_RDONLY | os.O_NONBLOCK)  # without one, who opens it to write waits
    hung_up = select.poll()
    hung_up.register(reader, select.POLLHUP)
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "pipe.html", folder=tmp_path)
    assert (ran.code, "no exchange in" in ran.complaint, hung_up.poll(0)) == (1, True, [])
    os.close(reader)


@HERE
def test_a_number_in_the_name_of_a_report_is_no_ending(tmp_path: Path) -> None:
    (tmp_path / "run-1.5.html").mkdir()
    ran = ndxp("load", "run", "ndxp-average", "--report", tmp_path / "run-1.5", folder=tmp_path)
    assert (ran.code, "run-1.5.html cannot be written" in ran.complaint) == (2, True)


def test_the_profiles_are_listed_with_their_sources(tmp_path: Path) -> None:
    ran = ndxp("load", "profiles", "--json", folder=tmp_path)
    assert ran.code == 0
    assert {"ndxp-average", "ndxp-peak", "capacity"} <= {profile["name"] for profile in ran.data}
    assert all(profile["sources"] for profile in ran.data)


@HERE
def test_two_reports_are_compared(tmp_path: Path) -> None:
    def compared(*words: str) -> Ran:
        return ndxp("load", "compare", tmp_path / "a.json", tmp_path / "b.json", *words, folder=tmp_path)

    (tmp_path / "a.json").write_bytes(report.encode(made_report()))
    assert (compared().code, "is no report" in compared().complaint) == (2, True)
    (tmp_path / "b.json").write_bytes(report.encode(made_report()))
    assert "p99 response" in compared().out
    assert compared("--json").data["warnings"] == []


def dead_exchange(folder: Path) -> Path:
    """A run folder whose supervisor lives (it is this process) and whose gateway does not."""
    gateway = free_address()
    store = Process("store", [], {"NDXP_REDIS_URL": f"unix://{folder}/store.sock"})
    pid = os.getpid()
    State(str(folder), gateway, "http://127.0.0.1:1", [store], pid, start_of(pid)).write()
    (folder / "credentials.json").write_text(json.dumps({"admin": "secret"}), encoding="utf-8")
    return folder
