"""Lab 6: a report that was changed, or is about another agency, and a service that nobody runs are no solutions."""

import json

from ndxp.check.report import digest, report, signed
from ndxp.labs import Workplace
from tests.labs.conftest import Begin, missing, why


def write_report(place: Workplace, name: str, provider: str) -> None:
    """A report without any check, which the exchange has signed all the same."""
    told = report([], provider=provider, address="127.0.0.1:1", at="2026-11-30T00:00:00+00:00", seed=0, tries=1)
    note = place.admin.send("POST", "/ledger/conformance", body={"sha256": digest(told)})["note"]
    (place.folder / name).write_text(json.dumps(signed(told, note)), encoding="utf-8")


def test_a_service_that_nobody_runs_is_not_offered(begin: Begin) -> None:
    course = begin("6")
    place = course.workplace()
    offer = {
        "provider": place.subsystems["agency"], "contract": place.values["contract"],
        "address": f"127.0.0.1:{place.values['port']}",
    }  # fmt: skip
    place.admin.send("PUT", "/services", body=offer)
    assert "nothing at its address has told the contract" in why(course, "offer")


def test_a_report_about_another_agency_or_about_no_check_proves_nothing(begin: Begin) -> None:
    course = begin("6")
    place = course.workplace()
    for name in ("failed.json", "report.json"):
        write_report(place, name, "VN/GOV/G13/land")
    assert "is about another agency: VN/GOV/G13/land" in why(course, "failed")
    assert "is about another agency: VN/GOV/G13/land" in why(course, "passed")
    for name in ("failed.json", "report.json"):
        write_report(place, name, place.subsystems["agency"])
    assert "0 checks of this report have failed" in why(course, "failed")
    assert "has left out what an agency does with changes" in why(course, "passed")


def test_a_report_that_was_changed_proves_nothing(begin: Begin) -> None:
    course = begin("6")
    place = course.workplace()
    write_report(place, "report.json", "VN/GOV/G13/land")
    path = place.folder / "report.json"
    forged = {**json.loads(path.read_text(encoding="utf-8")), "provider": place.subsystems["agency"]}
    path.write_text(json.dumps(forged), encoding="utf-8")
    assert "it was changed after the exchange had signed it" in why(course, "passed")
    assert missing(course) == ["offer", "called", "rule", "failed", "passed"]
