"""The attempts of one call: a caller sends it again when it fails, and each attempt is a transaction of its own."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from ndxp.admin import AdminApi, path_part
from ndxp.errors import Code, code_name

_MOST = 1000
"""How many transactions of one message are looked at."""

Outcome: TypeAlias = dict[str, Any]
"""A record of the ledger, as the admin API gives it."""


def attempts_of(session: AdminApi, transaction: str) -> list[Outcome]:
    """All attempts of the call to which a transaction belongs, in the order of time, with ``waited`` as text.

    Attempts of a call have caller, method and message id in common; without a message id there is nothing to compare.
    """
    record = session.get(f"/transactions/{path_part(transaction)}")[-1]
    same = {name: record[name] for name in ("client", "method", "message_id")}
    outcomes = session.get("/transactions", **same, limit=_MOST) if record["message_id"] else []
    for attempts in calls_of(outcomes):
        if any(each["transaction_id"] == record["transaction_id"] for each in attempts):
            return [_shown(*pair) for pair in zip(attempts, [None, *attempts], strict=False)]
    return [_shown(record, None)]


def calls_of(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """The outcomes of one message, put together by call: a later attempt belongs to the latest call that waits for one.

    That is a call whose attempt before it has failed, or has had no answer yet. A call may miss an attempt, because one
    that did not reach the gateway has no record.
    """
    calls: list[list[Outcome]] = []
    for outcome in sorted(outcomes, key=lambda each: int(each["request_in_ts"])):
        number = _number(outcome)
        waiting = [
            call for call in calls
            if _number(call[-1]) < number and (call[-1]["status_code"] != Code.OK or _overlap(call[-1], outcome))
        ]  # fmt: skip
        if waiting:
            waiting[-1].append(outcome)
        else:
            calls.append([outcome])
    return calls


def _shown(outcome: Outcome, before: Outcome | None) -> Outcome:
    names = ("transaction_id", "request_in_ts", "response_out_ts")
    status = {"attempt": _number(outcome), "status": _status(outcome), "waited": _waited(outcome, before)}
    return {name: outcome[name] for name in names} | status


def _waited(outcome: Outcome, before: Outcome | None) -> str:
    if before is None:
        return "" if _number(outcome) == 1 else "after attempts that are not in the ledger"
    if _overlap(before, outcome):
        silent = (outcome["request_in_ts"] - before["request_in_ts"]) / 1e6
        return f"as a second copy, {silent:.3f} s after attempt {_number(before)} began"
    pause = (outcome["request_in_ts"] - before["response_out_ts"]) / 1e6
    return f"{pause:.3f} s after attempt {_number(before)} failed"


def _number(outcome: Outcome) -> int:
    """Which attempt it is; the first one does not say."""
    return int(outcome.get("attempt", 0)) or 1


def _overlap(before: Outcome, after: Outcome) -> bool:
    return bool(before["response_out_ts"] > after["request_in_ts"])


def _status(outcome: Outcome) -> str:
    if outcome.get("phase") == "request":
        return "no outcome yet"
    return f"{code_name(outcome['status_code'])} {outcome['reason']}".strip()
