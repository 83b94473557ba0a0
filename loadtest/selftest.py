"""Can the generator be trusted? What it can do by itself, and whether it shows a server that stands still."""

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


class SelfTestFailed(Exception):
    """The self-test did not run; the text is what its process said last."""


def ceiling() -> Ceiling:
    """Saturates one generator process for about three seconds. Raises SelfTestFailed."""
    return msgspec.json.decode(_run("ceiling"), type=Ceiling)


def freeze() -> Freeze:
    """Freezes a server for two of six seconds. Raises SelfTestFailed."""
    return msgspec.json.decode(_run("freeze"), type=Freeze)


def _run(name: Literal["ceiling", "freeze"]) -> str:
    """In a process of its own, because Locust patches the standard library of the process that imports it."""
    command = [sys.executable, "-P", "-m", "loadtest.selftest_process", name]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603
    if ended.returncode:
        raise SelfTestFailed(ended.stderr.strip().rpartition("\n")[2] or f"ended with {ended.returncode}")
    return ended.stdout
