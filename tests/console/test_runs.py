"""The load runs that the console starts: how many, how large, how they end, and what is known of them afterwards."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from console.runs import HIGHEST_RATE, LONGEST, Order, Run, RunRefused, Runs
from ndxp.sandbox.state import start_of
from tests.support.fakes import until_now

COUNTS = """
import signal, sys
heard = []
signal.signal(signal.SIGINT, lambda *_: (heard.append(1), print("", flush=True)))
print("", flush=True)
sys.stdin.read()
sys.exit(len(heard))
"""
FIRST, SECOND = "20260101-000000", "20260101-000001"


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """The runs of a run folder without an exchange."""
    return Runs(tmp_path)


def leave(runs: Runs, folder: Path, name: str, order: Order, output: str = "") -> Path:
    """Leaves what a run leaves in its folder."""
    place = folder / "loads" / name
    place.mkdir(parents=True)
    (place / "order.json").write_text(json.dumps(asdict(order)), encoding="utf-8")
    (place / "output.log").write_text(output, encoding="utf-8")
    return place


@pytest.fixture
def busy(runs: Runs, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is taken for a run which another console has started.

    It ends when nobody can write to it any more; its exit code is how often it was interrupted.
    """
    with subprocess.Popen([sys.executable, "-c", COUNTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        leave(runs, tmp_path, FIRST, Order("ndxp-average", None, 60, process.pid, start_of(process.pid)))
        yield process
        process.kill()


def test_a_run_that_another_console_has_started_is_under_way_and_no_other_is_started(
    runs: Runs, busy: "subprocess.Popen[bytes]"
) -> None:
    current = runs.current()
    assert current is not None
    assert current.order.pid == busy.pid
    with pytest.raises(RunRefused, match="one run at a time"):
        runs.start(Order("ndxp-average", None, 5))


def test_a_stop_interrupts_the_run_once(runs: Runs, busy: "subprocess.Popen[bytes]") -> None:
    runs.stop()
    assert busy.stdout is not None
    busy.stdout.readline()
    runs.stop()  # a second signal would give up the report
    assert busy.stdin is not None
    busy.stdin.close()
    assert busy.wait() == 1
    assert runs.current() is None
    assert [(run.standing, run.order.stopped) for run in runs.all()] == [("failed", True)]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order("no-such-profile", None, 5), "no profile"),
        (Order("--help", None, 5), "no profile"),
        (Order("ndxp-peak", HIGHEST_RATE + 1, 5), "at most"),
        (Order("ndxp-peak", 0, 5), "at most"),
        (Order("ndxp-peak", float("nan"), 5), "at most"),
        (Order("ndxp-peak", None, LONGEST + 1), "at most"),
        (Order("ndxp-peak", None, float("nan")), "at most"),
    ],
)
def test_what_is_unknown_or_too_large_is_not_started(runs: Runs, tmp_path: Path, order: Order, why: str) -> None:
    with pytest.raises(RunRefused, match=why):
        runs.start(order)
    assert not (tmp_path / "loads").exists()


@pytest.mark.long
def test_a_run_that_fails_says_why_and_the_oldest_runs_go(runs: Runs, tmp_path: Path) -> None:
    for number in range(25):
        leave(runs, tmp_path, f"20260101-0000{number:02}", Order("ndxp-average", None, 5))
    runs.start(Order("ndxp-average", 5, 2), "vi")  # there is no exchange
    until_now(lambda: runs.current() is None)
    last, *others = runs.all()
    assert last.standing == "failed"
    assert "không có nền tảng nào" in last.last_line
    assert "ndxp up" in last.last_line
    assert [run.name for run in others] == [f"20260101-0000{number:02}" for number in range(24, 5, -1)]


def test_progress_is_read_as_it_is_written(runs: Runs, tmp_path: Path) -> None:
    file = leave(runs, tmp_path, FIRST, Order("ndxp-average", None, 5)) / "progress.jsonl"
    assert runs.progress(FIRST).message == ""
    second = {"second": {"at": 0, "failed": 2, "dropped": 1}, "cpu": {"gateway": 0.5}}
    whole = f"{json.dumps(second)}\n"
    file.write_text(whole + whole[:10], encoding="utf-8")
    progress = runs.progress(FIRST)
    assert (len(progress.seconds), progress.failed, progress.cpu) == (1, 2, {"gateway": 0.5})
    file.write_text(whole * 2 + '{"message": "waiting"}\n', encoding="utf-8")
    progress = runs.progress(FIRST)
    assert (len(progress.seconds), progress.failed, progress.dropped) == (2, 4, 2)
    assert progress.message == "waiting"
    assert not runs.progress(SECOND).seconds


@pytest.mark.parametrize("name", ["..", "../..", "order.json", SECOND, "", "20260101-000000/../.."])
def test_a_report_is_found_only_by_the_name_of_a_run(runs: Runs, tmp_path: Path, name: str) -> None:
    place = leave(runs, tmp_path, FIRST, Order("ndxp-average", None, 5))
    assert runs.page(FIRST) is None
    for page in (place / "report.html", tmp_path / "report.html", tmp_path.parent / "report.html"):
        page.write_text("", encoding="utf-8")
    assert runs.page(FIRST) == place / "report.html"
    assert runs.page(name) is None


def test_a_folder_that_is_damaged_is_left_out(runs: Runs, tmp_path: Path) -> None:
    (leave(runs, tmp_path, FIRST, Order("ndxp-average", None, 5)) / "order.json").write_text("[]", encoding="utf-8")
    assert runs.all() == list[Run]()
