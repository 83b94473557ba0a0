"""Names: how registers compare them, and which ones people bear."""

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

from ndxp.world.census import FIRST_YEAR
from ndxp.world.tables import rows, wheel

WHEEL = 2048
"""Slots of each name wheel: a uniform 16-bit number picks by its upper 11 bits."""

_WITH_A_STROKE = re.compile(r"LATIN (?:CAPITAL|SMALL) LETTER ([A-Z]) WITH .+")
_PICTURES = str.maketrans(
    "ÐƉАВЕЅІЈКМНОРԚСТУҮԜХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "DDABESIJKMHOPQCTYYWXABEZHIKMNOPTYX",
)
"""Capitals that look like another one: eth and the African D, Cyrillic, Greek; of TR 39's confusables those that people
write in Vietnamese names. Letters that only resemble each other, such as I and l, are different letters of names."""
_LAST_YEAR_OF_OLD_NAMES = 1984


def normalise_name(name: str) -> str:
    """The form in which registers compare names: no diacritics, only letters and digits, upper case.

    Letters that look the same are the same, after Unicode TR 36 and TR 39: compatibility forms, letters with a stroke,
    letters of other scripts. Apostrophes and hyphens of every kind are passed over. No name is kept in this form.

    >>> normalise_name("Nguyễn Văn A")
    'NGUYENVANA'
    """
    return "".join(map(_compared, name))


@lru_cache(maxsize=4096)
def _compared(sign: str) -> str:
    """What a sign of a name contributes to the form in which names are compared."""
    capitals = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).upper())
    return "".join(map(_letter_or_digit, capitals.translate(_PICTURES)))


def _letter_or_digit(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind[0] == "N":
        return str(unicodedata.digit(sign, sign))
    if kind[0] != "L" or kind == "Lm" or "SALTILLO" in (name := unicodedata.name(sign, "")):
        return ""  # marks, spaces, and signs such as the modifier letter apostrophe
    stroked = _WITH_A_STROKE.fullmatch(name)
    return stroked[1] if stroked else sign


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


def with_another_given_name(full_name: str, female: int, chance: int) -> str:
    """The name with another given name, as a register may have it by mistake; it differs without diacritics too."""
    start, _, own = full_name.rpartition(" ")
    choices = given_names(female)
    place = chance % WHEEL
    while normalise_name(choices[place]) == normalise_name(own):
        place = (place + 1) % WHEEL
    return f"{start} {choices[place]}"


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
