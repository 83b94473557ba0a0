"""Names: how registers compare them, and which ones people bear."""

import unicodedata
from collections import defaultdict
from functools import cache

from ndxp.world.census import FIRST_YEAR
from ndxp.world.tables import rows, wheel

WHEEL = 2048
"""Slots of each name wheel: a uniform 16-bit number picks by its upper 11 bits."""

_PLAIN_D = str.maketrans("đĐ", "dD")
_LAST_YEAR_OF_OLD_NAMES = 1984


def normalise_name(name: str) -> str:
    """The form in which registers compare names: no diacritics, only letters and digits, upper case.

    >>> normalise_name("Nguyễn Văn A")
    'NGUYENVANA'
    """
    plain = unicodedata.normalize("NFD", name.translate(_PLAIN_D))
    return "".join(filter(str.isalnum, plain)).upper()


@cache
def surnames() -> tuple[str, ...]:
    """Wheel of surnames by share; published joint shares (Hoàng/Huỳnh, Vũ/Võ) and the tail are split evenly."""
    return wheel([(row["surname"], float(row["share_pct"])) for row in rows("surnames.csv")], WHEEL)


def middle_names(cell: int) -> tuple[str, ...]:
    """Wheel of middle names of a cell, by sex and era; the weights are invented."""
    era = "old" if FIRST_YEAR + cell // 2 <= _LAST_YEAR_OF_OLD_NAMES else "new"
    return _wheels()[f"middle_{era}", "f" if cell & 1 else "m"]


def given_names(female: int) -> tuple[str, ...]:
    """Wheel of given names of men (0) or women (1); the weights are invented."""
    return _wheels()["given", "f" if female else "m"]


@cache
def given_names_alike() -> frozenset[str]:
    """Given names that differ from another one only by diacritics, such as Thủy and Thúy."""
    alike: dict[str, set[str]] = defaultdict(set)
    for row in rows("names.csv"):
        if row["part"] == "given":
            alike[normalise_name(row["name"])].add(row["name"])
    return frozenset(name for names in alike.values() if len(names) > 1 for name in names)


@cache
def _wheels() -> dict[tuple[str, str], tuple[str, ...]]:
    choices: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for row in rows("names.csv"):
        choices[row["part"], row["sex"]].append((row["name"], float(row["weight"])))
    return {key: wheel(names, WHEEL) for key, names in choices.items()}
