"""The figures of a run."""

import pytest

from loadtest import profiles
from loadtest.report import Source, summarise
from tests.support.made import VERIFY, results, series


def test_rates_are_over_the_time_in_which_calls_were_due_however_many_seconds_it_touches() -> None:
    found = summarise(results({VERIFY: series(50, failed=5)}, seconds=2.5))
    assert found.seconds == 2.5
    assert found.planned_rate == pytest.approx(22)
    assert found.achieved_rate == pytest.approx(20)


def test_a_title_does_not_contradict_the_rate_of_the_run() -> None:
    profile = profiles.load("ndxp-average")
    assert Source.of(profile).title == "NDXP in 2022 on average, 22 transactions a second"
    assert Source.of(profile, 100).title == "NDXP in 2022 on average, 22 transactions a second; here 100 a second"


def test_a_run_that_was_stopped_before_it_began_has_no_rate() -> None:
    found = results({})
    found.duration = 0
    assert summarise(found).achieved_rate == 0
