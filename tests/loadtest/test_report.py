"""The figures of a run."""

import pytest

from loadtest.report import summarise
from tests.loadtest.made import VERIFY, results, series


def test_rates_are_over_the_time_in_which_calls_were_due_however_many_seconds_it_touches() -> None:
    found = summarise(results({VERIFY: series(50, failed=5)}, seconds=2.5))
    assert found.seconds == 2.5
    assert found.planned_rate == pytest.approx(22)
    assert found.achieved_rate == pytest.approx(20)


def test_a_run_that_was_stopped_before_it_began_has_no_rate() -> None:
    found = results({})
    found.duration = 0
    assert summarise(found).achieved_rate == 0
