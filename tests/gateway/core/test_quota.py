"""How much each consumer may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.quota import Allowance
from gateway.core.registry import Quota
from ndxp.errors import Reason, Refusal
from tests.fakes import Clock

CLIENT = "VN/GOV/H26/one-stop"


def taken(allowance: Allowance, quota: Quota, clock: Clock, tries: int) -> int:
    """How many of so many tries are let in; each call is over at once."""
    let_in = 0
    for _ in range(tries):
        try:
            allowance.take(CLIENT, quota, clock())
        except Refusal:
            continue
        allowance.give_back()
        let_in += 1
    return let_in


def test_a_burst_is_let_in_and_the_next_call_is_not() -> None:
    quota, clock = Quota(rate=10, burst=3), Clock()
    assert taken(Allowance(quota, clock()), quota, clock, 10) == 3


def test_after_a_pause_as_many_are_let_in_as_the_rate_gives() -> None:
    quota, clock = Quota(rate=10, burst=100), Clock()
    allowance = Allowance(quota, clock())
    taken(allowance, quota, clock, 1000)
    clock.pass_(0.55)
    assert taken(allowance, quota, clock, 1000) == 5


def test_a_long_pause_gives_no_more_than_a_burst() -> None:
    quota, clock = Quota(rate=10, burst=3), Clock()
    allowance = Allowance(quota, clock())
    clock.pass_(3600)
    assert taken(allowance, quota, clock, 10) == 3


def test_a_refused_caller_is_let_in_when_it_waited_as_long_as_it_was_told() -> None:
    quota, clock = Quota(rate=4, burst=1), Clock()
    allowance = Allowance(quota, clock())
    taken(allowance, quota, clock, 1)
    with pytest.raises(Refusal) as refused:
        allowance.take(CLIENT, quota, clock())
    assert refused.value.reason is Reason.QUOTA_EXCEEDED
    assert refused.value.retry_after == pytest.approx(0.25)
    assert refused.value.metadata == {"limit": "rate", "allowed": "4/s"}
    clock.pass_(refused.value.retry_after or 0)
    assert taken(allowance, quota, clock, 1) == 1


def test_calls_in_flight_are_limited_and_given_back() -> None:
    quota, clock = Quota(rate=1000, burst=1000, in_flight=2), Clock()
    allowance = Allowance(quota, clock())
    allowance.take(CLIENT, quota, clock())
    allowance.take(CLIENT, quota, clock())
    with pytest.raises(Refusal) as refused:
        allowance.take(CLIENT, quota, clock())
    assert refused.value.metadata == {"limit": "in_flight", "allowed": "2"}
    allowance.give_back()
    allowance.take(CLIENT, quota, clock())


def test_a_call_refused_for_those_in_flight_costs_nothing_of_the_rate() -> None:
    quota, clock = Quota(rate=1, burst=2, in_flight=1), Clock()
    allowance = Allowance(quota, clock())
    allowance.take(CLIENT, quota, clock())
    with pytest.raises(Refusal):
        allowance.take(CLIENT, quota, clock())
    allowance.give_back()
    allowance.take(CLIENT, quota, clock())


def test_a_changed_quota_counts_at_once() -> None:
    quota, clock = Quota(rate=1, burst=100), Clock()
    allowance = Allowance(quota, clock())
    assert taken(allowance, Quota(rate=1, burst=2), clock, 100) == 2


@given(
    rate=st.floats(0.5, 1000), burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 2), max_size=60),
)  # fmt: skip
def test_never_more_than_burst_and_rate_together(rate: float, burst: int, pauses: list[float]) -> None:
    quota, clock = Quota(rate=rate, burst=burst), Clock()
    allowance = Allowance(quota, clock())
    let_in = 0
    for pause in pauses:
        clock.pass_(pause)
        let_in += taken(allowance, quota, clock, 3)
    assert let_in <= burst + rate * sum(pauses) + 1e-6
