"""Tests of the generator: its highest rate, whether it shows a frozen server, and a comparison with grpcio's stubs.

``python -m loadtest.selftest`` prints the results in three lines.
"""

import subprocess
import sys
from typing import Literal

import msgspec


class Ceiling(msgspec.Struct, kw_only=True):
    """The rate and cost of one generator process with a server that answers at once."""

    calls: int
    failed: int
    calls_per_second: float
    cpu_us_per_call: float


class Freeze(msgspec.Struct, kw_only=True):
    """p99 in milliseconds that two generators measure on a server that was frozen for two seconds.

    ``corrected`` is the open schedule, measured from each call's due time. ``naive`` waits for every answer before the
    next call: the freeze affects only one of its calls (``naive_max_ms``), which p99 does not show.
    """

    calls: int
    corrected_p99_ms: float
    naive_calls: int
    naive_p99_ms: float
    naive_max_ms: float


class Beside(msgspec.Struct, kw_only=True):
    """Latencies in milliseconds, at a low rate, of calls made in turn by this generator and by grpcio's stubs."""

    calls: int
    p50_ms: float
    p99_ms: float
    stubs_p50_ms: float
    stubs_p99_ms: float


class SelfTestFailed(Exception):
    """The self-test did not run; the text is the last line of its process."""


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
    """Runs a test in a process of its own, so that its CPU is that of the calls only."""
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
