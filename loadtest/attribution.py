"""Attribution: where the time went, what each process cost, and which process is the limit."""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from types import MappingProxyType

import msgspec

from loadtest.books import Entry
from loadtest.durations import Spent
from loadtest.latency import Latency
from loadtest.results import Results
from loadtest.usage import GENERATOR, OTHERS, Usages
from ndxp.language import _
from ndxp.plural import decimal

FULL = 0.85
"""From this share of a core a single-threaded process counts as full: near 1 its queue grows without bound."""

MACHINE_FULL = 0.92
"""From this share of all cores the machine counts as full."""

_NOTICEABLE = 0.2
"""From this share of a core, processes outside of the run are mentioned."""

_COMMIT = "journal, commit of the outcome"

WORDS = (
    "gateway", "before it forwards", "provider", "after the provider", "client", "connection", "due", "not yet sent",
    "journal", "commit of the outcome", "journal (store)", "recorder and control", "doors for HTTP", "agencies",
    "supervisor", GENERATOR, OTHERS,
)  # fmt: skip
"""The roles of processes, and the parts of a call's time between their commas, where these are no names."""

_ROLES = {
    "store": "journal (store)",
    "control": "recorder and control",
    "rest": "doors for HTTP",
    "agencies": "agencies",
    "supervisor": "supervisor",
}


class Segment(msgspec.Struct, kw_only=True):
    """One part of a call's time, in ms. ``share`` is its part of the mean response time.

    p50 and p99 are None where only the mean is known, because percentiles of two clocks cannot be subtracted.
    """

    name: str
    mean_ms: float
    p50_ms: float | None
    p99_ms: float | None
    share: float

    @property
    def told(self) -> str:
        """The name in the language in use."""
        return "; ".join(", ".join(map(_, words.split(", "))) for words in self.name.split("; "))


class Cost(msgspec.Struct, kw_only=True):
    """What a process used during the run: share of one core, CPU µs per transaction, part of all CPU, MB of RSS."""

    process: str
    role: str
    core_share: float
    micros_per_transaction: float
    share: float
    rss_mb: float


class Attribution(msgspec.Struct, kw_only=True):
    """The result. ``machine`` is the share of all cores in use; ``transactions`` includes nested ones."""

    segments: list[Segment]
    costs: list[Cost]
    transactions: int
    machine: float
    cores: int
    limit: str
    sentence: str

    @property
    def told(self) -> str:
        """The sentence in the language in use."""
        return _limit(self.costs, self.segments, self.machine, self.cores)[1]

    @property
    def exchange_micros(self) -> float:
        """CPU µs per transaction of all processes of the exchange."""
        return sum(cost.micros_per_transaction for cost in self.costs if cost.role != GENERATOR)


def attribute(
    results: Results,
    ledger: Sequence[Entry],
    usages: Usages,
    answered: Iterable[str],
    spent_inside: Mapping[str, Spent] = MappingProxyType({}),
) -> Attribution:
    """Computes it from the ledger's four timestamps, and from the CPU of each process during the run.

    ``spent_inside`` is what the gateways counted by method, with the journal's commit; empty when unknown.
    """
    known = set(answered)
    matching = [e for e in ledger if e.transaction_id in known and e.unary and e.status == "OK" and e.response_in]
    segments = _segments(matching, results, _commit(ledger, {entry.method for entry in matching}, spent_inside))
    transactions = len(ledger)
    began, ended = results.started, results.ended
    spent = {name: usages.cpu_seconds(name, began, ended) for name in usages.processes}
    total = sum(spent.values())
    costs = [
        Cost(
            process=name,
            role=role(name),
            core_share=usages.mean(name, began, ended),
            micros_per_transaction=1e6 * seconds / transactions if transactions and name != OTHERS else 0.0,
            share=seconds / total if total else 0.0,
            rss_mb=max(usages.processes[name].rss_mb, default=0.0),
        )
        for name, seconds in spent.items()
    ]
    costs.sort(key=lambda cost: -cost.core_share)
    machine = sum(cost.core_share for cost in costs) / usages.cores
    limit, sentence = _limit(costs, segments, machine, usages.cores)
    return Attribution(
        segments=segments, costs=costs, transactions=transactions, machine=machine, cores=usages.cores,
        limit=limit, sentence=sentence,
    )  # fmt: skip


def role(process: str) -> str:
    """The role of a process in the exchange."""
    if process.startswith("gateway"):
        return "gateway"
    return GENERATOR if process.startswith(GENERATOR) else _ROLES.get(process, process)


def _commit(ledger: Sequence[Entry], methods: Set[str], spent: Mapping[str, Spent]) -> float | None:
    """Mean ms between the last timestamp in a record and the moment when the answer may leave; None when unknown.

    The ledger has the time of a call until that timestamp, the gateways' counts have it until that moment, for the same
    calls, nested and failed ones too. So the two means can be subtracted. Streams of one message each way are left out,
    because the gateways do not count them.
    """
    counted = methods & spent.keys()
    calls, seconds = sum(spent[method].calls for method in counted), sum(spent[method].seconds for method in counted)
    stamped = [e.response_out - e.request_in for e in ledger if e.method in counted and e.request_out]
    if not calls or not stamped:
        return None
    return max(0.0, 1000 * seconds / calls - sum(stamped) / len(stamped) / 1000)


