"""The decision whether a call is sent again, and when."""

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.retries import Attempts, Budget, Policy, Retries

POPULATION = "/ndxp.population.v1.PopulationService"
READ, CHANGE = f"{POPULATION}/VerifyCitizen", f"{POPULATION}/ChangeAddress"
QUESTION = population.VerifyCitizenRequest()
USUAL = Retries()


def begun(path: str = READ, *requests: Message, retries: Retries = USUAL, ends: float = 10.0) -> Attempts:
    """A call whose first attempt is sent at 0."""
    attempts = Policy(retries).begin(path, requests or (QUESTION,), ends)
    attempts.next()
    return attempts


@pytest.mark.parametrize(
    ("path", "requests", "repeatable"),
    [
        (READ, (QUESTION,), True),
        (READ, (b"bytes of anybody",), True),
        (CHANGE, (population.ChangeAddressRequest(request_id="r-1"),), True),
        (CHANGE, (population.ChangeAddressRequest(),), False),
        (CHANGE, (population.ChangeAddressRequest(request_id="r-1"), population.ChangeAddressRequest()), False),
        (CHANGE, (b"bytes of anybody",), False),
        ("/made.up.v1.Service/Look", (QUESTION,), False),
        ("no path at all", (QUESTION,), False),
    ],
)
def test_a_call_is_repeatable_when_it_changes_nothing_or_every_request_has_an_id(
    path: str, requests: tuple[object, ...], repeatable: bool
) -> None:
    assert Policy(USUAL).begin(path, requests, 10).repeatable is repeatable


@pytest.mark.parametrize("code", list(Code))
def test_only_a_passing_failure_is_followed_by_another_attempt(code: Code) -> None:
    assert (begun().pause(code, None, 0) is not None) == (code is Code.UNAVAILABLE)
    passing = code in (Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED)
    assert (begun().pause(code, 0.5, 0) is not None) == passing


@given(number=st.integers(1, 30), asked=st.none() | st.floats(0, 5))
def test_a_pause_is_what_the_other_side_asks_for_and_up_to_a_bound_that_doubles(
    number: int, asked: float | None
) -> None:
    retries = Retries(attempts=100, first_pause=0.1, longest_pause=2)
    attempts = begun(retries=retries)
    for _ in range(number - 1):
        attempts.next()
    pause = attempts.pause(Code.UNAVAILABLE, asked, 0)
    assert pause is not None
    assert 0 <= pause - (asked or 0) <= min(2, 0.1 * 2 ** (number - 1)) + 1e-9


def test_a_pause_that_would_end_after_the_deadline_is_none() -> None:
    assert begun(ends=5).pause(Code.UNAVAILABLE, 4.99, 0.2) is None
    assert begun(ends=5).pause(Code.UNAVAILABLE, None, 5) is None


def test_there_are_as_many_attempts_as_the_caller_wants() -> None:
    attempts = begun(retries=Retries(attempts=2))
    assert attempts.pause(Code.UNAVAILABLE, None, 0) is not None
    attempts.next()
    assert attempts.pause(Code.UNAVAILABLE, None, 0) is None
    assert begun(retries=Retries(attempts=1)).pause(Code.UNAVAILABLE, None, 0) is None


def test_a_budget_ends_repetition_at_half_its_tokens_and_answers_fill_it_slowly() -> None:
    budget = Budget(10, 0.1)
    for _ in range(5):
        assert budget.enough
        budget.spend()
    assert not budget.enough
    budget.earn()
    assert budget.enough
    for _ in range(100):
        budget.spend()
    for _ in range(50):
        budget.earn()
    assert not budget.enough


def test_each_contract_has_a_budget_of_its_own() -> None:
    policy = Policy(USUAL)
    for _ in range(10):
        failing = policy.begin(READ, (QUESTION,), 10)
        failing.next()
        failing.pause(Code.UNAVAILABLE, None, 0)
    assert failing.pause(Code.UNAVAILABLE, None, 0) is None
    other = policy.begin("/ndxp.wallet.v1.WalletService/ListDocuments", (QUESTION,), 10)
    other.repeatable = True
    other.next()
    assert other.pause(Code.UNAVAILABLE, None, 0) is not None


def test_only_a_call_that_changes_nothing_has_a_second_copy() -> None:
    retries = Retries(hedge={"ndxp.population.v1.PopulationService": 0.3})
    assert begun(retries=retries).hedge == 0.3
    assert begun(CHANGE, population.ChangeAddressRequest(request_id="r-1"), retries=retries).hedge is None
    assert begun().hedge is None


def test_a_second_copy_takes_a_token() -> None:
    attempts = begun(retries=Retries(attempts=100))
    assert sum(attempts.may_copy() for _ in range(20)) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0}, {"tokens": 0}, {"ratio": -1}, {"first_pause": -1}, {"longest_pause": -1},
        {"hedge": {"a.b.C": -1}}, {"hedge": {"a.b.C/Look": 1}},
    ],
)  # fmt: skip
def test_wrong_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="retries: "):
        Retries(**wrong)  # type: ignore[arg-type]
