"""The capacity search against exchanges that are functions."""

from collections.abc import Callable

import pytest

from loadtest.capacity import Capacity, Step, search


def exchange(limit: float, hiccups: tuple[int, ...] = (), *, valid: bool = True) -> Callable[[float], Step]:
    """Holds up to a limit, except at some steps, counted from 0."""
    steps = iter(range(1000))

    def step(rate: float) -> Step:
        passed = rate <= limit and next(steps) not in hiccups
        why = "" if passed else "p99 response 900 ms"
        return Step(
            rate=rate, passed=passed, valid=valid or passed, achieved=min(rate, limit), p50_ms=5, p99_ms=9,
            error_share=0, dropped_share=0, why=why,
        )  # fmt: skip

    return step


@pytest.mark.parametrize("limit", [7.0, 99.0, 100.0, 101.0, 437.0, 1600.0, 25_000.0])
def test_it_converges_on_the_limit_from_wherever_it_starts(limit: float) -> None:
    found = search(exchange(limit), start=100, precision=0.05, most_steps=40)
    assert limit * 0.94 <= found.rate <= limit
    assert found.limited_by.startswith("at ")


def test_it_ends_by_itself_however_much_the_exchange_carries() -> None:
    found = search(exchange(float("inf")), start=1, most_steps=12)
    assert len(found.steps) == 12
    assert found.rate == 2**11
    assert found.limited_by == "the search ended after 12 steps"
    assert found.figure == "at least 2,048 tx/s"


def test_it_ends_when_somebody_stops_it_and_keeps_what_it_found() -> None:
    carried = exchange(float("inf"))
    found = search(lambda rate: carried(rate) if rate < 400 else None, start=100)
    assert [step.rate for step in found.steps] == [100, 200]
    assert (found.figure, found.limited_by) == ("at least 200 tx/s", "the search was stopped by hand")


def test_it_ends_when_nothing_holds() -> None:
    found = search(exchange(0), start=8, most_steps=40)
    assert found.rate == 0
    assert len(found.steps) < 40
    assert found.sentence.startswith("no rate held the objectives")


def test_one_hiccup_does_not_count() -> None:
    calm, troubled = search(exchange(400), start=100), search(exchange(400, hiccups=(0, 3)), start=100)
    assert troubled.rate == calm.rate
    assert len(troubled.steps) == len(calm.steps) + 2


def test_a_limit_that_is_only_the_generators_is_named_so() -> None:
    found = search(exchange(300, valid=False), start=100)
    assert found.limited_by == "the generator, p99 response 900 ms"
    assert found.sentence.startswith("at least ")
    assert "; limited by the generator: the generator, p99 response 900 ms" in found.sentence


def test_one_miss_of_a_generator_at_its_limit_is_enough_to_leave_the_figure_a_least_one() -> None:
    attempts = iter([True, False])

    def step(rate: float) -> Step:
        high = rate > 200
        return Step(
            rate=rate, passed=not high, valid=not high or next(attempts, True), achieved=rate, p50_ms=5, p99_ms=9,
            error_share=0.62 if high else 0, dropped_share=0, why="errors, all calls 62 % (≤ 0.1 %)",
        )  # fmt: skip

    assert search(step, start=200, precision=1).limit == "generator"


def test_the_figure_is_what_was_achieved_and_comes_with_its_meaning() -> None:
    found = Capacity(rate=330, steps=[], limited_by="at 340/s errors")
    assert found.a_day == 28_512_000
    assert found.sentence == (
        "330 tx/s, 28.5 million a day, 15.0 times NDXP (1.9 million a day); limit: at 340/s errors"
    )
