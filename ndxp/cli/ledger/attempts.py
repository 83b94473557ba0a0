"""Prints the attempts of one call."""

from collections.abc import Sequence

from ndxp.language import _
from ndxp.ledger.attempts import Outcome
from ndxp.terminal import clock, console, table


def print_attempts(attempts: Sequence[Outcome], transaction: str) -> None:
    """Prints the attempts of a call that has more than one, or that was a later one; "→" is before this transaction."""
    if len(attempts) == 1 and attempts[0]["attempt"] == 1:
        return
    console.print()
    rows = [
        ("→" if each["transaction_id"] == transaction else "", each["attempt"], clock(each["request_in_ts"]),
         each["waited"], each["status"], each["transaction_id"])
        for each in attempts
    ]  # fmt: skip
    console.print(table(("", "attempt#", "at", "sent", "ended with", "transaction"), rows))
    if attempts[0]["attempt"] > 1:
        console.print(
            _("The ledger has no earlier attempt of this message: a call that did not get here is not in it.")
        )
