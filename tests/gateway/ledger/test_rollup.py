"""Rollups: what they count, and that it does not matter in which parts."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.transaction import Origin, Record
from gateway.ledger.rollup import Rollup
from tests.support.records import record

ANSWERED = record(request_in_ts=1000, response_out_ts=3000, request_size=10, response_size=20)
FAILED = record(request_in_ts=1000, response_out_ts=2000, status_code=5, reason="NO_SUCH_CITIZEN")
REFUSED = record(request_in_ts=1000, response_out_ts=1100, status_code=7, reason="ACCESS_DENIED", origin=Origin.GATEWAY)
UNNAMED = record(request_in_ts=1000, response_out_ts=1100, status_code=1, origin=Origin.GATEWAY)


def rolled(*records: Record) -> Rollup:
    rollup = Rollup()
    for one in records:
        rollup.add(one)
    return rollup


def test_a_rollup_counts_by_whose_word_and_why() -> None:
    rollup = rolled(ANSWERED, FAILED, REFUSED, REFUSED, UNNAMED)
    assert (rollup.count, rollup.answered, rollup.failed, rollup.refused) == (5, 1, 1, 3)
    assert rollup.reasons == {"NO_SUCH_CITIZEN": 1, "ACCESS_DENIED": 2, "CANCELLED": 1}
    assert (rollup.request_bytes, rollup.response_bytes) == (10, 20)
    assert (rollup.duration_min, rollup.duration_max, rollup.duration_sum) == (100, 2000, 3300)


def test_nothing_has_no_durations() -> None:
    assert (Rollup().count, Rollup().percentile(0.5), Rollup().duration_min) == (0, 0, 0)


def test_a_clock_that_was_set_back_gives_no_negative_duration() -> None:
    assert rolled(record(request_in_ts=1000, response_out_ts=0)).duration_min == 0


@given(durations=st.lists(st.integers(0, 10**9), min_size=1, max_size=200), share=st.sampled_from([0.01, 0.5, 0.99, 1]))
def test_a_percentile_is_within_one_percent(durations: list[int], share: float) -> None:
    rollup = rolled(*(record(request_in_ts=0, response_out_ts=duration) for duration in durations))
    ranked = sorted(durations)
    exact = ranked[max(0, -int(-share * len(ranked) // 1) - 1)]
    assert abs(rollup.percentile(share) - exact) <= 1 + 0.01 * exact


@given(durations=st.lists(st.integers(0, 10**7), max_size=50), at=st.integers(0, 50))
def test_it_does_not_matter_in_which_parts_a_rollup_was_made(durations: list[int], at: int) -> None:
    records = [
        record(request_in_ts=5, response_out_ts=5 + duration, status_code=duration % 2) for duration in durations
    ]
    merged = rolled(*records[:at])
    merged.merge(rolled(*records[at:]))
    assert merged == rolled(*records)


def test_reasons_are_told_apart_up_to_a_hundred() -> None:
    rollup = rolled(*(record(status_code=5, reason=f"R{number}") for number in range(150)))
    assert len(rollup.reasons) == 101
    assert (rollup.reasons["R99"], rollup.reasons["OTHER"]) == (1, 50)
