"""A call's steps, in the order of ``ndxp.steps``: the decisions, then the records before and after forwarding.

A step decides at once, or it yields a future to wait for. The steps are generators of futures, so that a call needs no
task: the relay goes on when the future is done (``gateway/dataplane/relay.py``).
"""

import time
from asyncio import Future
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.core import policy
from gateway.core.endpoints import check_path
from gateway.core.quota import Bucket
from gateway.core.registry import Grant, Registry, Service, Snapshot
from gateway.core.transaction import Call, Origin, Phase
from gateway.dataplane import faults
from gateway.dataplane.admission import Admission
from gateway.dataplane.allowance import Allowances
from gateway.dataplane.certificates import Certificate
from gateway.dataplane.faults import FaultCounts
from gateway.dataplane.journal import Journal, JournalUnavailable
from gateway.dataplane.traffic import Traffic
from gateway.settings import GatewaySettings
from gateway.tokens import TokenVerifier
from ndxp.errors import BEFORE_ADMISSION, Reason, Refusal
from ndxp.steps import CallStep
from ndxp.wire import metadata
from ndxp.wire.tls import REST

STRANGERS = 50.0, 500
"""How many refusals of callers without a valid token are recorded in a second, and at once; others are refused but not
recorded."""

_REFUSED_AT_ONCE = 25
"""A refused caller may use its share of records of so many seconds at once."""

SHED = 20.0, 20
"""How many refusals for lack of room are recorded in a second, and at once: shedding load must be cheap."""


@dataclass(slots=True)
class WorkerState:
    """Everything that this worker's steps need to decide.

    ``admission`` counts the calls under way, ``traffic`` those that have ended. ``refused`` says by caller and reason
    how many refusals are recorded.
    """

    settings: GatewaySettings
    node: str
    journal: Journal
    allowances: Allowances
    tokens: TokenVerifier = field(default_factory=TokenVerifier)
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(Registry(instance="VN"), {}))
    provider_keys: Mapping[str, bytes] = field(default_factory=dict)
    generations: Mapping[str, int] = field(default_factory=dict)
    salt_key: bytes = b""
    strangers: Bucket = field(default_factory=lambda: Bucket(*STRANGERS, time.monotonic()))
    shed: Bucket = field(default_factory=lambda: Bucket(*SHED, time.monotonic()))
    refused: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    fault_counts: FaultCounts = field(default_factory=FaultCounts)
    traffic: Traffic = field(default_factory=Traffic)
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.admission = Admission(self.settings)


Steps: TypeAlias = Iterator[Future[Any]]
"""Steps under way: the driver waits for each yielded future before it goes on. Going on may raise Refusal."""


@dataclass(slots=True)
class Claim:
    """What the caller sent; ``remaining`` is its deadline in seconds from now, None without one.

    ``certificate`` is that of the connection, None without TLS. ``identified`` says that identify has let it pass,
    ``service`` is what authorise has found it to mean.
    """

    pairs: metadata.Pairs
    remaining: float | None
    certificate: Certificate | None = None
    identified: bool = False
    service: Service = field(init=False)


def identify(state: WorkerState, call: Call, claim: Claim) -> None:
    """Who calls: needs a valid token, and with TLS a certificate, of a member on the exchange that is not disabled.

    The doors for HTTP show a certificate of their own; behind it the token alone says who calls.
    """
    _check_size(state.settings.max_metadata_bytes, claim)
    call.headers = metadata.read(claim.pairs)
    try:
        token = state.tokens.verify(call.headers.pop(metadata.AUTHORIZATION, ""), time.time())
    except Refusal as refusal:
        call.client = refusal.metadata.get("client", "")
        raise
    client = call.client = token.client
    call.generation = call.certificate = token.generation
    if claim.certificate is not None and claim.certificate.client != REST:
        call.certificate = claim.certificate.generation
        if claim.certificate.client != client:
            raise Refusal(
                Reason.CERTIFICATE_INVALID,
                f"the token is {client}'s and the certificate {claim.certificate.client[:200] or 'no member'}'s",
                metadata={"client": client},
            )
    claimed = call.headers.get(metadata.CLIENT, client)
    if claimed != client:
        raise Refusal(
            Reason.INVALID_METADATA, f"{metadata.CLIENT} says {claimed} but the token is {client}'s",
            metadata={"key": metadata.CLIENT},
        )  # fmt: skip
    check_standing(state, call)
    check_path(call.method, call.headers.get(metadata.PATH, ""))
    faults.check_caller(state.settings.faults_by_caller, call)
    claim.identified = True


