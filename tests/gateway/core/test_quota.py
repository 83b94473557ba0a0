"""How much each consumer may ask: what a worker decides alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.quota import LEASE, NO_ANSWER, SETTLED, Allowance, Answer, Bucket, depth
from gateway.core.registry import Quota
from ndxp.errors import Reason, Refusal
from tests.support.fakes import Clock

CLIENT = "VN/GOV/H26/one-stop"
QUOTA = Quota(rate=100, burst=640)
PAUSE = 0.03


def let_in(allowance: Allowance, clock: Clock, tries: int, quota: Quota = QUOTA) -> int:
    """How many of so many tries get a token without a question; each call is over at once."""
    tokens = 0
    for _ in range(tries):
        allowance.enter(CLIENT, quota)
        tokens += allowance.take(CLIENT, quota, clock())
        allowance.leave()
    return tokens


def asked(allowance: Allowance, clock: Clock, answer: Answer, *, waiting: int = 0) -> None:
    """Asks and learns; then those who waited take their tokens."""
    allowance.waiting = waiting
    ask = allowance.ask(clock())
    assert ask.need == waiting
    allowance.learn(ask, answer, clock(), PAUSE)
    allowance.waiting = 0
    for _ in range(answer.needed):
        assert allowance.take(CLIENT, QUOTA, clock())


@pytest.mark.parametrize(
    ("quota", "full"),
    [
        (Quota(rate=2000, burst=4000), 4000),
        (Quota(rate=1, burst=1), 1),
        (Quota(rate=0.01, burst=1), 1),
        (Quota(rate=1000, burst=1), 200),
        (Quota(rate=6, burst=1), 2),
    ],
)
def test_a_burst_is_never_less_than_a_fifth_of_a_second_of_the_rate(quota: Quota, full: int) -> None:
    assert depth(quota) == full


def test_a_worker_without_tokens_asks_first() -> None:
    clock = Clock()
    assert let_in(Allowance(QUOTA, clock()), clock, 3) == 0


def test_what_it_holds_is_let_in_without_a_question() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(1, 10), waiting=1)
    assert let_in(allowance, clock, 30) == 10


def test_a_lease_that_is_over_is_not_used_but_given_back() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 10))
    clock.pass_(LEASE)
    assert let_in(allowance, clock, 1) == 0
    assert allowance.due(clock())
    assert allowance.ask(clock()).back == 10


def test_a_worker_that_knows_the_bucket_is_empty_refuses_with_the_time_to_wait_and_asks_again_after_it() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 0, wait=0.25), waiting=1)
    with pytest.raises(Refusal) as refused:
        let_in(allowance, clock, 1)
    assert refused.value.reason is Reason.QUOTA_EXCEEDED
    assert refused.value.retry_after == pytest.approx(0.25)
    assert refused.value.metadata == {"limit": "rate", "allowed": "100/s"}
    clock.pass_(refused.value.retry_after or 0)
    assert let_in(allowance, clock, 1) == 0


def test_a_dry_bucket_is_left_alone_for_a_moment_even_if_it_has_the_next_token_at_once() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 0, wait=0.001), waiting=1)
    clock.pass_(PAUSE / 2)
    with pytest.raises(Refusal):
        let_in(allowance, clock, 1)


def test_a_day_that_is_used_up_is_named_with_the_time_until_the_next_and_asked_about_all_the_same() -> None:
    clock, quota = Clock(), Quota(rate=100, burst=640, daily=5000)
    allowance = Allowance(quota, clock())
    asked(allowance, clock, Answer(0, 0, wait=7200, daily=True), waiting=1)
    with pytest.raises(Refusal) as refused:
        let_in(allowance, clock, 1, quota)
    assert refused.value.retry_after == 7200
    assert refused.value.metadata == {"limit": "daily", "allowed": "5000"}
    clock.pass_(1)
    assert let_in(allowance, clock, 1, quota) == 0


def test_while_the_store_is_away_calls_are_refused_in_its_name_and_nothing_is_held() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 5))
    allowance.waiting = 1
    allowance.learn(allowance.ask(clock()), NO_ANSWER, clock(), PAUSE)
    with pytest.raises(Refusal) as refused:
        let_in(allowance, clock, 1)
    assert refused.value.reason is Reason.JOURNAL_UNAVAILABLE
    clock.pass_(PAUSE)
    assert allowance.ask(clock()).back == 5


def test_a_worker_asks_ahead_as_its_consumers_pace_demands() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 640))
    for _ in range(20):
        let_in(allowance, clock, 4)
        clock.pass_(0.01)
    assert allowance.due(clock()) is (SETTLED <= 20 * 0.01)
    ask = allowance.ask(clock())
    assert (ask.spent, ask.back, ask.need) == (80, 0, 0)
    assert ask.ahead == 0  # 400 a second want 40 in hand, and 560 are there


@pytest.mark.parametrize(("held", "short"), [(1, True), (5, True), (6, False)])
def test_a_worker_asks_again_when_half_of_what_it_keeps_is_gone(held: int, short: bool) -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    allowance.enter(CLIENT, QUOTA)
    asked(allowance, clock, Answer(0, 10))
    assert let_in(allowance, clock, 10 - held) == 10 - held
    assert allowance.short(clock()) is short


def test_an_idle_worker_has_nothing_to_say_once_it_has_given_back() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 5))
    assert not allowance.settled
    clock.pass_(LEASE)
    asked(allowance, clock, Answer(0, 0))
    assert allowance.settled
    assert not allowance.due(clock())


def test_a_changed_quota_makes_the_worker_ask_at_once_and_give_back_what_it_held() -> None:
    clock, less = Clock(), Quota(rate=1, burst=1)
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 50))
    assert let_in(allowance, clock, 1, less) == 0
    assert allowance.ask(clock()).back == 50


def test_a_raised_quota_ends_the_certainty_that_there_is_nothing() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 0, wait=100), waiting=1)
    assert let_in(allowance, clock, 1, Quota(rate=200, burst=640)) == 0


def test_an_answer_to_the_old_quota_says_nothing_about_the_new() -> None:
    clock, more = Clock(), Quota(rate=200, burst=640)
    allowance = Allowance(QUOTA, clock())
    allowance.waiting = 1
    ask = allowance.ask(clock())
    assert let_in(allowance, clock, 1, more) == 0
    allowance.learn(ask, Answer(0, 0, wait=100), clock(), PAUSE)
    assert let_in(allowance, clock, 1, more) == 0


def test_the_same_quota_read_again_changes_nothing() -> None:
    clock = Clock()
    allowance = Allowance(QUOTA, clock())
    asked(allowance, clock, Answer(0, 3))
    assert let_in(allowance, clock, 3, Quota(rate=100, burst=640)) == 3


def test_calls_in_flight_are_limited_and_given_back() -> None:
    quota = Quota(in_flight=2)
    allowance = Allowance(quota, 0)
    allowance.enter(CLIENT, quota)
    allowance.enter(CLIENT, quota)
    with pytest.raises(Refusal) as refused:
        allowance.enter(CLIENT, quota)
    assert refused.value.metadata == {"limit": "in_flight", "allowed": "2"}
    allowance.leave()
    allowance.enter(CLIENT, quota)


@given(
    rate=st.floats(0.5, 1000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 2), max_size=60),
)
def test_a_bucket_gives_never_more_than_burst_and_rate_together(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    bucket, taken = Bucket(rate, burst, clock()), 0
    for pause in pauses:
        clock.pass_(pause)
        taken += sum(bucket.take(clock()) for _ in range(3))
    assert min(len(pauses), burst) <= taken <= burst + rate * sum(pauses) + 1e-6
