"""Reads the world's data files and turns weights into constant-time choices."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file in `ndxp/world/data`, header as keys."""
    text = files("ndxp.world").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def wheel(choices: Sequence[tuple[T, float]], size: int) -> tuple[T, ...]:
    """A tuple of `size` slots holding each choice in proportion to its weight, cumulatively rounded.

    Indexing the wheel with a uniform number is a weighted choice in O(1). Raises ValueError without weights.
    """
    ends = list(accumulate(weight for _, weight in choices))
    if not ends or ends[-1] <= 0:
        raise ValueError("a wheel needs at least one positive weight")
    slots: list[T] = []
    for (choice, _), end in zip(choices, ends, strict=True):
        slots.extend([choice] * (round(end / ends[-1] * size) - len(slots)))
    return tuple(slots)
