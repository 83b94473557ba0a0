"""Capacity search: doubling until a step misses its objectives, then bisection; it ends by itself."""

from collections.abc import Callable

import msgspec

A_DAY = 86_400
NDXP_A_DAY = 1_900_000
"""Transactions a day on the real exchange in the first half of 2022 (350 million in 181 days)."""

_LOWEST = 0.5
"""Requests a second below which the search gives up: nothing holds the objectives."""


class Step(msgspec.Struct, kw_only=True):
    """One short run at one rate (requests a second); ``why`` says what it missed, latencies are response times."""

    rate: float
    passed: bool
    achieved: float
    p50_ms: float
    p99_ms: float
    error_share: float
    dropped_share: float
    why: str = ""
    valid: bool = True


class Capacity(msgspec.Struct, kw_only=True):
    """The highest rate that held its objectives, and every step to it. ``rate`` is 0 when none held.

    ``limited_by`` tells an upper end that is the exchange's from one that is only the generator's or the search's.
    """

    rate: float
    steps: list[Step]
    limited_by: str

    @property
    def a_day(self) -> float:
        """Transactions a day at that rate."""
        return self.rate * A_DAY

    @property
    def multiples(self) -> float:
        """How many times the load of the real exchange in 2022."""
        return self.a_day / NDXP_A_DAY

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.rate:
            return f"no rate held the objectives: {self.limited_by}"
        return (
            f"{self.rate:,.0f} tx/s, {self.a_day / 1e6:,.1f} million a day, "
            f"{self.multiples:,.1f} times NDXP (1.9 million a day); limit: {self.limited_by}"
        )


def search(step: Callable[[float], Step], *, start: float, precision: float = 0.05, most_steps: int = 20) -> Capacity:
    """Finds the highest rate at which ``step`` passes, to a relative precision.

    A step that misses is run once more before it counts: one hiccup of the machine is not the exchange's limit. At most
    ``most_steps`` steps are run, repetitions among them.
    """
    steps: list[Step] = []

    def passes(rate: float) -> bool:
        for _ in range(2):
            if len(steps) >= most_steps:
                return False
            steps.append(step(rate))
            if steps[-1].passed:
                return True
        return False

    low, high = _bracket(passes, start)
    while low and high - low > precision * low and len(steps) < most_steps:
        middle = float(f"{(low + high) / 2:.3g}")  # more digits are not what short steps can tell
        if not low < middle < high:
            break
        low, high = (middle, high) if passes(middle) else (low, middle)
    held = [one.achieved for one in steps if one.passed and one.rate == low]
    return Capacity(rate=min(low, max(held, default=0.0)), steps=steps, limited_by=_limit(steps, low, most_steps))


def _bracket(passes: Callable[[float], bool], start: float) -> tuple[float, float]:
    """The highest rate that passes and the lowest that does not, a factor of two apart; (0, rate) when none passes."""
    rate = start
    if passes(rate):
        while passes(2 * rate):
            rate *= 2
        return rate, 2 * rate
    while rate / 2 >= _LOWEST:
        rate /= 2
        if passes(rate):
            return rate, 2 * rate
    return 0.0, rate


def _limit(steps: list[Step], low: float, most_steps: int) -> str:
    above = [one for one in steps if one.rate > low and not one.passed]
    if not above:
        return f"the search ended after {most_steps} steps"
    nearest = min(above, key=lambda one: one.rate)
    return f"at {nearest.rate:,.0f}/s {nearest.why}" if nearest.valid else f"the generator, {nearest.why}"
