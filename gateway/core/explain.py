"""Explains a transaction: the steps it took, what each decided and why, and where the time went.

Sentences are in the language of who asks (``say``). Names, codes and notes stay as they are in the record and the
registry.
"""

from dataclasses import dataclass

from gateway.core import endpoints, policy
from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin, Phase, Record
from ndxp.errors import RULES, Code, Reason, Refusal, code_name
from ndxp.language import ENGLISH, Speaker
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


def explain(records: list[Record], snapshot: Snapshot, say: Speaker = ENGLISH) -> Explanation:
    """Explains the records of one transaction (at least one); ``snapshot`` is the registry as it is now.

    The decisions are English words for programs; what people read is in the language of ``say``.
    """
    last = records[-1]
    if last.phase is Phase.REQUEST:
        why = say(
            "the request is recorded and the outcome is not: the call is under way, or its gateway died, "
            "or the journal took the record too late and nothing was forwarded"
        )
        steps = [Step(name, "passed", _passed(name, last, True, snapshot, say)) for name in _FORWARDED]
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
            steps.append(Step(name, decision, _stopped(last, snapshot, say), _micros(name, last)))
        else:
            why = _passed(name, last, journaled, snapshot, say)
            steps.append(Step(name, "passed", why, _micros(name, last)))
    return Explanation(_verdict(last, say), _remedy(last, snapshot, say), steps)


def _stopped_at(record: Record) -> CallStep | None:
    if record.status_code == Code.OK:
        return None
    if record.origin is Origin.PROVIDER or record.reason not in RULES:
        return CallStep.FORWARD
    return RULES[Reason(record.reason)].step or CallStep.FORWARD


def _stopped(record: Record, snapshot: Snapshot, say: Speaker) -> str:
    status = f"{code_name(record.status_code)}{f' ({record.reason})' if record.reason else ''}"
    if record.origin is Origin.PROVIDER:
        return say("the provider answered {status}; the exchange passed it on", status=status)
    if record.reason == Reason.FAULT_INJECTED:
        when = (
            say("after the provider had answered") if record.response_in_ts else say("before the provider got the call")
        )
        if record.request_out_ts and not record.response_in_ts:
            when = say("while the provider had the call")
        fault = _fault(record, snapshot, say)
        return say("{code}, set {when}: {fault}", code=code_name(record.status_code), when=when, fault=fault)
    if record.status_code == Code.CANCELLED:
        return say("the caller cancelled the call")
    if record.reason in (Reason.ACCESS_DENIED, Reason.PURPOSE_REQUIRED):
        return f"{status}: {_why_denied(record, snapshot, say)}"
    return f"{status}: {RULES[Reason(record.reason)].meaning_in(say.language)}" if record.reason in RULES else status


def _why_denied(record: Record, snapshot: Snapshot, say: Speaker) -> str:
    """Asks the policy again, because it knows the nearest grant; the rights of then are not in the record.

    Nor is the path of a REST service.
    """
    try:
        service = policy.choose_service(snapshot, record.method, record.service, say=say)
        now = record.request_in_ts / 1e6
        grant = policy.authorise(
            snapshot, record.client, service, record.method, purpose=record.purpose, now=now, say=say
        )
    except Refusal as refusal:
        why = say("by the rights of now, which may have changed since: {why}", why=refusal.message)
        rest = record.method.startswith(f"{endpoints.CONTRACT}/")
        return say("{why}; the path is not in the record", why=why) if rest else why
    return say("no grant fitted then; grant {grant} does now", grant=grant.id)


def _granted(record: Record, snapshot: Snapshot, say: Speaker) -> str:
    """The grant with its present terms; the record has its name only, and the registry may have changed since."""
    if not record.grant:
        return ""
    grant = next((grant for grant in snapshot.registry.grants if grant.id == record.grant), None)
    terms = say("which is not in the registry any more") if grant is None else grant.terms(say)
    what = say("grant {grant} of {service}", grant=record.grant, service=record.service)
    return f"{what}: {terms}" if terms else what