def _check_size(limit: int, claim: Claim) -> None:
    """Whether the metadata is small enough, as HTTP/2 counts it."""
    size = metadata.size(claim.pairs)
    if size > limit:
        largest = max(claim.pairs, key=lambda pair: len(pair[1]))[0][:64]
        raise Refusal(
            Reason.INVALID_METADATA, f"metadata of {size} bytes, most of them in {largest}; {limit} are allowed",
            metadata={"key": largest, "allowed": str(limit)},
        )  # fmt: skip


def check_standing(state: WorkerState, call: Call) -> None:
    """Whether the caller is still a member with current credentials, by the registry as it is now.

    Raises Refusal: MEMBER_DISABLED; TOKEN_INVALID or CERTIFICATE_INVALID when its credentials were rotated since.
    """
    client = call.client
    member = state.snapshot.subsystems.get(client)
    if member is None or member.disabled:
        standing = "is not on this exchange any more" if member is None else "is disabled"
        raise Refusal(Reason.MEMBER_DISABLED, f"{client} {standing}", metadata={"client": client})
    current = state.generations.get(client, 0)
    if call.generation == current != call.certificate:
        raise Refusal(
            Reason.CERTIFICATE_INVALID,
            f"the certificate is of former credentials of {client}, which were rotated",
            metadata={"client": client},
        )
    if call.generation != current:
        raise Refusal(
            Reason.TOKEN_INVALID,
            f"the token was issued for a former secret of {client}, which was rotated; get one with the new secret",
            metadata={"client": client},
        )


def authorise(state: WorkerState, call: Call, claim: Claim) -> None:
    """Whether the caller may call: needs a grant for this method of this provider."""
    path = call.headers.get(metadata.PATH, "")
    service = policy.choose_service(state.snapshot, call.method, call.headers.get(metadata.SERVICE, ""), path)
    call.service = service.provider
    call.address = service.listens_at(state.settings.addresses)
    grant = _grant(state, call, service)
    call.grant, call.fields = grant.id, grant.fields
    claim.service = service


def _grant(state: WorkerState, call: Call, service: Service) -> Grant:
    purpose, path = call.headers.get(metadata.PURPOSE, ""), call.headers.get(metadata.PATH, "")
    grant = policy.authorise(
        state.snapshot, call.client, service, call.method, purpose=purpose, now=time.time(), path=path
    )
    if service.disabled:
        raise Refusal(Reason.SERVICE_DISABLED, f"{service.contract} of {service.provider} is disabled")
    return grant


def check_still(state: WorkerState, call: Call) -> None:
    """Whether a call under way would be let in by the registry as it is now; checked regularly for every call.

    Raises what identify and authorise raise; ACCESS_DENIED too when other fields of the answers are released now.
    """
    if not call.grant:
        return
    check_standing(state, call)
    path = call.headers.get(metadata.PATH, "")
    grant = _grant(state, call, policy.choose_service(state.snapshot, call.method, call.service, path))
    if grant.fields != call.fields:
        raise Refusal(
            Reason.ACCESS_DENIED, f"grant {grant.id} releases other fields now than when this call began; call again",
            metadata={"client": call.client, "service": call.service, "method": call.method, "grant": grant.id},
        )  # fmt: skip


def admit(state: WorkerState, call: Call, claim: Claim) -> "Future[None] | None":
    """Whether there is room: in the journal, in the worker, at the provider's address and in the consumer's quota.

    Gives something to wait for when only the store knows about the quota.
    """
    if not state.journal.available:
        raise Refusal(Reason.JOURNAL_UNAVAILABLE, "the journal cannot take a record now", retry_after=1)
    state.admission.check(state.snapshot, call, claim.service)
    waits = state.allowances.enter(call.client, state.snapshot.quota(call.client))
    state.admission.enter(call)
    return waits


def resolve(state: WorkerState, call: Call, claim: Claim) -> None:
    """How the call goes on: whether its request is journaled first, and its deadline, capped by the limits.

    Raises Refusal when the provider's contract must be known for that and is not.
    """
    settings, service, method = state.settings, claim.service, state.snapshot.method(call.method)
    if call.fields and method is None:
        # The kind of the method decides where the answer names withheld fields, so an unknown method is not forwarded.
        raise Refusal(
            Reason.PROVIDER_UNREACHABLE, f"{service.provider} has not shown its contract {service.contract} yet, and "
            f"grant {call.grant} releases fields of it only", retry_after=1, metadata={"service": service.provider},
        )  # fmt: skip
    call.journal_first = method is None or not (method.unary and method.read_only)
    if method is not None and method.unary:
        longest, unstated = settings.max_deadline, settings.default_deadline
    else:
        longest = unstated = settings.max_stream_deadline
    call.timeout = min(longest, unstated if claim.remaining is None else claim.remaining)