def _segments(entries: Sequence[Entry], results: Results, commit: float | None) -> list[Segment]:
    """The parts of the mean response time of unary calls: before sending, on the wire, in the gateway, at the provider.

    ``commit`` is the mean time of the outcome's commit, None when it is unknown; then it is part of the client's time.
    The commit of a request that may change something is in the time before it is forwarded. Time in the gateway before
    the first timestamp and after the last one is in no book: it counts as the client's.
    """
    if not entries:
        return []
    chosen = {
        f"{entry.method.partition('/')[0].rpartition('.')[2]}/{entry.method.partition('/')[2]}" for entry in entries
    }
    series = [one for method, one in results.series.items() if method in chosen]
    response = Latency.merge(one.response for one in series).mean
    service = Latency.merge(one.service for one in series).mean
    within = [
        ("gateway, before it forwards", [e.request_out - e.request_in for e in entries]),
        ("provider", [e.response_in - e.request_out for e in entries]),
        ("gateway, after the provider", [e.response_out - e.response_in for e in entries]),
    ]
    inside = sum(sum(micros) for name, micros in within) / len(entries) / 1000
    total = max(response, 1e-9)
    way = f"client, connection, {'doors' if '://' in results.gateway else 'gRPC'}"
    outside = (
        ("due, not yet sent", response - service),
        (
            way if commit is not None else f"{way}; {_COMMIT}",
            service - inside - (commit or 0.0),
        ),
    )
    segments = []
    for name, mean in outside:
        mean = max(0.0, mean)
        segments.append(Segment(name=name, mean_ms=mean, p50_ms=None, p99_ms=None, share=mean / total))
    for name, micros in within:
        ordered = sorted(micros)
        mean = sum(ordered) / len(ordered) / 1000
        p50, p99 = (_percentile(ordered, p) / 1000 for p in (50, 99))
        segments.append(Segment(name=name, mean_ms=mean, p50_ms=p50, p99_ms=p99, share=mean / total))
    if commit is not None:
        segments.append(Segment(name=_COMMIT, mean_ms=commit, p50_ms=None, p99_ms=None, share=commit / total))
    return segments


def _percentile(ordered: Sequence[int], percentile: float) -> float:
    return float(ordered[max(0, math.ceil(len(ordered) * percentile / 100) - 1)])


def _limit(costs: Sequence[Cost], segments: Sequence[Segment], machine: float, cores: int) -> tuple[str, str]:
    """Which role is the limit, and a sentence that says so."""
    own = [cost for cost in costs if cost.process != OTHERS]
    roles: dict[str, float] = {}
    for cost in costs:
        roles[cost.role] = roles.get(cost.role, 0.0) + cost.share
    noticeable = sorted(((name, share) for name, share in roles.items() if share >= 0.01), key=lambda one: -one[1])
    shares = ", ".join(f"{_(name)} {decimal(share, '.0%')}" for name, share in noticeable)
    full = next((cost for cost in own if cost.core_share >= FULL), None)
    if full is not None:
        return full.role, _(
            "The {role} limits: {process} used {share} of a core. CPU: {shares}.",
            role=_(full.role),
            process=full.process,
            share=decimal(full.core_share, ".0%"),
            shares=shares,
        )
    if all(cost.role in (GENERATOR, OTHERS) for cost in costs):
        return "unknown", _(
            "The exchange's processes are elsewhere, or in containers, so the limit is unknown; "
            "this machine's {cores} cores were {busy} busy.",
            cores=cores,
            busy=decimal(machine, ".0%"),
        )
    if machine >= MACHINE_FULL:
        text = _("The machine limits: its {cores} cores were {busy} busy", cores=cores, busy=decimal(machine, ".0%"))
        if costs[0].process == OTHERS:
            text += _(", most of all with processes that have nothing to do with this run")
        return "machine", f"{text}. CPU: {shares}."
    text = _("Nothing was at its limit: the {cores} cores were {busy} busy", cores=cores, busy=decimal(machine, ".0%"))
    if own:
        share = decimal(own[0].core_share, ".0%")
        text += _(", the busiest process ({process}) used {share} of a core", process=own[0].process, share=share)
    if segments:
        longest = max(segments, key=lambda segment: segment.share)
        share = decimal(longest.share, ".0%")
        text += _(". The largest part of the response time ({share}): {part}", share=share, part=longest.told)
    others = next((cost.core_share for cost in costs if cost.process == OTHERS), 0.0)
    if others >= _NOTICEABLE:
        text += _(
            ". Other processes on this machine took {share} of a core, so quieter runs may do better",
            share=decimal(others, ".0%"),
        )
    return "none", f"{text}. CPU: {shares}."
