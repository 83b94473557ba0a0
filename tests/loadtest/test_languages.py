"""The report of a trial is in English, whatever language its user reads."""

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from loadtest import trial
from loadtest.reconciliation import Reconciliation
from loadtest.report import encode
from loadtest.run import Measured, Reckoning
from loadtest.traffic import Plan
from ndxp.language import speaking
from tests.support.made import VERIFY, results, series, usages


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange whose every call fails."""
    measured = Measured(results({VERIFY: series(0, failed=40)}), usages(gateway=0.4, generator=0.2), {})
    reckoning = Reckoning(Reconciliation(answered=40, recorded=40, accesses=40), [], [], [])
    monkeypatch.setattr(trial, "_open", lambda folder: (MagicMock(), MagicMock()))
    monkeypatch.setattr(trial, "measure", lambda *given: measured)
    monkeypatch.setattr(trial, "reckon", lambda *given: reckoning)


def test_a_search_for_a_user_who_reads_vietnamese_shows_it_and_reports_in_english(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with speaking("vi"):
        found = trial.find_capacity(Plan(profile="capacity", folder=tmp_path), start=1, precision=0.5)
    assert "chờ nguội bớt" in capsys.readouterr().err
    assert found.capacity is not None
    assert "errors, all calls 100 % (≤ " in found.capacity.limited_by
    assert found.capacity.limited_by in found.verdict.why
    assert found.verdict.word == "SLO MISSED"
    assert "lời gọi" not in encode(found).decode()


def test_a_run_for_a_user_who_reads_vietnamese_is_reported_in_english(tmp_path: Path) -> None:
    with speaking("vi"):
        found = trial.run(Plan(profile="ndxp-average", folder=tmp_path, duration=5))
    assert found.verdict.word == "INVALID"  # fewer calls than were asked for
    assert found.verdict.why.startswith("limited by its generator: scheduled of asked for ")
    assert found.attribution.sentence.startswith("Nothing was at its limit")
    assert "lời gọi" not in encode(found).decode()
