"""Reads whom a test needs from a short phrase, such as ``child under 6 with expired card in H26``."""

import re
from collections.abc import Mapping, Sequence

from ndxp.testing.people import OLDEST, STATES, Conditions
from ndxp.world import MAJORITY, PERSONA_KEYS, Sex, normalise_name, provinces, register_kinds

_WHO: Mapping[str, tuple[Sex | None, int, int]] = {
    "person": (None, 0, OLDEST), "citizen": (None, 0, OLDEST), "child": (None, 0, MAJORITY - 1),
    "adult": (None, MAJORITY, OLDEST), "man": (Sex.MALE, MAJORITY, OLDEST), "woman": (Sex.FEMALE, MAJORITY, OLDEST),
    "boy": (Sex.MALE, 0, MAJORITY - 1), "girl": (Sex.FEMALE, 0, MAJORITY - 1),
}  # fmt: skip
_ALSO = {
    "card": "health_insurance", "health card": "health_insurance", "insurance card": "health_insurance",
    "driving licence": "licence", "wallet": "wallet_account", "land": "land_parcel",
}  # fmt: skip
"""Other names of registers."""

_WITH_LAST_DAY = ("health_insurance", "passport", "licence")
_PHRASE = re.compile(
    r"(?P<state>living |deceased )?(?P<who>\w+)"
    r"(?: (?:under (?P<under>\d{1,3})|over (?P<over>\d{1,3})|aged (?P<from>\d{1,3})(?:-(?P<to>\d{1,3}))?))?"
    r"(?P<entries>(?: (?:with|without|and) .+?)*)(?: in (?P<place>.+))?"
)
_ENTRY = re.compile(r" (with|without|and) (?:an? )?(?:(valid|expired|locked) )?(.+?)(?= with | without | and |$)")
_FORM = (
    "say whom you need as `child under 6 with expired card in H26`: who (" + ", ".join(_WHO) + "), an age (under 6, "
    "over 60, aged 20-30), entries of registers (with valid passport and licence, without wallet), a province (in H26)"
)


class PhraseRefused(ValueError):
    """The phrase does not say whom a test needs; the text says which part, and how it is said."""


def read(phrase: str) -> Conditions:
    """The conditions of a phrase. Raises PhraseRefused."""
    found = _PHRASE.fullmatch(" ".join(phrase.split()))
    if found is None or found["who"] not in _WHO:
        raise PhraseRefused(f"{phrase!r} is neither a persona ({', '.join(PERSONA_KEYS)}) nor conditions: {_FORM}")
    sex, youngest, oldest = _WHO[found["who"]]
    if found["under"]:
        oldest = min(oldest, int(found["under"]) - 1)
    if found["over"]:
        youngest = max(youngest, int(found["over"]) + 1)
    if found["from"]:
        youngest, oldest = max(youngest, int(found["from"])), min(oldest, int(found["to"] or found["from"]))
    if youngest > oldest:
        raise PhraseRefused(f"{phrase!r}: nobody has such an age, from {youngest} to {oldest} years")
    entries, negative = [], False
    for word, state, name in _ENTRY.findall(found["entries"]):
        negative = word == "without" or (word == "and" and negative)
        if negative and state:
            raise PhraseRefused(f"{phrase!r}: say `without {name}`, or `with {state} {name}`")
        entries.append(_entry(name, "none" if negative else state or "any"))
    return Conditions(
        (youngest, oldest), sex, _province(found["place"] or ""), found["state"] == "deceased ", tuple(entries)
    )


def narrowed(
    wanted: Conditions,
    *,
    age: int | tuple[int, int] | None,
    sex: str,
    province: str,
    deceased: bool | None,
    entries: Mapping[str, str | Sequence[str]],
) -> Conditions:
    """Conditions with others that were given by keywords; ``entries`` are names of registers, by what is asked of them.

    Raises PhraseRefused.
    """
    listed = {state: [names] if isinstance(names, str) else names for state, names in entries.items()}
    return Conditions(
        wanted.ages if age is None else (age, age) if isinstance(age, int) else age,
        _sex(sex) if sex else wanted.sex,
        _province(province) or wanted.province,
        wanted.deceased if deceased is None else deceased,
        (*wanted.entries, *(_entry(name, state) for state, names in listed.items() for name in names)),
    )


def _entry(name: str, state: str) -> tuple[str, str]:
    """A register by one of its names, with what is asked of the entry in it. Raises PhraseRefused."""
    known = register_kinds()
    register = _ALSO.get(name, name).replace(" ", "_")
    if register not in known:
        raise PhraseRefused(f"there is no register {name!r}; there are {', '.join((*known, *_ALSO))}")
    if state not in STATES:
        raise PhraseRefused(f"an entry is {', '.join(STATES)}, not {state!r}")
    if state in ("valid", "expired") and register not in _WITH_LAST_DAY:
        raise PhraseRefused(f"{name!r} has no last day: only {', '.join(_WITH_LAST_DAY)} can be valid or expired")
    if state == "locked" and register != "health_insurance":
        raise PhraseRefused(f"{name!r} cannot be locked: only a health insurance card can")
    return register, state


def _province(text: str) -> str:
    """The code of a province by its code (001), its code on the exchange (H26), or its name; empty for empty.

    Raises PhraseRefused.
    """
    if not text:
        return ""
    for each in provinces():
        if text in (each.code, each.agency_code) or normalise_name(text) == normalise_name(each.name):
            return each.code
    raise PhraseRefused(f"there is no province {text!r}; name it as 001, H26 or Hà Nội")


def _sex(text: str) -> Sex:
    """``male`` or ``female``. Raises PhraseRefused."""
    try:
        return Sex[text.upper()]
    except KeyError:
        raise PhraseRefused(f"a sex is male or female here, not {text!r}") from None
