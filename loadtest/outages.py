"""Outages: which calls failed during a run, of which service, why, and from when to when."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from loadtest.books import Entry
from loadtest.faults import between
from loadtest.reconciliation import Answer
from loadtest.results import Results
from loadtest.usage import Usages
from ndxp.language import _
from ndxp.plural import count

_PROVIDERS_FAULT = frozenset(
    {"UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "DATA_LOSS"}
)
"""Codes that count as a provider's failure; its other codes are answers."""


NO_ANSWER = "no answer from the gateway"
"""Stands for the service of calls that ended without a transaction id."""


class Outage(msgspec.Struct, kw_only=True):
    """Calls of one service that failed in one way. Seconds count from the start of the run."""

    service: str
    status: str
    calls: int
    first: int
    last: int
    nested: int = 0

    @property
    def sentence(self) -> str:
        """The outage in one sentence."""
        calls = count(self.calls, "call", grouped=True)
        calls += _(" ({number} of them nested)", number=self.nested) if self.nested else ""
        return _(
            "{service}: {calls} failed with {status} {when}",
            service=_(self.service),
            calls=calls,
            status=self.status,
            when=between(self.first, self.last),
        )


Unrecorded = Counter[tuple[str, str]]
"""Calls by method ("PopulationService/VerifyCitizen") and status."""


def find(
    results: Results,
    ledger: Iterable[Entry],
    unanswered: Counter[str],
    unrecorded: Unrecorded | None = None,
) -> list[Outage]:
    """The outages of a run, the largest first.

    ``unanswered`` are the calls by status that ended without a transaction id; ``unrecorded`` are calls that failed and
    are not in the ledger, which has not every refusal.
    """
    entries = list(ledger)
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if _failed(entry):
            groups.setdefault((_name(entry.service), entry.status), []).append(entry)
    found = []
    more = Counter[tuple[str, str]]()
    services = {_series(entry.method): _name(entry.service) for entry in entries}
    for (method, status), calls in (unrecorded or Unrecorded()).items():
        more[services.get(method, method.partition("/")[0]), status] += calls
    for (service, status), failed in groups.items():
        seconds = [max(0, int(entry.request_in / 1e6 - results.started)) for entry in failed]
        nested = sum(entry.run != results.run for entry in failed)
        found.append(
            Outage(
                service=service,
                status=status,
                calls=len(failed) + more.pop((service, status), 0),
                first=min(seconds),
                last=max(seconds),
                nested=nested,
            )
        )
    when = [second.at for second in results.seconds if second.failed] or [0]
    more.update({(NO_ANSWER, status): calls for status, calls in unanswered.items()})
    for (name, status), calls in more.items():
        found.append(Outage(service=name, status=status, calls=calls, first=min(when), last=max(when)))
    return sorted(found, key=lambda outage: -outage.calls)


def changes(results: Results, usages: Usages) -> list[str]:
    """Which processes of the exchange ended or came back during the run, as sentences."""
    return [
        f"second {max(0, round(at - results.started))}: {sentence}"
        for at, sentence in usages.changes
        if at <= results.ended + 1
    ]


def unanswered(results: Results, statuses: Sequence[str]) -> Counter[str]:
    """Calls by status that ended without a transaction id; ``statuses`` are those of answers with an id."""
    left: Counter[str] = Counter()
    for method, series in results.series.items():
        if "/" in method:
            left.update(series.statuses)
    left.subtract(statuses)
    left.pop("OK", None)
    return +left


def unrecorded(answers: Iterable[Answer], ledger: Iterable[Entry]) -> Unrecorded:
    """Calls that failed, were answered with a transaction id, and are not in the ledger."""
    recorded = {entry.transaction_id for entry in ledger}
    return Counter(
        (answer.method, answer.status)
        for answer in answers
        if answer.transaction_id not in recorded and not answer.status.startswith("OK")
    )


def _name(service: str) -> str:
    return service.rpartition("/")[2] or "(no service)"


def _series(method: str) -> str:
    return method.rpartition(".")[2]


def _failed(entry: Entry) -> bool:
    code = entry.status.partition(":")[0]
    return code != "OK" and (entry.origin == "gateway" or code in _PROVIDERS_FAULT)
