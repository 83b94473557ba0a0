"""Faults that are set on purpose, for a test or a lesson: rules that say which calls meet which effects."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from random import Random
from typing import Annotated

import msgspec

from gateway.core import validity
from gateway.core.effects import EffectError, Effects, parse
from ndxp.wire.metadata import FAULT_OF_CALLER

MOST = 200
"""Rules at once."""

_REMEMBERED = 10_000
_ID = re.compile(r"[A-Za-z0-9][\w.:-]{0,63}", re.ASCII)
_METHOD = re.compile(r"[\w*?\[\]!-]{1,100}", re.ASCII)
_NTH = re.compile(r"(\d{1,6})|(\d{1,6})-(\d{1,6})?|\*/(\d{1,6})|(even|odd)", re.ASCII)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_COUNTS = ("rule", "consumer", "message")


class FaultError(ValueError):
    """The rule cannot be as it is; the text says which field is wrong, and what is right."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: the calls that match all its conditions meet the effects in ``do`` (see ``gateway.core.effects``).

    An empty condition matches every call. ``consumer`` is a subsystem, a member or a group as in a grant; ``methods``
    are names or patterns such as ``Get*``. ``nth`` says which of the matching calls: ``3``, ``1-2``, ``5-``, ``even``,
    ``odd``, ``*/10`` (every tenth), or several of these with commas between. They are counted for the whole rule, for
    each consumer or for each message id, as ``count`` says. ``share`` is the part of them that meets the effects, by
    chance; the same ``seed`` chooses the same calls. ``hours`` (``08:00-12:00``) and ``days`` (``Mon``) are Vietnam's.
    ``valid_until`` is required, so that no fault is forgotten; both times are as in a grant. ``note`` tells people why
    the rule is there, ``scenario`` the name of what it belongs to.
    """

    id: str
    do: str
    valid_until: str
    valid_from: str = ""
    consumer: str = ""
    provider: str = ""
    contract: str = ""
    methods: list[str] = []
    purpose: str = ""
    message_id: str = ""
    nth: str = ""
    count: str = "rule"
    share: float = 1.0
    seed: int = 0
    hours: str = ""
    days: list[str] = []
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    scenario: Annotated[str, msgspec.Meta(max_length=64)] = ""

    def holds(self, now: float) -> bool:
        """Whether it is on at this time, in seconds since 1970."""
        if not validity.begin(self.valid_from) <= now < validity.end(self.valid_until):
            return False
        if not (self.hours or self.days):
            return True
        local = datetime.fromtimestamp(now, validity.VIETNAM)
        if self.days and _DAYS[local.weekday()] not in self.days:
            return False
        if not self.hours:
            return True
        begin, _, end = self.hours.partition("-")
        at = f"{local:%H:%M}"
        return begin <= at < end if begin <= end else at >= begin or at < end

    def ended(self, now: float) -> bool:
        """Whether it will never be on again."""
        return now >= validity.end(self.valid_until)

    @property
    def counts(self) -> bool:
        """Whether matching calls must be counted to know which of them meet the effects."""
        return bool(self.nth) or self.share < 1

    def counted_by(self, client: str, message_id: str) -> str:
        """The name of the counter for a call, the same for all calls that are counted together."""
        by = {"consumer": client, "message": f"{client} {message_id}"}.get(self.count, "")
        return f"{self.id}:{self.valid_from}:{by}"

    def chooses(self, number: int) -> bool:
        """Whether the call with this number, the first being 1, meets the effects."""
        if self.nth and not any(_is_one(part.strip(), number) for part in self.nth.split(",")):
            return False
        return self.share >= 1 or self.chance(number).random() < self.share

    def chance(self, number: int) -> Random:
        """What decides by chance about the call with this number: the same for the same seed."""
        return Random(sha256(f"{self.seed} {self.id} {number}".encode()).digest())


def check(place: str, fault: Fault, consumers: Collection[str], providers: Collection[str]) -> None:
    """Raises FaultError, whose text begins with ``place``, for a rule that is malformed or names who is not there.

    ``consumers`` are all names that a consumer may have in a grant, ``providers`` all that a provider may have.
    """
    if not _ID.fullmatch(fault.id) or fault.id == FAULT_OF_CALLER:
        raise FaultError(f"{place}.id: {fault.id[:80]!r} is not a name of letters, digits and .:-_, at most 64")
    _check_conditions(f"{place} ({fault.id})", fault, consumers, providers)
    try:
        parse(fault.do)
    except EffectError as error:
        raise FaultError(f"{place} ({fault.id}).do: {error}") from error
    if not fault.valid_until:
        raise FaultError(f"{place} ({fault.id}).valid_until: a fault has an end; say until when it is on")
    for name, read, text in (
        ("valid_from", validity.begin, fault.valid_from), ("valid_until", validity.end, fault.valid_until)
    ):  # fmt: skip
        try:
            read(text)
        except ValueError as error:
            raise FaultError(f"{place} ({fault.id}).{name}: {error}") from error
    if validity.begin(fault.valid_from) >= validity.end(fault.valid_until):
        raise FaultError(f"{place} ({fault.id}): valid_until comes before valid_from, so it would never be on")


def _check_conditions(place: str, fault: Fault, consumers: Collection[str], providers: Collection[str]) -> None:
    if fault.consumer and fault.consumer.removeprefix("group:") not in consumers:
        raise FaultError(
            f"{place}.consumer: {fault.consumer[:200]!r} is no member, subsystem or group of this exchange"
        )
    if fault.provider and fault.provider not in providers:
        raise FaultError(f"{place}.provider: {fault.provider[:200]!r} is no subsystem of this exchange")
    for pattern in fault.methods:
        if not _METHOD.fullmatch(pattern):
            raise FaultError(f"{place}.methods: {pattern[:100]!r} is not a method's name or a pattern such as Get*")
    _check_times(place, fault)


def _check_times(place: str, fault: Fault) -> None:
    """Checks which of the matching calls meet the fault: by number, and by time of day."""
    for part in fault.nth.split(",") if fault.nth else ():
        found = _NTH.fullmatch(part.strip())
        numbers = [int(number) for number in found.groups()[:4] if number] if found else [0]
        if 0 in numbers or numbers != sorted(numbers):
            raise FaultError(
                f"{place}.nth: {part.strip()[:40]!r} is not 3, 1-2, 5-, even, odd or */10 (calls count from 1)"
            )
    if not 0 < fault.share <= 1:
        raise FaultError(f"{place}.share: {fault.share:g} is no part of the calls: more than 0, at most 1")
    if fault.count not in _COUNTS:
        raise FaultError(f"{place}.count: {fault.count[:40]!r} is not one of {', '.join(_COUNTS)}")
    if fault.hours and not _HOURS.fullmatch(fault.hours):
        raise FaultError(f"{place}.hours: {fault.hours[:40]!r} is no time of day such as 08:00-12:00")
    if wrong := [day for day in fault.days if day not in _DAYS]:
        raise FaultError(f"{place}.days: {wrong[0][:20]!r} is not one of {', '.join(_DAYS)}")


def _is_one(part: str, number: int) -> bool:
    found = _NTH.fullmatch(part)
    if found is None:
        return False
    single, first, last, every, parity = found.groups()
    if single:
        return number == int(single)
    if first:
        return int(first) <= number and (not last or number <= int(last))
    return number % int(every) == 0 if every else number % 2 == (parity == "odd")


class Faults:
    """The rules of one registry, arranged for look-ups; never changed, only replaced."""

    def __init__(self, rules: Iterable[Fault]) -> None:
        self._rules = [(rule, parse(rule.do)) for rule in rules]
        self._purposes = frozenset(rule.purpose for rule, _ in self._rules)
        self._found: dict[tuple[str, ...], Sequence[tuple[Fault, Effects]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def addresses(self) -> set[str]:
        """Where calls are sent by rules instead of to their provider."""
        return {effects.to for _, effects in self._rules if effects.to}

    def matching(
        self, client: str, names: Callable[[str], Collection[str]], provider: str, method: str, purpose: str,
        message_id: str, now: float,
    ) -> Sequence[tuple[Fault, Effects]]:  # fmt: skip
        """The rules that match a call apart from its number, in their order, with their effects.

        ``names`` gives all names by which a rule can include a client; ``now`` is in seconds since 1970. What is found
        by names is remembered: it costs one look-up for the next call.
        """
        purpose = purpose if purpose in self._purposes else ""
        question = client, provider, method, purpose
        found = self._found.get(question)
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[question] = self._named(names(client), provider, method, purpose)
        return [
            (rule, effects)
            for rule, effects in found
            if (not rule.message_id or rule.message_id == message_id) and rule.holds(now)
        ]

    def _named(
        self, consumers: Collection[str], provider: str, method: str, purpose: str
    ) -> Sequence[tuple[Fault, Effects]]:
        contract, _, name = method.partition("/")
        return [
            (rule, effects)
            for rule, effects in self._rules
            if (not rule.consumer or rule.consumer in consumers)
            and (not rule.provider or rule.provider == provider)
            and (not rule.contract or rule.contract == contract)
            and (not rule.methods or any(fnmatchcase(name, pattern) for pattern in rule.methods))
            and (not rule.purpose or rule.purpose == purpose)
        ]
