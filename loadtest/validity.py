"""Validity: whether a run measured the exchange or only its own generator."""

from loadtest.checks import Check
from loadtest.results import Results

LAG_P99_MS = 20.0
"""A loop that wakes late also sends late and times answers late, so its lag is in every latency. 20 ms is a fifth of
the 100 ms that profiles allow for p99."""

CPU = 0.9
"""Share of a core. Above it a single-threaded loop queues its own work: at 90 % a task waits for nine others."""

LATE_P99_MS = 20.0
"""How long after its due time a call may be sent. Nothing delays a call on purpose (a call without room is dropped), so
this is the generator's own delay; it is measured for every call, because percentiles cannot be subtracted."""

PLANNED_SHARE = 0.99
"""The least share of the profile's calls that must be scheduled; below it the generator did not keep the schedule."""

IN_FLIGHT_SHARE = 0.5
"""A call is dropped when the in-flight limit is reached. If calls were dropped although never more than this share of
the limit was in flight, the generator itself was the cause."""


def judge(results: Results, *, expected: float, max_in_flight: int) -> list[Check]:
    """The checks of a run; a failed check makes the run INVALID.

    ``expected`` is the profile's number of calls, ``max_in_flight`` its limit. The worst generator counts.
    """
    generators = results.generators
    checks = [
        Check.below(
            "generator loop lag, p99", max((one.lag_p99_ms for one in generators), default=0.0), LAG_P99_MS, "ms",
            "its loop woke too late, and so late it sent and stamped",
        ),
        Check.below(
            "generator CPU, busiest process", max((one.cpu for one in generators), default=0.0), CPU, "%",
            "it was busy with itself: use more --processes, or another machine for the generator",
        ),
        Check.below(
            "sent later than due, p99", max((one.late_p99_ms for one in generators), default=0.0), LATE_P99_MS, "ms",
            "calls left late, which is the generator's doing",
        ),
    ]  # fmt: skip
    if not results.aborted:
        checks.append(
            Check.above(
                "scheduled of asked for",
                results.planned / expected if expected else 0.0,
                PLANNED_SHARE,
                "%",
                "the generator did not keep its own schedule",
            )
        )
    if results.dropped:
        reached = sum(one.in_flight_max for one in generators) / max(max_in_flight, 1)
        checks.append(
            Check.above(
                "in flight when calls were dropped, of the limit",
                reached,
                IN_FLIGHT_SHARE,
                "%",
                "calls were dropped while there was room for them",
            )
        )
    return checks
