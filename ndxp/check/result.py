"""What one check of an agency found, and the rule that it checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_LONGEST = 500


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    KNOWN = "known failure"


class WhyNot(StrEnum):
    """Why a check was skipped, where this is decided before the check."""

    STREAM = "the method takes a stream"
    STREAMS = "the method takes or gives a stream"
    CHANGES = "the method may change something"
    NO_EXAMPLE = "no example request; give one with --examples"
    NOT_OURS = "the agency is no process of its own that this exchange has started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A rule at one place: a contract, or one of its methods ("package.Service/Method").

    ``sent`` is what was sent in outline, ``came`` what came; both are empty unless it failed. ``note`` says why a check
    was skipped, why a failure is known, or that a known failure passes now.
    """

    rule: "Rule"
    where: str
    status: Status
    sent: str = ""
    came: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """What a list of known failures calls it."""
        return f"{self.rule.name}:{self.where}"

    def shown(self) -> dict[str, Any]:
        """It as JSON."""
        rule = self.rule
        told = {"sent": self.sent, "came": self.came, "right": rule.right, "why": rule.why, "guide": rule.guide}
        about = told if self.came else {"right": rule.right}
        return {"id": self.id, "status": str(self.status), "note": self.note, **about}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is right, why that matters, and the page of the documentation that says more."""

    name: str
    right: str
    why: str
    guide: str

    def passed(self, where: str) -> Result:
        """The agency keeps to it there."""
        return Result(rule=self, where=where, status=Status.PASSED)

    def failed(self, where: str, *, sent: str, came: str) -> Result:
        """The agency does not keep to it there."""
        return Result(rule=self, where=where, status=Status.FAILED, sent=_short(sent), came=_short(came))

    def skipped(self, where: str, why: str) -> Result:
        """It was not checked there."""
        return Result(rule=self, where=where, status=Status.SKIPPED, note=_short(why))

    def found(self, where: str, faults: Iterator[tuple[str, str]]) -> Result:
        """Failed with the first of the faults, each what was sent and what came; passed without any."""
        fault = next(faults, None)
        return self.passed(where) if fault is None else self.failed(where, sent=fault[0], came=fault[1])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
