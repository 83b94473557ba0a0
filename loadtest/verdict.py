"""The verdict on a run's checks: one word, one sentence and one exit code, in the language in use."""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from loadtest.capacity import Capacity
from loadtest.checks import Check
from loadtest.faults import Met
from loadtest.reconciliation import Reconciliation
from ndxp.language import _


class Exit(IntEnum):
    """How the load test ends."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    UNRECONCILED = 97
    INVALID = 98
    MISSED = 99


class Verdict(msgspec.Struct, kw_only=True):
    """The verdict: its word, the reason, and the exit code with the same meaning."""

    word: str
    why: str
    exit_code: int


def decide(reconciliation: Reconciliation, validity: Sequence[Check], slo: Sequence[Check]) -> Verdict:
    """The most serious finding decides: books that disagree, then an invalid run, then a missed objective."""
    if not reconciliation.holds:
        return Verdict(word=_("NOT RECONCILED"), why=reconciliation.sentence, exit_code=Exit.UNRECONCILED)
    if broken := [check for check in validity if not check.passed]:
        why = _("limited by its generator: {findings}", findings=_list(broken))
        return Verdict(word=_("INVALID"), why=why, exit_code=Exit.INVALID)
    if missed := [check for check in slo if not check.passed]:
        return Verdict(word=_("SLO MISSED"), why=_list(missed), exit_code=Exit.MISSED)
    held = _("{number} of {number} objectives held", number=len(slo)) if slo else _("the profile states no objectives")
    why = _("{held}, valid, every transaction accounted for", held=held)
    return Verdict(word=_("PASSED"), why=why, exit_code=Exit.PASSED)


def disturbed(verdict: Verdict, faults: Sequence[Met]) -> Verdict:
    """The verdict, which says that the run was not a clean one if calls have met faults."""
    if not faults:
        return verdict
    names = ", ".join(met.fault for met in faults)
    why = _("{why}; not a clean run, calls met faults that were set on purpose: {names}", why=verdict.why, names=names)
    return Verdict(word=verdict.word, why=why, exit_code=verdict.exit_code)


def decide_search(found: Capacity, best: Verdict) -> Verdict:
    """The verdict on a capacity search; ``best`` is that of its best step, with the books of all steps.

    If the exchange was not the limit, the figure is only a lower bound, and the verdict is INVALID.
    """
    if best.exit_code == Exit.UNRECONCILED:
        return best
    invalid = found.limit == "generator"
    if not found.rate:
        word, code = (_("INVALID"), Exit.INVALID) if invalid else (_("SLO MISSED"), Exit.MISSED)
        return Verdict(word=word, why=found.sentence, exit_code=code)
    return Verdict(word=found.figure, why=found.meaning, exit_code=Exit.INVALID if invalid else Exit.PASSED)


def _list(checks: Sequence[Check]) -> str:
    return "; ".join(check.finding for check in checks)
