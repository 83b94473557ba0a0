"""Validity: whether a run measured the exchange, or its own generator."""

from loadtest.checks import Check
from loadtest.results import Results

LAG_P99_MS = 20.0
"""A generator's loop that wakes late sends late and stamps answers late: its lag is in every latency it reports. 20 ms
is a fifth of the 100 ms that profiles allow to p99."""

CPU = 0.9
"""Share of a core. A single-threaded loop queues its own work above that: at 90 % a task waits for nine others."""

LATE_P99_MS = 20.0
"""How long after it was due a call may be sent. Nothing waits on purpose in between (what finds no room is dropped), so
this is the generator's own lateness; measured of every single call, because percentiles cannot be subtracted."""

PLANNED_SHARE = 0.99
"""What was scheduled of what the profile's rate over time asks for; below that the schedule itself was not kept."""

IN_FLIGHT_SHARE = 0.5
"""A call is dropped because the in-flight limit is reached. When calls were dropped and no more than this share of the
limit was ever in flight, the generator dropped them for a reason of its own."""


def judge(results: Results, *, expected: float, max_in_flight: int) -> list[Check]:
    """The checks of a run; one that is not passed makes the run INVALID.

    ``expected`` is how many calls the profile asks for, ``max_in_flight`` its limit. The worst generator counts.
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
