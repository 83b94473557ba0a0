"""Checks that the agency stops without losing calls."""

from ndxp.check.provider import Provider
from ndxp.check.result import Result, Rule, WhyNot

_GRACEFUL = Rule(
    "stop/graceful",
    "on SIGTERM the agency says NOT_SERVING to who watches its health, and ends by itself within 15 seconds",
    "each update stops an agency; the gateway must learn it before calls fail, and no call may be cut off",
    "docs/guides/agency.md#check-your-agency",
)


def check_stop(provider: Provider) -> Result:
    """The agency's process, where it has one of its own on this machine; it is stopped, so this comes last."""
    if provider.stop is None:
        return _GRACEFUL.skipped(provider.subsystem, WhyNot.NOT_OURS)
    if came := provider.stop():
        return _GRACEFUL.failed(provider.subsystem, sent="SIGTERM to the agency's process", came=came)
    return _GRACEFUL.passed(provider.subsystem)
