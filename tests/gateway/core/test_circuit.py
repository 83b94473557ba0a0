"""The circuit breaker."""

import pytest

from gateway.core.circuit import FAILURES, PAUSE, Circuit
from ndxp.errors import Reason, Refusal
from tests.support.fakes import Clock

ADDRESS = "127.0.0.1:1"


def is_open(circuit: Circuit, clock: Clock) -> bool:
    try:
        circuit.enter(ADDRESS, clock())
    except Refusal:
        return True
    return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broken(clock: Clock) -> Circuit:
    """A circuit that has just opened."""
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.enter(ADDRESS, clock())
        circuit.failed(clock())
    return circuit


def test_it_stays_closed_below_the_limit_of_failures(clock: Clock) -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit.failed(clock())
    assert not is_open(circuit, clock)


def test_it_opens_at_the_limit_and_says_how_long_to_wait(broken: Circuit, clock: Clock) -> None:
    with pytest.raises(Refusal) as refused:
        broken.enter(ADDRESS, clock())
    assert refused.value.reason is Reason.CIRCUIT_OPEN
    assert refused.value.retry_after == pytest.approx(PAUSE)
    assert ADDRESS in refused.value.message


def test_an_answer_in_between_starts_the_count_again(clock: Clock) -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit.failed(clock())
    circuit.succeeded()
    circuit.failed(clock())
    assert not is_open(circuit, clock)


def test_after_the_pause_one_call_tries_and_the_others_wait(broken: Circuit, clock: Clock) -> None:
    clock.pass_(PAUSE)
    assert [is_open(broken, clock) for _ in range(3)] == [False, True, True]


def test_it_closes_when_the_trial_succeeds(broken: Circuit, clock: Clock) -> None:
    clock.pass_(PAUSE)
    broken.enter(ADDRESS, clock())
    broken.succeeded()
    assert [is_open(broken, clock) for _ in range(3)] == [False, False, False]


def test_it_pauses_again_when_the_trial_fails(broken: Circuit, clock: Clock) -> None:
    clock.pass_(PAUSE)
    broken.enter(ADDRESS, clock())
    broken.failed(clock())
    clock.pass_(PAUSE * 0.9)
    assert is_open(broken, clock)
    clock.pass_(PAUSE * 0.2)
    assert not is_open(broken, clock)


def test_a_trial_that_ends_without_a_word_lets_the_next_one_try(broken: Circuit, clock: Clock) -> None:
    clock.pass_(PAUSE)
    broken.enter(ADDRESS, clock())
    assert is_open(broken, clock)
    clock.pass_(PAUSE)
    assert not is_open(broken, clock)


def test_while_one_tries_the_others_are_told_a_time_to_wait_that_is_not_zero(broken: Circuit, clock: Clock) -> None:
    clock.pass_(PAUSE * 5)
    broken.enter(ADDRESS, clock())
    with pytest.raises(Refusal) as refused:
        broken.enter(ADDRESS, clock())
    assert (refused.value.retry_after or 0) > 0
