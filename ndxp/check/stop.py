"""Checks that the agency stops without losing calls."""

from collections.abc import Iterator

from ndxp.check.line import Line
from ndxp.check.result import Result, Rule

_GRACEFUL = Rule(
    "stop/graceful",
    "on SIGTERM the agency says NOT_SERVING to who watches its health, and ends by itself within 15 seconds",
    "each update stops an agency; the gateway must learn it before calls fail, and no call may be cut off",
    "docs/guides/agency.md#check-your-agency",
)


def check_stop(line: Line) -> Iterator[Result]:
    """The agency's process, where it has one of its own on this machine."""
    provider = line.provider
    if provider.stop is None:
        why = "the agency is no process of its own that this exchange has started"
        yield _GRACEFUL.skipped(provider.name, why)
    elif came := provider.stop():
        yield _GRACEFUL.failed(provider.name, sent="SIGTERM to the agency's process", came=came)
    else:
        yield _GRACEFUL.passed(provider.name)
