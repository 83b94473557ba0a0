"""The commands of a class: a teacher begins it, a pupil joins with a code and does a lab with the usual commands."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ndxp.classroom.kept import Kept
from ndxp.sandbox import life
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.console.conftest import Running
from tests.ndxp.cli.command import Ran, ndxp
from tests.support.fakes import until_now

WHO = '{"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979-07-20"}'


@pytest.fixture(scope="module")
def codes(console: Running) -> Iterator[dict[str, str]]:
    """The codes of a class of two groups at lab 2."""
    begun = ndxp("class", "start", "--groups", 2, "--lab", 2, "--lang", "en", "--json", folder=console.folder).data
    assert begun["join_url"] == f"{console.url}/class/join"
    yield begun["codes"]
    if Kept.there(console.folder):
        ndxp("class", "end", folder=console.folder)


@pytest.fixture
def mine(console: Running, codes: dict[str, str], tmp_path: Path) -> Path:
    """The folder of a pupil of group 01, at the start of lab 2."""
    assert ndxp("class", "lab", 2, "--group", 1, folder=console.folder).code == 0
    folder = tmp_path / "mine"
    assert ndxp("class", "join", codes["01"], "--at", console.url, folder=folder).code == 0
    return folder


def roles(folder: Path, code: str, url: str) -> dict[str, str]:
    """The subsystems by role, as joining again tells them."""
    found: dict[str, str] = ndxp("class", "join", code, "--at", url, "--json", folder=folder).data["subsystems"]
    return found


@pytest.mark.long
def test_a_pupil_does_lab_2_with_the_usual_commands(
    mine: Path, console: Running, codes: dict[str, str], exchange: RunningExchange
) -> None:
    of = roles(mine, codes["01"], console.url)

    def call(role: str, *words: object) -> Ran:
        return ndxp("call", "GetCitizen", WHO, "--as", of[role], *words, folder=mine)

    assert "hospital" in ndxp("lab", "show", folder=mine).out
    assert call("hospital").code != 0
    for role, purpose in (("hospital", "treatment"), ("province", ""), ("tax", "tax refund")):
        assert call(role, "--purpose", purpose).code == 0
    ndxp("lab", "answer", "least", "hospital", folder=mine)
    checked = ndxp("lab", "check", "--json", folder=mine)
    assert (checked.code, [each["task"] for each in checked.data["tasks"] if not each["done"]]) == (1, ["narrow"])
    assert ndxp("lab", "hint", "--json", folder=mine).data["task"] == "narrow"
    call("press", "--purpose", "press accreditation")
    grant = ndxp(
        "grants", "add", of["press"], "VN/GOV/G01/population", "PopulationService", "GetCitizen", "--purpose",
        "press accreditation", "--field", "citizen.full_name", "--until", "2030-12-31", "--json", folder=mine,
    )  # fmt: skip
    assert grant.code == 0, grant.err
    until_now(lambda: life.same_registry(exchange.state))
    assert call("press", "--purpose", "press accreditation").code == 0
    checked = ndxp("lab", "check", folder=mine)
    assert (checked.code, "lab finish" in checked.out) == (0, False), "a teacher ends the lab"
    unknown = ndxp("call", "GetCitizen", WHO, "--as", "VN/GOV/H26/one-stop", folder=mine).complaint
    assert "no credentials of VN/GOV/H26/one-stop, only of" in unknown
    assert of["press"] in unknown
    assert "What has happened" in ndxp("lab", "explain", folder=mine).out
    status = ndxp("class", "status", "--json", folder=console.folder).data
    assert [(each["group"], each["done"]) for each in status] == [("01", 4), ("02", 0)]
    assert "01,02-who-sees-what,narrow,1" in ndxp("class", "results", "--csv", folder=console.folder).out


def test_the_class_refuses_in_the_language_of_the_pupil(
    mine: Path, console: Running, codes: dict[str, str], tmp_path: Path
) -> None:
    wrong = ("class", "join", "ZZZZZZ", "--at", console.url)
    assert ndxp(*wrong, folder=tmp_path / "a", NDXP_LANG="vi").complaint.startswith("không nhóm nào có mã này")
    assert ndxp(*wrong, folder=tmp_path / "a", NDXP_LANG="en").complaint.startswith("no group has this code")
    theirs = ("log", "search", "--client", "VN/GOV/H26/one-stop")
    assert "không phải hệ thống con của nhóm bạn" in ndxp(*theirs, folder=mine, NDXP_LANG="vi").complaint
    assert "is no subsystem of your group" in ndxp(*theirs, folder=mine, NDXP_LANG="en").complaint
    form = httpx.post(
        f"{console.url}/class/join", data={"code": "ZZZZZZ"},
        headers={"accept-language": "vi", "origin": console.url},
    )  # fmt: skip
    assert "không nhóm nào có mã này" in form.text


def test_a_pupil_sees_only_the_calls_of_the_group(mine: Path, console: Running, codes: dict[str, str]) -> None:
    of = roles(mine, codes["01"], console.url)
    ndxp("call", "GetCitizen", WHO, "--as", of["province"], folder=mine)
    shown = ndxp("log", "tail", "--json", folder=mine).data
    assert {record["client"] for record in shown} <= set(Kept.read(console.folder).groups["01"].subsystems)
    assert shown[-1]["client"] == of["province"]
    assert ndxp("explain", shown[-1]["transaction_id"], folder=mine).code == 0
    refused = ndxp("log", "search", "--client", "VN/GOV/H26/one-stop", folder=mine)
    assert "is no subsystem of your group" in refused.complaint
    for words in (("member", "disable", "VN/GOV/H26"), ("log", "verify"), ("fault", "clear")):
        assert "ask your teacher" in ndxp(*words, folder=mine).err


def test_what_is_the_teachers_is_not_the_pupils(mine: Path, console: Running) -> None:
    assert "your teacher starts the lab" in ndxp("lab", "start", 1, folder=mine).complaint
    assert "your teacher has the solution" in ndxp("lab", "solution", folder=mine).complaint
    assert "your teacher ends the lab" in ndxp("lab", "finish", folder=mine).complaint
    assert ndxp("lab", "reset", folder=mine).code == 0
    state = State.read(mine)
    assert state is not None
    assert state.control_url.startswith(console.url)


def test_who_joins_reads_the_next_command_with_the_folder(
    console: Running, codes: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "pupil"
    told = ndxp("class", "join", codes["02"], "--at", console.url, "--folder", folder, NDXP_LANG="vi", folder=folder)
    assert told.out.startswith("Bạn thuộc nhóm 02; bài ")
    assert f"`ndxp lab show --folder {folder}`" in told.out
    assert f"`ndxp lab check --folder {folder}`" in told.out


def test_a_class_speaks_vietnamese_to_its_teacher(console: Running, codes: dict[str, str]) -> None:
    def told(*words: object) -> Ran:
        return ndxp("class", *words, folder=console.folder, NDXP_LANG="vi")

    status = told("status").out
    assert "nhiệm vụ đang làm" in status
    assert "0 phút" in status
    assert told("fault", "delay=10ms", "--group", 2, "--minutes", 2.5).out.endswith("hệ thống con, trong 2,5 phút.\n")
    assert told("fault", "--off").out.startswith("Đã gỡ ")
    assert told("lab", 2, "--group", 2).out == "1 nhóm bắt đầu bài 02-who-sees-what.\n"
    assert told("reset", 2).out == "Nhóm 02 làm lại bài 02-who-sees-what từ đầu.\n"
    assert told("reset", 9).complaint == "không có nhóm '09'; có các nhóm từ 01 đến 02"
    assert told("start", "--groups", 2).complaint.startswith("đã có một lớp: ")


def test_a_wrong_code_or_place_is_told_in_one_line_and_makes_nothing(
    console: Running, codes: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "none"
    assert "no group has this code" in ndxp("class", "join", "AAAAAA", "--at", console.url, folder=folder).complaint
    for url in ("http://127.0.0.1:9", "nonsense", "http://"):
        assert "does not answer" in ndxp("class", "join", codes["01"], "--at", url, folder=folder).complaint
    assert not folder.exists()
    taken = ndxp("class", "join", codes["01"], "--at", console.url, folder=console.folder)
    assert "is the run folder of an exchange" in taken.complaint


def test_a_teacher_sets_a_fault_for_one_group_and_removes_it(console: Running, codes: dict[str, str]) -> None:
    pushed = ndxp("class", "fault", "delay=10ms", "--group", 2, "--json", folder=console.folder)
    assert pushed.data == {"subsystems": 4}
    assert ndxp("class", "fault", "--off", "--json", folder=console.folder).data == {"removed": 4}
    assert ndxp("class", "fault", folder=console.folder).code == 2
    assert "no such group" in ndxp("class", "fault", "drop", "--group", 9, folder=console.folder).complaint
    assert "Group 02 begins" in ndxp("class", "reset", 2, folder=console.folder).out


def test_the_end_leaves_a_pupil_with_a_clear_word(mine: Path, console: Running, codes: dict[str, str]) -> None:
    of = roles(mine, codes["01"], console.url)
    assert ndxp("class", "end", folder=console.folder, NDXP_LANG="vi").out == "Đã kết thúc lớp.\n"
    for words in (("lab", "check"), ("log", "tail"), ("call", "GetCitizen", WHO, "--as", of["press"])):
        assert "the class has ended; ask your teacher" in ndxp(*words, folder=mine).err
    assert ndxp("lab", "check", folder=mine, NDXP_LANG="vi").complaint == "lớp đã kết thúc; hãy hỏi giảng viên"
    again = ndxp("class", "join", codes["01"], "--at", console.url, folder=mine).complaint
    assert again == "there is no class here now; ask your teacher"
    assert "there is no class" in ndxp("class", "status", folder=console.folder).complaint
