"""Explains a transaction: the steps it took, what each decided and why, and where the time went."""

from dataclasses import dataclass

from gateway.core import endpoints, policy
from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin, Phase, Record
from ndxp.errors import RULES, Code, Reason, Refusal, code_name
from ndxp.steps import CallStep
from ndxp.wire import metadata

STEPS: tuple[str, ...] = tuple(CallStep)
_FORWARDED = STEPS[: STEPS.index(CallStep.FORWARD)]
"""The steps before forwarding."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step decided: "passed", "refused", "failed" or "not reached". ``micros`` is None where not measured."""

    name: str
    decision: str
    why: str
    micros: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict in a sentence, the remedy when there is one, and the steps in their order."""

    verdict: str
    remedy: str
    steps: list[Step]


def explain(records: list[Record], snapshot: Snapshot) -> Explanation:
    """Explains the records of one transaction (at least one); ``snapshot`` is the registry as it is now."""
    last = records[-1]
    if last.phase is Phase.REQUEST:
        why = (
            "the request is recorded and the outcome is not: the call is under way, or its gateway died, "
            "or the journal took the record too late and nothing was forwarded"
        )
        steps = [Step(name, "passed", _passed(name, last, True, snapshot)) for name in _FORWARDED]
        steps += [Step(name, "unknown", why) for name in STEPS[len(steps) :]]
        return Explanation(why, "", steps)
    journaled = len(records) > 1
    stopped = _stopped_at(last)
    steps = []
    for name in STEPS:
        forwarded = name == CallStep.FORWARD and last.request_out_ts  # the fault came after it
        if stopped and STEPS.index(name) > STEPS.index(stopped) and name != CallStep.ANSWER and not forwarded:
            steps.append(Step(name, "not reached", ""))
        elif name == stopped:
            decision = "refused" if name != CallStep.FORWARD else "failed"
            steps.append(Step(name, decision, _stopped(last, snapshot), _micros(name, last)))
        else:
            steps.append(Step(name, "passed", _passed(name, last, journaled, snapshot), _micros(name, last)))
    return Explanation(_verdict(last), _remedy(last, snapshot), steps)


def _stopped_at(record: Record) -> CallStep | None:
    if record.status_code == Code.OK:
        return None
    if record.origin is Origin.PROVIDER or record.reason not in RULES:
        return CallStep.FORWARD
    return RULES[Reason(record.reason)].step or CallStep.FORWARD


def _stopped(record: Record, snapshot: Snapshot) -> str:
    status = f"{code_name(record.status_code)}{f' ({record.reason})' if record.reason else ''}"
    if record.origin is Origin.PROVIDER:
        return f"the provider answered {status}; the exchange passed it on"
    if record.reason == Reason.FAULT_INJECTED:
        when = "after the provider had answered" if record.response_in_ts else "before the provider got the call"
        if record.request_out_ts and not record.response_in_ts:
            when = "while the provider had the call"
        return f"{code_name(record.status_code)}, set {when}: {_fault(record, snapshot)}"
    if record.status_code == Code.CANCELLED:
        return "the caller cancelled the call"
    if record.reason in (Reason.ACCESS_DENIED, Reason.PURPOSE_REQUIRED):
        return f"{status}: {_why_denied(record, snapshot)}"
    return f"{status}: {RULES[Reason(record.reason)].meaning}" if record.reason in RULES else status


def _why_denied(record: Record, snapshot: Snapshot) -> str:
    """Asks the policy again, because it knows the nearest grant. The path of a REST service is not in the record."""
    unknown = "; the path is not in the record" if record.method.startswith(f"{endpoints.CONTRACT}/") else ""
    try:
        service = policy.choose_service(snapshot, record.method, record.service)
        grant = policy.authorise(
            snapshot, record.client, service, record.method, purpose=record.purpose, now=record.request_in_ts / 1e6
        )
    except Refusal as refusal:
        return refusal.message + unknown
    return f"no grant fitted then; grant {grant.id} does now"


def _granted(record: Record, snapshot: Snapshot) -> str:
    """The grant with its present terms; the record has its name only, and the registry may have changed since."""
    if not record.grant:
        return ""
    grant = next((grant for grant in snapshot.registry.grants if grant.id == record.grant), None)
    terms = "which is not in the registry any more" if grant is None else grant.terms
    return f"grant {record.grant} of {record.service}" + (f": {terms}" if terms else "")


def _fault(record: Record, snapshot: Snapshot) -> str:
    """The faults that a call has met, with their present terms; the record has their names only."""
    rules = {rule.id: rule for rule in snapshot.registry.faults}
    told = []
    for name in record.fault.split(","):
        rule = rules.get(name)
        if name == metadata.FAULT_OF_CALLER:
            told.append(f"the caller asked for it ({metadata.FAULT})")
        elif rule is None:
            told.append(f"fault {name}, which is not in the registry any more")
        else:
            told.append(f"fault {name} ({rule.do}){f': {rule.note}' if rule.note else ''}")
    return "; ".join(told)


def _passed(name: str, record: Record, journaled: bool, snapshot: Snapshot) -> str:
    reasons: dict[str, str] = {
        CallStep.IDENTIFY: f"the token is {record.client}'s",
        CallStep.AUTHORISE: _granted(record, snapshot),
        CallStep.ADMIT: "quota left, journal taking records",
        CallStep.RESOLVE: f"provider {record.service}",
        CallStep.JOURNAL: (
            "the request was in the journal before it was forwarded"
            if journaled
            else "one message, and it changes nothing: only the outcome is recorded"
        ),
        CallStep.FAULT: _fault(record, snapshot) if record.fault else "no fault was set for this call",
        CallStep.FORWARD: (
            f"{record.messages_in} message(s), {record.request_size} bytes to the provider; "
            f"{record.messages_out} message(s), {record.response_size} bytes back"
            + (f"; the answer was given before, in transaction {record.replay_of}" if record.replay_of else "")
        ),
        CallStep.ANSWER: "the outcome was in the journal before the caller got its status",
    }
    return reasons[name]


def _micros(name: str, record: Record) -> int | None:
    if name == CallStep.FORWARD and record.request_out_ts and record.response_in_ts:
        return record.response_in_ts - record.request_out_ts
    if name == CallStep.ANSWER:
        return record.response_out_ts - (record.response_in_ts or record.request_in_ts)
    until_forwarded = CallStep.FAULT if record.fault else CallStep.RESOLVE  # a fault may have made the call wait
    if name == until_forwarded and record.request_out_ts:
        return record.request_out_ts - record.request_in_ts
    return None


def _verdict(record: Record) -> str:
    what = f"{record.client or 'an unidentified caller'} called {record.method}"
    at = f" of {record.service}" if record.service else ""
    marks = [f"attempt {record.attempt}"] * (record.attempt > 1) + ["disturbed on purpose"] * bool(record.fault)
    at += f" ({', '.join(marks)})" if marks else ""
    if record.status_code == Code.OK:
        return f"{what}{at} and got its answer"
    who = "the provider" if record.origin is Origin.PROVIDER else "the exchange"
    return f"{what}{at}; {who} said {code_name(record.status_code)}{f' {record.reason}' if record.reason else ''}"


def _remedy(record: Record, snapshot: Snapshot) -> str:
    if record.fault == metadata.FAULT_OF_CALLER:
        return f"leave out {metadata.FAULT}"
    if record.fault:
        names = record.fault.split(",")
        removes = [f"`ndxp fault remove {rule.id}`" for rule in snapshot.registry.faults if rule.id in names]
        return f"wait until the fault ends, or remove it: {', '.join(removes)}" if removes else "call again"
    return RULES[Reason(record.reason)].remedy if record.origin is Origin.GATEWAY and record.reason in RULES else ""
