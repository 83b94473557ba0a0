"""A check: one measured value compared with one bound."""

from typing import Self

import msgspec

from ndxp.language import _
from ndxp.plural import decimal

WORDS = (
    "errors", "dropped of planned", "succeeded of planned", "p50 response", "p99 response", "all calls",
    "stopped early", "no call was made", "no successful answer", "p99", "generator loop lag", "generator CPU",
    "busiest process", "sent later than due", "scheduled of asked for", "in flight when calls were dropped",
    "of the limit", "its loop woke too late, and so late it sent and stamped",
    "it was busy with itself: use more --processes, or another machine for the generator",
    "calls left late, which is the generator's doing", "the generator did not keep its own schedule",
    "calls were dropped while there was room for them", "stopped by hand",
)  # fmt: skip
"""What checks are about, in the parts between which they have a comma, and why they fail, where these are no names."""


class Check(msgspec.Struct, kw_only=True, frozen=True):
    """One line of a ✔/✗ list.

    ``unit`` is "ms", "%" (values are then shares, 0.01 is 1 %) or "yes" (1 is yes, 0 is no). ``measured`` is None when
    there was nothing to measure: then the check fails, and ``why`` says what is missing.
    """

    what: str
    measured: float | None
    bound: float
    unit: str
    passed: bool
    at_most: bool
    why: str = ""

    @classmethod
    def below(cls, what: str, measured: float, bound: float, unit: str, why: str = "") -> Self:
        """Passes while the measured value is at most the bound."""
        passed = measured <= bound
        return cls(what=what, measured=measured, bound=bound, unit=unit, passed=passed, at_most=True, why=why)

    @classmethod
    def above(cls, what: str, measured: float, bound: float, unit: str, why: str = "") -> Self:
        """Passes while the measured value is at least the bound."""
        passed = measured >= bound
        return cls(what=what, measured=measured, bound=bound, unit=unit, passed=passed, at_most=False, why=why)

    @classmethod
    def unmeasured(cls, what: str, bound: float, unit: str, why: str, *, at_most: bool) -> Self:
        """Fails, because nothing could be measured."""
        return cls(what=what, measured=None, bound=bound, unit=unit, passed=False, at_most=at_most, why=why)

    @property
    def measured_text(self) -> str:
        """The measured value for people; with more digits if it would otherwise look equal to the bound."""
        if self.measured is None:
            return _("nothing")
        text = _text(self.measured, self.unit)
        if self.passed or text != _text(self.bound, self.unit):
            return text
        return f"{decimal(100 * self.measured, '.9g')} %" if self.unit == "%" else f"{decimal(self.measured, '.9g')} ms"

    @property
    def bound_text(self) -> str:
        """The bound for people, with its direction."""
        text = _text(self.bound, self.unit)
        return text if self.unit == "yes" else f"{'≤' if self.at_most else '≥'} {text}"

    @property
    def name(self) -> str:
        """What it is about, in the language in use."""
        return ", ".join(map(told, self.what.split(", ")))

    @property
    def finding(self) -> str:
        """What was measured and what was allowed, in one phrase."""
        if self.unit == "yes" or self.measured is None:
            return f"{self.name}: {_(self.why)}"
        return f"{self.name} {self.measured_text} ({self.bound_text})"


def told(name: str) -> str:
    """A name of a run's figures in the language in use, such as that of a stage; a method keeps its name."""
    stage = name.removeprefix("stage ")
    return _(name) if stage == name else _("stage {name}", name=stage)


def _text(value: float, unit: str) -> str:
    if unit == "%":
        return f"{decimal(100 * value, '.4g')} %"
    if unit == "ms":
        return f"{decimal(value, ',.1f' if value < 1000 else ',.0f')} ms"
    return _("yes") if value else _("no")
