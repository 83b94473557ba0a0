"""What a fault does to a call: effects in one line of text, such as ``delay=2s, code=UNAVAILABLE``."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from random import Random
from typing import Any

from ndxp.address import Address
from ndxp.errors import RULES, Code, Reason
from ndxp.faults.duration import seconds_in

LONGEST = 256
"""Characters of a line of effects; it must fit into the value of a metadata key."""

LONGEST_DELAY = 3600.0
"""Seconds that a call may be delayed."""

CARD_LOOKUP = "lognormal:1.73s:0.28"
"""The delay of real card look-ups, which took 1 to 3 seconds: 95 of 100 are between these."""

_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}", re.ASCII)
_MOST = 10_000_000


class EffectError(ValueError):
    """The text is not a line of effects; the message says which part is wrong, and what is right."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a call is delayed, in seconds: always the same, or drawn from a distribution.

    ``shape`` is fixed, normal (``middle`` is the mean, ``spread`` the standard deviation) or lognormal (``middle`` is
    the median, ``spread`` the standard deviation of the logarithm).
    """

    shape: str
    middle: float
    spread: float = 0.0

    def seconds(self, chance: Random) -> float:
        """Draws a delay; never negative, and at most ``LONGEST_DELAY``."""
        drawn = self.middle
        if self.shape == "normal":
            drawn = chance.gauss(self.middle, self.spread)
        elif self.shape == "lognormal":
            drawn = chance.lognormvariate(math.log(self.middle), self.spread)
        return min(max(0.0, drawn), LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Effects:
    """What happens to a call. Each field is one effect; those with their default value do nothing.

    ``delay`` makes the call wait, and one of ``code``, ``refuse``, ``drop`` and ``reset`` ends it: before the provider
    gets it, or ``after`` the provider has answered. ``code`` is a status with FAULT_INJECTED or with ``reason``, and
    ``retry_after`` in seconds; ``refuse`` is a refusal of the exchange. ``drop`` cuts the caller's connection,
    ``reset`` its stream. ``duplicate`` gives the provider the call twice. ``skew`` is how many seconds the gateway's
    clock is late in what it signs for the provider. ``to`` sends the call to another address.

    The rest changes the answer: ``cut`` ends it in the middle of its first message, ``corrupt`` makes its messages
    unreadable, ``truncate`` leaves out the last byte of each, ``dates`` turns dates such as 1990-01-31 into 31/01/1990,
    ``stall`` passes on that many messages and nothing more, ``slow`` is its bytes a second.
    """

    delay: Delay | None = None
    after: bool = False
    code: Code | None = None
    reason: str = ""
    retry_after: float | None = None
    refuse: Reason | None = None
    drop: bool = False
    reset: bool = False
    duplicate: bool = False
    skew: float = 0.0
    to: str = ""
    cut: bool = False
    corrupt: bool = False
    truncate: bool = False
    dates: bool = False
    stall: int | None = None
    slow: int = 0
    words: tuple[str, ...] = field(default=(), compare=False)
    """The names of the effects, as the text has them."""

    @property
    def ends(self) -> bool:
        """Whether the call ends by a fault, and not as the provider says."""
        return self.code is not None or self.refuse is not None or self.drop or self.reset

    @property
    def changes_answer(self) -> bool:
        """Whether the answer is delayed, ended or changed after the provider has given it."""
        tampers = self.cut or self.corrupt or self.truncate or self.dates or self.stall is not None or self.slow > 0
        return tampers or (self.after and (self.ends or self.delay is not None))


NONE = Effects()
"""No effect at all."""


@cache
def _readers() -> dict[str, Callable[[str], Any]]:
    return {
        "delay": _delay, "code": _code, "reason": _reason, "retry_after": duration, "refuse": _refuse,
        "stall": _count(0), "slow": _count(1), "skew": duration, "to": _address,
    }  # fmt: skip


_WITHOUT_VALUE = ("after", "drop", "reset", "lose", "duplicate", "cut", "corrupt", "truncate", "dates")


def parse(text: str, *, by_caller: bool = False) -> Effects:
    """Reads a line of effects, separated by commas. Raises EffectError.

    ``by_caller`` refuses ``to``: a caller must not choose where the gateway connects to.
    """
    if len(text) > LONGEST:
        raise EffectError(f"the effects have {len(text)} characters; {LONGEST} are allowed")
    known = (*_readers(), *_WITHOUT_VALUE)
    given: dict[str, Any] = {}
    words = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, given_value, value = (piece.strip() for piece in part.partition("="))
        if name not in known:
            meant = get_close_matches(name, known, n=1)
            raise EffectError(
                f"{name[:40]!r} is no effect"
                + (f"; did you mean {meant[0]!r}?" if meant else f"; known effects: {', '.join(sorted(known))}")
            )
        if name in words:
            raise EffectError(f"the effect {name!r} is given twice")
        words.append(name)
        if name in _WITHOUT_VALUE:
            if given_value:
                raise EffectError(f"{name!r} takes no value")
            given |= {"after": True, "code": Code.UNAVAILABLE} if name == "lose" else {name: True}
        else:
            given[name] = _readers()[name](value)
    if not given:
        raise EffectError(f"there is no effect; known effects: {', '.join(sorted(known))}")
    if by_caller and "to" in given:
        raise EffectError("'to' belongs in a rule of the operator's: a caller may not choose where a call goes")
    _check_together(given, words)
    return Effects(**given, words=tuple(words))


def _check_together(given: dict[str, Any], words: list[str]) -> None:
    ends = [name for name in words if name in ("code", "refuse", "drop", "reset", "lose")]
    if len(ends) > 1:
        raise EffectError(f"a call ends once: {' and '.join(map(repr, ends))} cannot be together")
    answer = [name for name in words if name in ("cut", "corrupt", "truncate", "dates", "stall")]
    if len(answer) > 1:
        raise EffectError(f"an answer is changed in one way: {' and '.join(map(repr, answer))} cannot be together")
    if ends and answer:
        raise EffectError(f"{ends[0]!r} leaves no answer that {answer[0]!r} could change")
    if ("reason" in given or "retry_after" in given) and given.get("code") is None:
        raise EffectError("'reason' and 'retry_after' belong to 'code'")
    if "after" in words and not ends and "delay" not in given:
        raise EffectError("'after' says when a delay or an end happens; there is none")
    if "lose" in words and "after" in words:
        raise EffectError("'lose' happens after the provider has answered in any case")


def duration(text: str) -> float:
    """Reads a time such as 250ms, 2s, 10m or 1h, in seconds. Raises EffectError."""
    try:
        return seconds_in(text)
    except ValueError as error:
        raise EffectError(str(error)) from error


def _delay(text: str) -> Delay:
    shape, *numbers = (CARD_LOOKUP if text == "card-lookup" else text).split(":")
    if not numbers:
        delay = Delay("fixed", duration(shape))
    elif shape == "normal" and len(numbers) == 2:
        delay = Delay(shape, duration(numbers[0]), duration(numbers[1]))
    elif shape == "lognormal" and len(numbers) == 2 and re.fullmatch(r"\d(\.\d{1,3})?", numbers[1], re.ASCII):
        delay = Delay(shape, duration(numbers[0]), float(numbers[1]))
    else:
        raise EffectError(
            f"{text[:60]!r} is no delay: 2s, normal:2s:500ms (mean, standard deviation), lognormal:1.5s:0.4 (median, "
            "standard deviation of the logarithm) or card-lookup"
        )
    if not 0 < delay.middle <= LONGEST_DELAY:
        raise EffectError(f"a delay of {text[:40]} is not more than nothing and at most {LONGEST_DELAY:.0f} s")
    return delay


def _code(text: str) -> Code:
    if text not in Code.__members__ or text == "OK":
        known = [name for name in Code.__members__ if name != "OK"]
        meant = get_close_matches(text.upper(), known, n=1)
        raise EffectError(
            f"{text[:40]!r} is no status code of an error"
            + (f"; did you mean {meant[0]}?" if meant else f": {', '.join(known)}")
        )
    return Code[text]


def _reason(text: str) -> str:
    if not _REASON.fullmatch(text):
        raise EffectError(f"{text[:40]!r} is no reason such as CITIZEN_NOT_FOUND: capitals, digits and _, at most 63")
    return text


def _refuse(text: str) -> Reason:
    known = [str(reason) for reason, rule in RULES.items() if rule.step and reason is not Reason.FAULT_INJECTED]
    if text not in known:
        meant = get_close_matches(text.upper(), known, n=1)
        raise EffectError(
            f"{text[:40]!r} is no reason for which the gateway refuses a call"
            + (f"; did you mean {meant[0]}?" if meant else "; docs/errors.md lists them")
        )
    return Reason(text)


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,8}", text, re.ASCII) or not least <= int(text) <= _MOST:
            raise EffectError(f"{text[:40]!r} is no whole number from {least} to {_MOST}")
        return int(text)

    return read


def _address(text: str) -> str:
    try:
        return str(Address.parse(text))
    except ValueError as error:
        raise EffectError(str(error)) from error
