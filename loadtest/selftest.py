"""Can the generator be trusted? What it can do, whether it shows a server that stands still, and stubs beside it.

``python -m loadtest.selftest`` says it in three lines.
"""

import subprocess
import sys
from typing import Literal

import msgspec


class Ceiling(msgspec.Struct, kw_only=True):
    """What one generator process does against a server that answers at once."""

    calls: int
    failed: int
    calls_per_second: float
    cpu_us_per_call: float


class Freeze(msgspec.Struct, kw_only=True):
    """p99 of the same server, which stood still for two seconds, as two generators see it, in milliseconds.

    ``corrected`` is the open schedule, measured from when each call was due. ``naive`` is a user who waits for every
    answer before asking again: standing still costs it a single call (``naive_max_ms``), which p99 does not show.
    """

    calls: int
    corrected_p99_ms: float
    naive_calls: int
    naive_p99_ms: float
    naive_max_ms: float


class Beside(msgspec.Struct, kw_only=True):
    """Latencies of calls in turn with those of grpcio's own stubs, at a low rate, in milliseconds."""

    calls: int
    p50_ms: float
    p99_ms: float
    stubs_p50_ms: float
    stubs_p99_ms: float


class SelfTestFailed(Exception):
    """The self-test did not run; the text is what its process said last."""


def ceiling() -> Ceiling:
    """Saturates one generator process for about three seconds. Raises SelfTestFailed."""
    return msgspec.json.decode(_run("ceiling"), type=Ceiling)


def freeze() -> Freeze:
    """Freezes a server for two of six seconds. Raises SelfTestFailed."""
    return msgspec.json.decode(_run("freeze"), type=Freeze)


def beside() -> Beside:
    """Makes calls in turn with grpcio's stubs, for about five seconds. Raises SelfTestFailed."""
    return msgspec.json.decode(_run("beside"), type=Beside)


def _run(name: Literal["ceiling", "freeze", "beside"]) -> str:
    """In a process of its own, whose CPU is that of the calls alone."""
    command = [sys.executable, "-P", "-m", "loadtest.selftest_process", name]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)  # noqa: S603
    if ended.returncode:
        raise SelfTestFailed(ended.stderr.strip().rpartition("\n")[2] or f"ended with {ended.returncode}")
    return ended.stdout


def main() -> None:
    """Runs the tests, about fifteen seconds, and prints what they show."""
    try:
        alone, frozen, both = ceiling(), freeze(), beside()
    except SelfTestFailed as error:
        sys.exit(f"loadtest.selftest: {error}")
    sys.stdout.write(
        f"One generator process alone: {alone.calls_per_second:,.0f} calls/s, {alone.cpu_us_per_call:,.0f} µs of CPU a "
        f"call, {alone.failed:,} of {alone.calls:,} failed.\n"
        f"A server that stands still for 2 of 6 s: p99 response {frozen.corrected_p99_ms:,.0f} ms; a closed loop "
        f"beside it shows {frozen.naive_p99_ms:,.0f} ms, and hides the one call of {frozen.naive_max_ms:,.0f} ms.\n"
        f"The same {both.calls:,} calls in turn, here and by grpcio's stubs: p50 {both.p50_ms:.2f} and "
        f"{both.stubs_p50_ms:.2f} ms, p99 {both.p99_ms:.2f} and {both.stubs_p99_ms:.2f} ms.\n"
    )


if __name__ == "__main__":
    main()
