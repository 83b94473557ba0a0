"""Capacity search: doubling until a step misses its objectives, then bisection; it ends by itself."""

from collections.abc import Callable
from typing import Literal

import msgspec

from loadtest.checks import Check
from loadtest.results import STOPPED
from ndxp.language import _
from ndxp.plural import decimal

A_DAY = 86_400
NDXP_A_DAY = 1_900_000
"""Transactions a day on the real exchange in the first half of 2022 (350 million in 181 days)."""

_LOWEST = 0.5
"""Below this rate, in requests a second, the search gives up: no rate meets the objectives."""


Limit = Literal["exchange", "generator", "search"]


class Step(msgspec.Struct, kw_only=True):
    """One short run at one rate (requests a second); ``why`` says what it missed, ``missed`` has these checks.

    Latencies are response times.

    ``valid`` is False when the generator was at its limit: then the exchange may not be why objectives were missed.
    """

    rate: float
    passed: bool
    achieved: float
    p50_ms: float | None
    p99_ms: float | None
    error_share: float
    dropped_share: float
    why: str = ""
    valid: bool = True
    missed: list[Check] = []

    @property
    def findings(self) -> str:
        """What it missed, in the language in use."""
        return "; ".join(check.finding for check in self.missed) or self.why


class Capacity(msgspec.Struct, kw_only=True):
    """The highest rate that met its objectives, and every step of the search. ``rate`` is 0 when no rate did.

    ``limited_by`` says what the next higher step missed, and ``limit`` whose limit that is. Only if it is the
    exchange's, the rate is its capacity; otherwise the capacity is at least this rate.
    """

    rate: float
    steps: list[Step]
    limited_by: str
    limit: Limit = "exchange"

    @property
    def a_day(self) -> float:
        """Transactions a day at that rate."""
        return self.rate * A_DAY

    @property
    def multiples(self) -> float:
        """How many times the load of the real exchange in 2022."""
        return self.a_day / NDXP_A_DAY

    @property
    def figure(self) -> str:
        """The rate, with "at least" if higher rates were not tried or not valid."""
        rate = decimal(self.rate, ",.0f")
        return f"{rate} tx/s" if self.limit == "exchange" else _("at least {rate} tx/s", rate=rate)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        return f"{self.figure}, {self.meaning}" if self.rate else self.meaning

    @property
    def meaning(self) -> str:
        """What the figure means, and what limits it."""
        if not self.rate:
            return _("no rate held the objectives: {limit}", limit=self.told_limit)
        return _(
            "{millions} million a day, {times} times NDXP (1.9 million a day); {whose}: {limit}",
            millions=decimal(self.a_day / 1e6, ",.1f"),
            times=decimal(self.multiples, ",.1f"),
            whose=_("limited by the generator") if self.limit == "generator" else _("limit"),
            limit=self.told_limit,
        )

    @property
    def told_limit(self) -> str:
        """What limited it, in the language in use, where the steps tell it."""
        if not self.steps or self.limit == "search":
            return self.limited_by
        held = max((step.rate for step in self.steps if step.passed), default=0.0)
        return _limit(self.steps, held, len(self.steps))[1]


def search(
    step: Callable[[float], Step | None], *, start: float, precision: float = 0.05, most_steps: int = 20
) -> Capacity:
    """Finds the highest rate at which ``step`` passes, to a relative precision; a step that is None ends the search.

    A step that misses is run once more before it counts, because a short disturbance of the machine is not the limit of
    the exchange. At most ``most_steps`` steps are run, including repetitions.
    """
    steps: list[Step] = []
    stopped = False

    def passes(rate: float) -> bool:
        nonlocal stopped
        for _attempt in range(2):
            if stopped or len(steps) >= most_steps:
                return False
            if (one := step(rate)) is None:
                stopped = True
                return False
            steps.append(one)
            if steps[-1].passed:
                return True
        return False

    low, high = _bracket(passes, start)
    while low and high - low > precision * low and len(steps) < most_steps and not stopped:
        middle = float(f"{(low + high) / 2:.3g}")  # short steps cannot measure more digits
        if not low < middle < high:
            break
        low, high = (middle, high) if passes(middle) else (low, middle)
    held = [one.achieved for one in steps if one.passed and one.rate == low]
    limit, limited_by = _limit(steps, low, most_steps)
    if stopped:
        limit, limited_by = "search", f"the search was {STOPPED}"
    return Capacity(rate=min(low, max(held, default=0.0)), steps=steps, limited_by=limited_by, limit=limit)


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


def _limit(steps: list[Step], low: float, most_steps: int) -> tuple[Limit, str]:
    """Whose limit the lowest failed rate shows, and what was missed there.

    It is the exchange's limit only if no attempt at that rate was at the generator's limit.
    """
    above = [one for one in steps if one.rate > low and not one.passed]
    if not above:
        return "search", f"the search ended after {most_steps} steps"
    nearest = [one for one in above if one.rate == min(step.rate for step in above)]
    if broken := [one for one in nearest if not one.valid]:
        return "generator", _("the generator, {findings}", findings=broken[0].findings)
    return "exchange", _("at {rate}/s {findings}", rate=decimal(nearest[0].rate, ",.0f"), findings=nearest[0].findings)
