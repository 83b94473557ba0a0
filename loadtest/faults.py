"""Faults that were set on purpose, and how many calls of a run met them: such a run was not a clean one."""

from collections.abc import Iterable, Mapping

import msgspec

from loadtest.books import Entry
from ndxp.language import _
from ndxp.plural import count


class Met(msgspec.Struct, kw_only=True):
    """A fault that calls have met, and its effects where they are known. Seconds count from the start of the run."""

    fault: str
    effects: str
    calls: int
    first: int
    last: int

    @property
    def sentence(self) -> str:
        """It in one sentence."""
        effects = f" ({self.effects})" if self.effects else ""
        return _(
            "{calls} met the fault {fault}, set on purpose, {when}",
            calls=count(self.calls, "call", grouped=True),
            fault=f"{self.fault}{effects}",
            when=between(self.first, self.last),
        )


def between(first: int, last: int) -> str:
    """When something was, in seconds of the run."""
    if first == last:
        return _("in second {first}", first=first)
    return _("between second {first} and {last}", first=first, last=last)


def find(started: float, ledger: Iterable[Entry], known: Mapping[str, str]) -> list[Met]:
    """The faults that calls have met since ``started`` (seconds since 1970); ``known`` are effects by id."""
    seconds: dict[str, list[int]] = {}
    for entry in ledger:
        for fault in filter(None, entry.fault.split(",")):
            seconds.setdefault(fault, []).append(max(0, int(entry.request_in / 1e6 - started)))
    return [
        Met(fault=fault, effects=known.get(fault, ""), calls=len(at), first=min(at), last=max(at))
        for fault, at in sorted(seconds.items())
    ]