_DECIDES: Mapping[CallStep, Callable[[WorkerState, Call, Claim], "Future[None] | None"]] = {
    CallStep.IDENTIFY: identify,
    CallStep.AUTHORISE: authorise,
    CallStep.ADMIT: admit,
    CallStep.RESOLVE: resolve,
}
DECISIONS = tuple((step, _DECIDES[step]) for step in CallStep if step in _DECIDES)
"""The decisions by a call's header list, before a byte of its request is kept."""


def begin(state: WorkerState, call: Call, claim: Claim) -> Steps:
    """Runs the decisions; raises Refusal."""
    for step, decide in DECISIONS:
        if (waits := decide(state, call, claim)) is not None:
            yield waits
            waits.result()
        if call.span is not None:
            call.span.step(step)


def enter(state: WorkerState, call: Call, claim: Claim) -> Steps:
    """The last steps before forwarding, when enough of the request is there: its place at the provider, its record.

    The request of a stream, and of a method that may change something, is in the journal when this ends. A call that
    meets a fault meets it here for the first time. Raises Refusal.
    """
    if state.snapshot.faults or metadata.FAULT in call.headers:
        yield from faults.choose(state, call)
    state.admission.enter_place(state.snapshot, call, claim.service)
    if call.journal_first:
        yield from record_request(state, call)
    if call.fault:
        yield from faults.before(call)


def record_request(state: WorkerState, call: Call) -> Steps:
    """The request goes to the journal. Raises Refusal (JOURNAL_UNAVAILABLE)."""
    yield from _write(state, call, Phase.REQUEST, "nothing was forwarded")


def finish(state: WorkerState, call: Call, claim: Claim) -> Steps:
    """The outcome goes to the journal; the caller may be answered when this ends.

    A refused call is recorded when it claimed an identity. Raises Refusal (JOURNAL_UNAVAILABLE) when the record
    cannot be written: the answer must not leave without it.
    """
    if call.admitted:
        state.allowances.leave(call.client)
    state.admission.leave(call)
    if call.span is not None and call.response_in_ts:
        call.span.step(CallStep.FORWARD, call.response_in_ts)
    if _recorded(state, call, claim):
        yield from _write(state, call, Phase.OUTCOME, "the provider's answer is withheld, its record follows")


def _recorded(state: WorkerState, call: Call, claim: Claim) -> bool:
    """Whether the outcome goes to the journal: always for admitted calls, and for a limited part of refused ones."""
    if call.origin is Origin.GATEWAY:
        if call.reason == Reason.JOURNAL_UNAVAILABLE:
            return False
        # A call that is ended later for such a reason had been let in.
        if call.client and call.reason in BEFORE_ADMISSION and call.dismissal is None:
            few = state.shed if call.reason == Reason.OVERLOADED else _refused(state, call)
            return not state.admission.journal_full and few.take(time.monotonic())
    if call.client:
        return True
    if not any(key == metadata.AUTHORIZATION for key, _ in claim.pairs):
        return False
    return state.strangers.take(time.monotonic())


def _refused(state: WorkerState, call: Call) -> Bucket:
    """The caller's share of records for this reason, so that a flood cannot hide refusals for another reason.

    Only valid tokens name a caller, so there are at most as many shares as subsystems times reasons.
    """
    key = call.client, call.reason
    bucket = state.refused.get(key)
    if bucket is None:
        rate = state.settings.max_recorded_refusals
        bucket = state.refused[key] = Bucket(rate, max(1, int(rate * _REFUSED_AT_ONCE)), time.monotonic())
    return bucket


def _write(state: WorkerState, call: Call, phase: Phase, otherwise: str) -> Steps:
    try:
        record = call.record(phase, state.node, state.salt_key)
        call.recorded = phase is Phase.OUTCOME
        written = state.journal.append(record, under_way=state.admission.calls)
        yield written
        written.result()
        if call.span is not None:
            call.span.step(f"{CallStep.JOURNAL} {phase}")
    except JournalUnavailable as error:
        raise Refusal(
            Reason.JOURNAL_UNAVAILABLE, f"the journal did not take the record; {otherwise}", retry_after=1
        ) from error
