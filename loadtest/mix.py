"""The mix of a profile: its calls, how often each is made, and by whom."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from loadtest import placeholders
from ndxp.identifiers import Subsystem
from ndxp.samples import samples

PURPOSE = "load test"
"""The purpose that calls state unless a profile names another."""

Kind = str
"""A name in a mix: of a sample call (``ndxp.samples``), or of a call that the profile defines."""


class Call(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How often a call is made, relative to the others, and by whom.

    ``during`` says for stages of the profile how many times its weight it has in them, 0 for not at all.
    ``members`` are groups of the registry with the subsystem that calls ("provinces/one-stop"), or single subsystems
    ("VN/GOV/H26/one-stop"). A call that the profile defines has a ``method`` ("package.Service/Method"), a ``request``
    in JSON (a list for a stream) with the placeholders of ``loadtest.placeholders``, and if needed the ``provider`` (if
    several offer the service). ``purpose`` is what the calls state, except samples that have a purpose of their own.
    """

    weight: float = 1.0
    members: list[str]
    method: str = ""
    request: Any = {}
    provider: str = ""
    purpose: str = PURPOSE
    during: dict[str, float] = {}

    def weight_in(self, stages: Iterable[str]) -> float:
        """The weight while these stages last."""
        return self.weight * math.prod(self.during.get(stage, 1.0) for stage in stages)

    @property
    def peak(self) -> float:
        """No weight is larger than this one."""
        return self.weight * math.prod(max(1.0, times) for times in self.during.values())

    def series(self, kind: Kind) -> str:
        """The series in which it is counted: its method without the package."""
        service, _, method = self.method.partition("/")
        return f"{service.rpartition('.')[2]}/{method}" if self.method else samples()[kind].series


def complaint(mix: Mapping[Kind, Call]) -> str:
    """What is wrong with the calls of a profile; empty when nothing is."""
    for kind, call in mix.items():
        place = f"`mix.{kind}`"
        if not call.members or not all(map(_is_caller, call.members)):
            return (
                f"`mix.{kind}.members` must list groups with a subsystem, such as provinces/one-stop, or single "
                "subsystems, such as VN/GOV/H26/one-stop"
            )
        if not call.method and kind not in samples():
            return (
                f"{place} is no kind of call: name one of {', '.join(samples())}, or give it a `method` and a `request`"
            )
        if call.method and kind in samples():
            return f"{place} is a kind of call already: give the call with a `method` another name"
        if call.method and not all(call.method.rpartition("/")[::2]):
            example = "ndxp.population.v1.PopulationService/GetCitizen"
            return f"`mix.{kind}.method` must be package.Service/Method, such as {example}"
        if not call.method and (call.request or call.provider):
            return f"{place} has a `request` or a `provider`, and no `method`"
        if not (call.provider + call.purpose).isascii():
            return f"{place}: `provider` and `purpose` must be ASCII, which is all that gRPC carries there"
        if wrong := placeholders.complaint(call.request):
            return f"`mix.{kind}.request`: {wrong}"
    return ""


def _is_caller(group: str) -> bool:
    try:
        return group.count("/") == 1 or bool(Subsystem.parse(group))
    except ValueError:
        return False