def _fault(record: Record, snapshot: Snapshot, say: Speaker) -> str:
    """The faults that a call has met, with their present terms; the record has their names only."""
    rules = {rule.id: rule for rule in snapshot.registry.faults}
    told = []
    for name in record.fault.split(","):
        rule = rules.get(name)
        if name == metadata.FAULT_OF_CALLER:
            told.append(say("the caller asked for it ({header})", header=metadata.FAULT))
        elif rule is None:
            told.append(say("fault {fault}, which is not in the registry any more", fault=name))
        else:
            told.append(
                say("fault {fault} ({effect})", fault=name, effect=rule.do) + (f": {rule.note}" * bool(rule.note))
            )
    return "; ".join(told)


def _passed(name: str, record: Record, journaled: bool, snapshot: Snapshot, say: Speaker) -> str:
    reasons: dict[str, str] = {
        CallStep.IDENTIFY: say("the token is {client}'s", client=record.client),
        CallStep.AUTHORISE: _granted(record, snapshot, say),
        CallStep.ADMIT: say("quota left, journal taking records"),
        CallStep.RESOLVE: say("provider {provider}", provider=record.service),
        CallStep.JOURNAL: (
            say("the request was in the journal before it was forwarded")
            if journaled
            else say("one message, and it changes nothing: only the outcome is recorded")
        ),
        CallStep.FAULT: _fault(record, snapshot, say) if record.fault else say("no fault was set for this call"),
        CallStep.FORWARD: _forwarded(record, say),
        CallStep.ANSWER: say("the outcome was in the journal before the caller got its status"),
    }
    return reasons[name]


def _forwarded(record: Record, say: Speaker) -> str:
    what = say(
        "{messages_in} message(s), {request_size} bytes to the provider; "
        "{messages_out} message(s), {response_size} bytes back",
        messages_in=record.messages_in,
        request_size=record.request_size,
        messages_out=record.messages_out,
        response_size=record.response_size,
    )
    if not record.replay_of:
        return what
    return say("{what}; the answer was given before, in transaction {first}", what=what, first=record.replay_of)


def _micros(name: str, record: Record) -> int | None:
    if name == CallStep.FORWARD and record.request_out_ts and record.response_in_ts:
        return record.response_in_ts - record.request_out_ts
    if name == CallStep.ANSWER:
        return record.response_out_ts - (record.response_in_ts or record.request_in_ts)
    until_forwarded = CallStep.FAULT if record.fault else CallStep.RESOLVE  # a fault may have made the call wait
    if name == until_forwarded and record.request_out_ts:
        return record.request_out_ts - record.request_in_ts
    return None


def _verdict(record: Record, say: Speaker) -> str:
    what = say("{client} called {method}", client=record.client or say("an unidentified caller"), method=record.method)
    at = say(" of {service}", service=record.service) if record.service else ""
    marks = [say("attempt {number}", number=record.attempt)] * (record.attempt > 1)
    marks += [say("disturbed on purpose")] * bool(record.fault)
    what += at + (f" ({', '.join(marks)})" if marks else "")
    if record.status_code == Code.OK:
        return say("{what} and got its answer", what=what)
    status = f"{code_name(record.status_code)}{f' {record.reason}' if record.reason else ''}"
    if record.origin is Origin.PROVIDER:
        return say("{what}; the provider said {status}", what=what, status=status)
    return say("{what}; the exchange said {status}", what=what, status=status)


def _remedy(record: Record, snapshot: Snapshot, say: Speaker) -> str:
    if record.fault == metadata.FAULT_OF_CALLER:
        return say("leave out {header}", header=metadata.FAULT)
    if record.fault:
        names = record.fault.split(",")
        removes = [f"`ndxp fault remove {rule.id}`" for rule in snapshot.registry.faults if rule.id in names]
        if not removes:
            return say("call again")
        return say("wait until the fault ends, or remove it: {commands}", commands=", ".join(removes))
    known = record.origin is Origin.GATEWAY and record.reason in RULES
    return say(RULES[Reason(record.reason)].remedy) if known else ""
