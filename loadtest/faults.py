"""Faults that were set on purpose, and how many calls of a run met them: such a run was not a clean one."""

from collections.abc import Iterable, Mapping

import msgspec

from loadtest.books import Entry
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
        when = f"in second {self.first}" if self.first == self.last else f"between second {self.first} and {self.last}"
        return f"{count(self.calls, 'call', grouped=True)} met the fault {self.fault}{effects}, set on purpose, {when}"


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
