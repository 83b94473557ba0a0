"""Floods: traffic that is cheap to send and expensive to receive, by strangers, members and providers."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from drills.attacks import calling, hose
from drills.attacks.attack import Attack
from drills.attacks.flooding import CONTRACT, SUBSYSTEM, FloodProvider
from drills.attacks.hose import UNEXPLAINED, Aim
from drills.attacks.http2 import fresh
from drills.attacks.providers import register
from drills.attacks.target import CLIENT, OTHER, Outcome, Target

MEMBERS = (CLIENT, "VN/GOV/H22/one-stop", "VN/GOV/H14/one-stop")
"""The members whose tokens floods show."""

Flood = Callable[[Aim, float], Counter[str]]
"""Floods for a number of seconds; returns the replies with their numbers."""

_SHORT = 1.0
"""Seconds of each flood in a drill."""

_ANYBODYS: Mapping[str, Flood] = {
    "compressed bombs": partial(hose.flow, hose.bombs),
    "messages of 16 MB that never end": partial(calling.run, calling.unfinished),
    "resets": partial(hose.flow, hose.resets),
    "10,000 watches unread": partial(calling.run, calling.watches),
    "header lists of 16 KB": partial(hose.flow, hose.header_lists),
    "a byte in each frame of data": partial(hose.flow, hose.bytes_of_data),
}
_STRANGERS: Mapping[str, Flood] = {
    "handshakes": hose.handshakes,
    "5,000 connections that say nothing": partial(hose.idle, 5000),
}
_MEMBERS: Mapping[str, Flood] = {
    "3,000 calls at once, slow provider": partial(calling.run, partial(calling.bursts, "Slow")),
    "3,000 calls at once, quick provider": partial(calling.run, partial(calling.bursts, "Quick")),
    "20 slow readers of 4 MiB": partial(calling.run, calling.slow_readers),
    "20 answers of 15 MB unread": partial(calling.run, partial(calling.large_answers, 20)),
    "100 answers of 15 MB unread": partial(calling.run, partial(calling.large_answers, 100)),
    "1,000 calls without a message": partial(calling.run, calling.without_a_message),
    "settings that change 900 windows": partial(hose.flow, hose.settings),
    "windows of 1 byte": partial(hose.flow, hose.small_windows),
    "windows of 1,024 bytes": partial(hose.flow, hose.large_windows),
}
_PROVIDERS: Mapping[str, Flood] = {
    f"a provider's {what}": partial(calling.run, partial(calling.again, method, at_once))
    for what, method, at_once in (
        ("tiny frames", "Tiny", 4), ("large headers", "Headers", 16), ("resets", "Reset", 16), ("pings", "Pings", 16),
        ("goaways", "Farewell", 16), ("settings", "Settings", 16),
    )
}  # fmt: skip


def _of_strangers(flood: Flood) -> Flood:
    return lambda aim, seconds: flood(Aim(aim.gateway), seconds)


FLOODS: Mapping[str, Flood] = {
    **{f"{name}, no token": _of_strangers(flood) for name, flood in _ANYBODYS.items()},
    **{name: _of_strangers(flood) for name, flood in _STRANGERS.items()},
    **_ANYBODYS,
    **_MEMBERS,
    **_PROVIDERS,
}
"""All floods, by name. Those of strangers show no token."""


def attacks(target: Target) -> list[Attack]:
    """All of them, for a short time. The outcome is "borne" if every call has a reason and others are served."""
    aim = prepare(target)
    return [Attack(name, partial(_short, flood, aim), ("borne",)) for name, flood in FLOODS.items()]


def prepare(target: Target) -> Aim:
    """Registers the provider that the floods call; it ends with this process."""
    register(target, SUBSYSTEM, CONTRACT, FloodProvider().address, MEMBERS)
    aim = Aim(target.state.gateway, [target.token(name) for name in MEMBERS])
    served = {"OK": len(MEMBERS)}
    target.until(lambda: "" if asyncio.run(calling.burst(aim, "Quick", 1, 5.0)) == served else "no flood is served")
    return aim


def _short(flood: Flood, aim: Aim, target: Target, _: random.Random) -> Outcome:
    replies = flood(aim, _SHORT)
    return Outcome(f"{replies[UNEXPLAINED]} calls {UNEXPLAINED}" if replies[UNEXPLAINED] else fresh(target, OTHER))
