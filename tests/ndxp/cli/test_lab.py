"""The commands of the labs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp

VERIFY = '{"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979"}'
LAB = """
from ndxp.labs import Lab, Task, Workplace, right, wrong

def called(place: Workplace):
    return right("called", "đã gọi") if place.calls() else wrong("not called", "chưa gọi")

LAB = Lab(minutes=5, roles={"me": "VN/GOV/H26/one-stop"}, tasks=(Task("call", called),))
"""


@pytest.fixture
def started(ndxp: Ndxp) -> Iterator[str]:
    """The first lab is started; gives the subsystem of its pupil."""
    told = ndxp("lab", "start", "1", "--json").data
    yield next(word for word in told["introduction"].split("`") if word.startswith("VN/"))
    ndxp("lab", "finish")


def own_lab(folder: Path) -> Path:
    """A folder with a lab of a third party."""
    lab = folder / "lab_50_ours"
    for language in ("vi", "en"):
        (lab / language).mkdir(parents=True)
        (lab / language / "lab.md").write_text("# Ours\n\nText.\n\n## Call\n\nCall.\n\n> Call!\n", encoding="utf-8")
        for name in ("explanation", "solution", "lesson"):
            (lab / language / f"{name}.md").write_text("# Text\n", encoding="utf-8")
    (lab / "lab.py").write_text(LAB, encoding="utf-8")
    (lab / "solution.py").write_text("def solve(place): pass\n", encoding="utf-8")
    return folder


def test_a_check_says_what_is_missing_what_is_right_and_what_the_ledger_shows(ndxp: Ndxp, started: str) -> None:
    before = ndxp("lab", "check")
    assert before.code == 1
    assert f"✗ verify: the ledger has no VerifyCitizen of {started}" in before.out
    assert "no calls" in before.out
    ndxp("call", "VerifyCitizen", VERIFY, "--as", started)
    after = ndxp("lab", "check")
    assert "✔ verify: the ledger has your verification" in after.out
    assert "VN/GOV/G01/population" in after.out


def test_hints_tell_more_each_time_and_the_last_one_stays(ndxp: Ndxp, started: str) -> None:
    hints = [ndxp("lab", "hint", "--json").data["hint"] for _ in range(3)]
    assert hints[0] != hints[1] == hints[2]
    assert started in hints[0]


def test_the_explanation_comes_when_all_is_done_and_a_watch_ends_then(ndxp: Ndxp, started: str) -> None:
    assert "when all tasks are done" in ndxp("lab", "explain").complaint
    assert ndxp("lab", "solution", "--run").code == 0
    watched = ndxp("lab", "watch")
    assert (watched.code, "All tasks are done" in watched.out) == (0, True)
    assert "What has happened" in ndxp("lab", "explain").out
    [first] = [lab for lab in ndxp("lab", "list", "--json").data if lab["name"] == "01-first-call"]
    assert (first["state"], first["looked"]) == ("done", True)


@pytest.mark.usefixtures("started")
def test_a_lab_that_kills_processes_names_the_labs_that_are_on_the_exchange_too(ndxp: Ndxp) -> None:
    told = ndxp("lab", "start", "13", "--json")
    ndxp("lab", "finish")
    assert told.data["name"] == "13-killed"
    assert told.err.startswith("This lab kills processes of the exchange; these labs are on it too: ")
    assert "01-first-call" in told.err
    assert ndxp("lab", "start", "1").err == "", "it disturbs nobody"


def test_the_list_says_which_labs_are_for_a_class(ndxp: Ndxp) -> None:
    listed = {lab["name"]: lab["for_class"] for lab in ndxp("lab", "list", "--json").data}
    assert (listed["01-first-call"], listed["13-killed"]) == (True, False)
    assert "for a class" in ndxp("lab", "list").out


def test_the_lab_speaks_the_language_that_it_was_started_in(ndxp: Ndxp) -> None:
    assert "Nhiệm vụ 1 (verify)" in ndxp("lab", "start", "first-call", "--lang", "vi").out
    checked = ndxp("lab", "check").out
    assert "chưa có lời gọi VerifyCitizen" in checked
    assert "  chưa có lời gọi nào\n" in checked
    assert "Nhiệm vụ 1" in ndxp("lab", "reset").out
    assert "Đã kết thúc" in ndxp("lab", "finish").out
    assert "đã kết thúc" in ndxp("lab", "check").complaint
    assert "chỉ có khi mọi nhiệm vụ đã xong" in ndxp("lab", "explain").complaint


def test_a_finished_lab_leaves_no_subsystem(ndxp: Ndxp, exchange: RunningExchange) -> None:
    ndxp("lab", "start", "1")
    ndxp("lab", "reset")
    ndxp("lab", "finish")
    members = exchange.admin.get("members").json()
    assert [name for member in members for name in member["subsystems"] if name.startswith("lab")] == []


def test_an_answer_to_a_task_that_is_not_there_names_those_that_are(ndxp: Ndxp, started: str) -> None:
    assert "no task 'x'; it has verify, transaction" in ndxp("lab", "answer", "x", "1").complaint
    assert ndxp("lab", "answer", "size", "1", "--json").code == 0


def test_a_folder_of_others_adds_labs(ndxp: Ndxp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_lab(tmp_path)
    listed = ndxp("lab", "list", "--labs", folder, "--json").data
    assert listed[-1]["name"] == "50-ours"
    assert ndxp("lab", "start", "ours", "--labs", folder).code == 0
    assert "✗ call: not called" in ndxp("lab", "check").out
    monkeypatch.setenv("NDXP_LABS", str(folder))
    assert ndxp("lab", "list", "--json").data[-1]["state"] == "started"
    assert ndxp("lab", "finish").code == 0


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("lab.py", "LAB = 1", "has no LAB"),
        ("lab.py", "1 / 0", "cannot be used: ZeroDivisionError"),
        ("en/lab.md", "# Ours\n", "has 0 tasks, lab.py has 1"),
    ],
)
def test_a_lab_that_cannot_be_used_is_refused_with_its_file(
    ndxp: Ndxp, tmp_path: Path, file: str, content: str, complaint: str
) -> None:
    folder = own_lab(tmp_path)
    (folder / "lab_50_ours" / file).write_text(content, encoding="utf-8")
    assert complaint in ndxp("lab", "start", "50", "--labs", folder).complaint


def test_a_wrong_name_is_answered_with_the_one_that_is_meant(ndxp: Ndxp) -> None:
    assert "did you mean '01-first-call'?" in ndxp("lab", "start", "first-cal").complaint
    assert "there is no folder of labs" in ndxp("lab", "list", "--labs", "/nowhere").complaint


def test_without_a_lab_and_without_an_exchange_the_next_command_is_told(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    assert "no lab is started here" in ndxp_alone("lab", "check", "--folder", tmp_path).complaint
    assert "start one with `ndxp up -d`" in ndxp_alone("lab", "start", "1", "--folder", tmp_path).complaint
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "progress.json").write_text(json.dumps({"current": 1}), encoding="utf-8")
    assert "cannot be used: remove it" in ndxp_alone("lab", "check", "--folder", tmp_path).complaint


def test_a_lesson_plan_needs_no_exchange(ndxp_alone: Ndxp) -> None:
    assert "Goals." in ndxp_alone("lab", "lesson", "1").out
    assert "Mục tiêu" in ndxp_alone("lab", "lesson", "1", "--lang", "vi", "--json").data["text"]
