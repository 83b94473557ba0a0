"""When requests are due: turns a rate over time into due times, and shares them among generators. No I/O."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Curve:
    """A rate over time: points of (second, requests a second), in order, from second 0, linear in between."""

    points: tuple[tuple[float, float], ...]

    @classmethod
    def constant(cls, rate: float, duration: float) -> Self:
        """The same rate for ``duration`` seconds."""
        return cls(((0.0, rate), (duration, rate)))

    @property
    def duration(self) -> float:
        """How long it lasts, in seconds."""
        return self.points[-1][0]

    @property
    def total(self) -> float:
        """The expected number of requests: the area below the curve."""
        return sum(_area(*segment) for segment in self._segments())

    def rate(self, at: float) -> float:
        """The rate at a second; 0 outside of the curve."""
        for (begin, first), (end, last) in self._segments():
            if begin <= at < end:
                return first + (last - first) * (at - begin) / (end - begin)
        return 0.0

    def scaled(self, factor: float) -> "Curve":
        """The same shape with all rates multiplied by a factor."""
        return Curve(tuple((at, rate * factor) for at, rate in self.points))

    def compressed(self, factor: float) -> "Curve":
        """The same rates, with the time divided by a factor."""
        return Curve(tuple((at / factor, rate) for at, rate in self.points))

    def cut(self, duration: float) -> "Curve":
        """The part until ``duration``."""
        if duration >= self.duration:
            return self
        kept = tuple(point for point in self.points if point[0] < duration)
        return Curve((*kept, (duration, self.rate(duration))))

    def times(self, counts: Iterator[float]) -> Iterator[float]:
        """The seconds at which ``counts`` requests (ascending, fractions allowed, below ``total``) have been due."""
        before = 0.0
        segments = self._segments()
        segment = next(segments)
        area = _area(*segment)
        for count in counts:
            while count > before + area:
                following = next(segments, None)
                if following is None:
                    break
                before += area
                segment = following
                area = _area(*segment)
            yield _when(*segment, min(count - before, area))

    def _segments(self) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
        return zip(self.points, self.points[1:], strict=False)


def count(curve: Curve) -> int:
    """How many requests a run sends in all: the expected number, rounded."""
    return round(curve.total)


def due_times(
    curve: Curve, arrivals: Literal["constant", "poisson"], *, seed: int, slot: int = 0, slots: int = 1
) -> Iterator[float]:
    """When the requests of one of several generators are due, in seconds from the start, ascending.

    All slots together give exactly ``count(curve)``. Constant: evenly spaced, the slots take turns. Poisson: with a
    given total, a Poisson process is that number of independent draws from the curve; each slot draws its share with a
    random source of its own, so that slots are not correlated and their union is again Poisson.
    """
    total = count(curve)
    if total == 0:
        return iter(())
    share = len(range(slot, total, slots))
    if arrivals == "constant":
        return curve.times((index + 0.5) * curve.total / total for index in range(slot, total, slots))
    return curve.times(curve.total * at for at in _sorted_uniform(share, random.Random(f"{seed} {slot}/{slots}")))


def _sorted_uniform(count: int, source: random.Random) -> Iterator[float]:
    """``count`` uniform draws in 0..1, ascending, one by one: each is the least of the remaining draws."""
    left = 1.0
    for remaining in range(count, 0, -1):
        left *= math.exp(-source.expovariate(remaining))
        yield 1.0 - left


def _area(begin: tuple[float, float], end: tuple[float, float]) -> float:
    return (end[0] - begin[0]) * (begin[1] + end[1]) / 2


def _when(begin: tuple[float, float], end: tuple[float, float], count: float) -> float:
    """When a segment has brought ``count`` requests: the root of a quadratic, in the form that is stable near 0."""
    seconds = end[0] - begin[0]
    slope = (end[1] - begin[1]) / seconds if seconds else 0.0
    root = math.sqrt(max(begin[1] ** 2 + 2 * slope * count, 0.0))
    divisor = begin[1] + root
    return begin[0] + (min(2 * count / divisor, seconds) if divisor else 0.0)
