"""``ndxp check agency`` and ``ndxp check verify``: verdict, reports, the list of known failures, wrong input."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ndxp.subject import SUBJECTS
from ndxp.testing import RunningExchange
from ndxp.wire.assertion import key_of
from tests.ndxp.cli.conftest import Ndxp
from tests.support.museum import CITIZENS, NAME, SUBSYSTEM, Museum

LAND, MEMBER = "VN/GOV/G13/land", "VN/GOV/H26/one-stop"
FEW = ("--tries", "3")
FAILED = 99


def test_an_agency_of_this_repository_passes(ndxp: Ndxp) -> None:
    ran = ndxp("check", "agency", LAND, *FEW, "--changes")
    assert ran.code == 0, ran.out
    assert ran.out.splitlines()[-1] == f"{LAND}: No check failed."


@pytest.fixture
def museum(exchange: RunningExchange, ndxp: Ndxp, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an agency of somebody else that is on the exchange; it makes the mistakes of the parameter."""
    with Museum(*getattr(request, "param", ())) as museum:
        member, system = SUBSYSTEM.rsplit("/", 1)
        exchange.admin.put("members", json={"id": member, "name": "Museum", "subsystems": [system]})
        address = f"127.0.0.1:{museum.port}"
        secrets = json.loads(exchange.credentials.read_text(encoding="utf-8"))
        museum.trust(key_of(secrets[SUBSYSTEM]), secrets[SUBJECTS].encode())
        assert ndxp("service", "add", SUBSYSTEM, NAME, address).err == ""
        assert ndxp("grants", "add", MEMBER, SUBSYSTEM, NAME, "*").code == 0
        yield address
        assert ndxp("service", "remove", SUBSYSTEM, NAME).code == 0


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A file of valid requests."""
    file = tmp_path / "examples.jsonl"
    lines = [
        {"method": f"{NAME}/{method}", "request": {"citizenNumber": number, **more}}
        for number in CITIZENS
        for method, more in (("GetEntry", {}), ("ListLoans", {}), ("StoreEntry", {"text": f"of {number}"}))
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


def test_an_agency_in_any_language_is_checked_by_its_address_with_a_file_of_examples(
    ndxp: Ndxp, museum: str, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.parent)
    ran = ndxp("check", "agency", museum, *FEW, "--examples", examples, "--json")
    assert (ran.code, ran.err) == (0, "")
    by_id = {result["id"]: result for result in ran.data["results"]}
    assert by_id[f"mutations/again:{NAME}/StoreEntry"]["status"] == "passed"
    assert by_id[f"paging/other-list:{NAME}/ListLoans"]["status"] == "passed"
    assert by_id[f"stop/graceful:{SUBSYSTEM}"]["note"] == (
        "the agency is no process of its own that this exchange has started"
    )
    assert list(examples.parent.iterdir()) == [examples]


def test_a_method_without_an_example_gets_the_checks_that_need_none_and_says_so(ndxp: Ndxp, museum: str) -> None:
    ran = ndxp("check", "agency", museum, *FEW, "--json")
    by_id = {result["id"]: result for result in ran.data["results"]}
    assert by_id[f"mutations/again:{NAME}/StoreEntry"]["note"] == "no example request; give one with --examples"
    assert by_id[f"wrong-input/code:{NAME}/StoreEntry"]["status"] == "passed"


@pytest.mark.parametrize("museum", [("no field", "no health")], indirect=True)
def test_a_failure_is_told_in_full_and_the_exit_code_says_so(ndxp: Ndxp, museum: str) -> None:
    ran = ndxp("check", "agency", museum, *FEW)
    assert ran.code == FAILED
    assert ran.out.splitlines()[-1] == f"{SUBSYSTEM}: 4 checks failed."
    told = ran.out[ran.out.index(f"failed health/serving:{NAME}") :].splitlines()
    assert told[1] == f"  sent: HealthCheckRequest of {NAME}"
    assert told[2].startswith("  came: UNIMPLEMENTED")
    assert [line.split(":")[0] for line in told[3:6]] == ["  right", "  why", "  guide"]


@pytest.mark.parametrize("museum", [("no health",)], indirect=True)
def test_a_known_failure_is_no_failure_and_one_that_passes_now_is_said(ndxp: Ndxp, museum: str, tmp_path: Path) -> None:
    known = tmp_path / "known"
    lines = (f"health/serving:{NAME}  # ticket 7", f"style/package:{NAME}  # ticket 8", "style/nothing:x  # old")
    known.write_text("\n".join(lines), encoding="utf-8")
    ran = ndxp("check", "agency", museum, *FEW, "--known", known, "--no-time-limits")
    assert ran.code == 0
    assert f"known failure health/serving:{NAME}" in ran.out
    assert "passed (1): it is on the list of known failures and passes now: take it off the list" in ran.out
    assert ran.err == f"{known} names style/nothing:x, which is no check of this agency\n"


@pytest.mark.parametrize("museum", [("no health",)], indirect=True)
def test_the_reports_say_the_same_and_the_signature_is_the_exchanges(
    ndxp: Ndxp, museum: str, tmp_path: Path, exchange: RunningExchange
) -> None:
    report, page, xml = (tmp_path / name for name in ("check.json", "check.html", "check.xml"))
    ran = ndxp("check", "agency", museum, *FEW, "--report", report, "--html", page, "--junit", xml)
    assert ran.code == FAILED
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["counts"]["failed"] == 1
    cases = ElementTree.parse(xml).getroot().findall(".//testcase")  # noqa: S314 - it was written here
    assert len(cases) == len(told["results"])
    [failure] = [case.get("classname") for case in cases if case.find("failure") is not None]
    assert failure == "health/serving"
    shown = page.read_text(encoding="utf-8")
    assert f"health/serving:{NAME}" in shown
    assert "<script" not in shown
    verified = ndxp("check", "verify", report)
    assert verified.code == 0
    assert verified.out.startswith("✔ ndxp.example/VN has signed this report about VN/COM/museum/entries at ")
    report.write_text(report.read_text(encoding="utf-8").replace('"failed": 1', '"failed": 0'), encoding="utf-8")
    changed = ndxp("check", "verify", report, "--json")
    assert (changed.code, changed.data["why"]) == (1, "it was changed after the exchange had signed it")


def test_what_cannot_be_checked_is_one_clear_line(ndxp: Ndxp, tmp_path: Path) -> None:
    nobody = ndxp("check", "agency", "VN/COM/nobody/app")
    assert (nobody.code, nobody.complaint) == (
        1, "no provider is 'VN/COM/nobody/app', nor listens there; `ndxp services` lists them"
    )  # fmt: skip
    wrong = tmp_path / "wrong"
    wrong.write_text('{"method": "a.B/C"}\n', encoding="utf-8")
    examples = ndxp("check", "agency", LAND, "--examples", wrong)
    assert (examples.code, examples.complaint) == (
        2, f'{wrong}: line 1: each line is {{"method": "package.Service/Method", "request": {{...}}}}'
    )  # fmt: skip
    known = ndxp("check", "agency", LAND, "--known", wrong)
    assert known.code == 2
    assert known.complaint.startswith(f"{wrong}: line 1: a line is CHECK-ID # why")
    missing = ndxp("check", "agency", LAND, "--known", tmp_path / "nothing")
    assert (missing.code, missing.complaint) == (2, f"{tmp_path / 'nothing'}: No such file or directory")
    no_report = ndxp("check", "verify", wrong)
    assert (no_report.code, no_report.out) == (1, f"✗ {wrong}: it is no report of a check (ndxp-check/1)\n")


def test_an_example_that_does_not_fit_its_method_is_named_by_its_line(ndxp: Ndxp, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    line = {"method": "ndxp.land.v1.LandService/GetParcel", "request": {"parcel": 1}}
    wrong.write_text(f"\n{json.dumps(line)}\n", encoding="utf-8")
    ran = ndxp("check", "agency", LAND, "--examples", wrong)
    assert ran.code == 2
    assert ran.complaint.startswith(f"{wrong}: line 2: the request does not fit GetParcelRequest")
