"""When requests are due."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.arrivals import Curve, count, due_times

DAY = Curve(((0, 1), (10, 5), (20, 5), (40, 0)))

rates = st.floats(0, 50)
curves = st.lists(st.tuples(st.floats(0.1, 20), rates), min_size=1, max_size=6).map(
    lambda steps: Curve(
        ((0.0, steps[0][1]), *((sum(step for step, _ in steps[: i + 1]), rate) for i, (_, rate) in enumerate(steps)))
    )
)


def test_a_constant_rate_is_evenly_spaced() -> None:
    assert list(due_times(Curve.constant(2, 3), "constant", seed=1)) == pytest.approx(
        [0.25, 0.75, 1.25, 1.75, 2.25, 2.75]
    )


def test_the_total_is_the_area_below_the_curve() -> None:
    assert DAY.total == pytest.approx(30 + 50 + 50)


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
@pytest.mark.parametrize("slots", [1, 3, 7])
def test_all_slots_together_send_exactly_the_expected_number(arrivals: str, slots: int) -> None:
    shares = [list(due_times(DAY, arrivals, seed=5, slot=i, slots=slots)) for i in range(slots)]  # type: ignore[arg-type]
    assert sum(map(len, shares)) == count(DAY) == 130
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(curve=curves, seed=st.integers(0, 1000))
def test_due_times_ascend_within_the_curve(curve: Curve, seed: int) -> None:
    for arrivals in ("constant", "poisson"):
        due = list(due_times(curve, arrivals, seed=seed))
        assert len(due) == count(curve)
        assert all(
            0 <= one <= following <= curve.duration + 1e-6 for one, following in pairwise([*due, curve.duration])
        )


@given(curve=curves)
def test_constant_arrivals_follow_the_curve_at_every_moment(curve: Curve) -> None:
    due = list(due_times(curve, "constant", seed=0))
    for sent, at in enumerate(due):
        assert curve.cut(max(at, 1e-9)).total == pytest.approx(sent + 0.5, abs=0.6 + 0.01 * sent)


def test_slots_take_turns_when_arrivals_are_constant() -> None:
    alone = list(due_times(DAY, "constant", seed=1))
    shared = sorted(at for slot in range(4) for at in due_times(DAY, "constant", seed=1, slot=slot, slots=4))
    assert shared == pytest.approx(alone)


def test_poisson_slots_are_not_correlated_and_repeat_by_seed() -> None:
    first, second = (list(due_times(DAY, "poisson", seed=1, slot=slot, slots=2)) for slot in (0, 1))
    assert not set(first) & set(second)
    assert first == list(due_times(DAY, "poisson", seed=1, slot=0, slots=2))
    assert first != list(due_times(DAY, "poisson", seed=2, slot=0, slots=2))


def test_poisson_counts_vary_as_a_poisson_process_does() -> None:
    """Of 20,000 arrivals in 2,000 bins the variance of a bin is its mean, 10; evenly spaced it would be 0."""
    counts = [0] * 2000
    for at in due_times(Curve.constant(100, 200), "poisson", seed=3):
        counts[int(at * 10)] += 1
    variance = sum((number - 10) ** 2 for number in counts) / len(counts)
    assert 8.5 < variance < 11.5


def test_compression_shortens_time_and_keeps_rates() -> None:
    hour = DAY.compressed(4)
    assert hour.duration == 10
    assert hour.rate(5) == DAY.rate(20 - 1e-9)
    assert hour.total == pytest.approx(DAY.total / 4)


def test_a_curve_can_be_cut_in_a_slope() -> None:
    assert DAY.cut(5) == Curve(((0, 1), (5, 3)))
    assert DAY.cut(100) is DAY
