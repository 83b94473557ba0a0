"""Latencies as histograms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histograms import Latencies, three_digits

microseconds = st.lists(st.integers(1, 60_000_000), min_size=1, max_size=200)


def made(latencies: list[int]) -> Latencies:
    histogram = Latencies()
    for one in latencies:
        histogram.record(one)
    return histogram


@given(first=microseconds, second=microseconds)
def test_merging_loses_nothing(first: list[int], second: list[int]) -> None:
    merged = Latencies.decode(made(first).encode())
    merged.add(made(second).encode())
    together = made(first + second)
    assert merged.count == len(first) + len(second)
    assert [merged.percentile(p) for p in (1, 50, 99, 100)] == [together.percentile(p) for p in (1, 50, 99, 100)]


@given(latencies=microseconds)
def test_percentiles_are_exact_to_three_digits(latencies: list[int]) -> None:
    ordered = sorted(latencies)
    exact = ordered[max(0, -(-len(ordered) * 99 // 100) - 1)] / 1000
    assert made(latencies).percentile(99) == pytest.approx(exact, rel=0.001, abs=0.001)


@pytest.mark.parametrize("count", [1, 51, 60, 99, 100, 101, 160, 245])
def test_no_more_than_one_in_a_hundred_is_slower_than_p99(count: int) -> None:
    latencies = range(1, count + 1)
    p99 = 1000 * made(list(latencies)).percentile(99)
    assert sum(one > p99 for one in latencies) <= count / 100


def test_what_is_above_a_minute_counts_as_a_minute() -> None:
    assert made([3_600_000_000]).highest == pytest.approx(60_000, rel=0.001)


def test_nothing_recorded_is_zero() -> None:
    assert (Latencies().percentile(99), Latencies().highest, Latencies.decode("").count) == (0, 0, 0)


@pytest.mark.parametrize(
    ("given_ms", "kept"), [(0, 0), (0.12345, 0.123), (3.14159, 3.14), (47.26, 47.3), (1234.5, 1230), (58765, 58800)]
)
def test_locusts_tables_keep_three_digits(given_ms: float, kept: float) -> None:
    assert three_digits(given_ms) == kept
