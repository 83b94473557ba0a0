"""Service level objectives: the limits of a profile, compared with the measurements of a run."""

from collections.abc import Iterable, Mapping, Sequence
from sys import float_info
from typing import Any

from loadtest.checks import Check
from loadtest.latency import Latency
from loadtest.results import Results, Series

_SHARES = {"error_share": 0.001, "dropped_share": 0.0, "achieved_share": 0.99}
"""Default limits for all calls: a load whose calls fail or are not sent measures nothing."""

_LIMITS = ("p50_ms", "p99_ms", *_SHARES)
NO_SUCCESS = "no successful answer"
"""Shown instead of a latency when no call succeeded."""

_ABORT = ("error_share", "dropped_share", "seconds")


class BadSlo(Exception):
    """The slo block has a limit that cannot be checked; the text is one line."""


def check(slo: Mapping[str, Any]) -> None:
    """Refuses a block with unknown parts, limits or values. Raises BadSlo."""
    _known("slo", slo, ("overall", "services", "stages", "abort"))
    _limits("slo.overall", slo.get("overall", {}), _LIMITS)
    _limits("slo.abort", slo.get("abort", {}), _ABORT)
    for part in ("services", "stages"):
        for name, limits in _mapping(f"slo.{part}", slo.get(part, {})).items():
            _limits(f"slo.{part}.{name}", limits, _LIMITS)


def complete(slo: Mapping[str, Any]) -> dict[str, Any]:
    """The block, completed by the default limits on errors, drops and successes of all calls."""
    return {**slo, "overall": {**_SHARES, **slo.get("overall", {})}}


def judge(slo: Mapping[str, Any], results: Results) -> list[Check]:
    """Every limit with its measured value. Raises BadSlo.

    Percentiles are those of the response time of successful calls, from the due time. A limit on something without
    calls, or on a latency without successful calls, is missed. An empty block checks nothing.
    """
    check(slo)
    methods = {name: series for name, series in results.series.items() if "/" in name}
    checks = _judge("all calls", slo.get("overall", {}), list(methods.values()))
    for name, limits in slo.get("services", {}).items():
        chosen = [series for method, series in methods.items() if name in (method, method.partition("/")[0])]
        checks += _judge(name, limits, chosen)
    for name, limits in slo.get("stages", {}).items():
        checks += _judge(f"stage {name}", limits, [results.series.get(f"stage {name}", Series())])
    if results.aborted:
        checks.append(Check.below("stopped early", 1, 0, "yes", results.aborted))
    return checks


def error_share(series: Iterable[Series]) -> float:
    """Failures among all calls; 0 without calls."""
    failures, calls = 0, 0
    for one in series:
        failures += one.failures
        calls += sum(one.statuses.values())
    return failures / calls if calls else 0.0


def _judge(name: str, limits: Mapping[str, float], series: Sequence[Series]) -> list[Check]:
    latency = Latency.merge(one.response for one in series)
    planned = max(sum(one.planned for one in series), 1)
    made = any(one.statuses for one in series)
    checks = []
    for limit, bound in limits.items():
        what, unit, at_most = _describe(limit, name)
        if not made:
            checks.append(Check.unmeasured(what, bound, unit, "no call was made", at_most=at_most))
        elif unit == "ms" and not latency.count:
            checks.append(Check.unmeasured(what, bound, unit, NO_SUCCESS, at_most=at_most))
        elif limit == "error_share":
            checks.append(Check.below(what, error_share(series), bound, unit))
        elif limit == "dropped_share":
            checks.append(Check.below(what, sum(one.dropped for one in series) / planned, bound, unit))
        elif limit == "achieved_share":
            succeeded = sum(sum(one.statuses.values()) - one.failures for one in series)
            checks.append(Check.above(what, succeeded / planned, bound, unit))
        else:
            checks.append(Check.below(what, latency.percentile(float(limit[1:3])), bound, unit))
    return checks


def _describe(limit: str, name: str) -> tuple[str, str, bool]:
    """A limit in words; its unit, and whether it is an upper limit."""
    match limit:
        case "error_share":
            return f"errors, {name}", "%", True
        case "dropped_share":
            return f"dropped of planned, {name}", "%", True
        case "achieved_share":
            return f"succeeded of planned, {name}", "%", False
        case _:
            return f"{limit[:3]} response, {name}", "ms", True


def _limits(place: str, limits: Any, known: Sequence[str]) -> None:
    _known(place, _mapping(place, limits), known)
    for name, value in limits.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= float_info.max:
            raise BadSlo(f"{place}.{name} is {value!r}; a limit is a number from 0 on")
        if name.endswith("_share") and value > 1:
            raise BadSlo(f"{place}.{name} is {value}; a share is between 0 and 1 (1 % is 0.01)")


def _known(place: str, given: Any, known: Sequence[str]) -> None:
    if unknown := [str(name) for name in _mapping(place, given) if name not in known]:
        raise BadSlo(f"{place} has no {', '.join(unknown)}; it has: {', '.join(known)}")


def _mapping(place: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadSlo(f"{place} is {given!r}; it takes names with limits")
    return given
