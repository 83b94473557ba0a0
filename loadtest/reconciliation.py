"""Reconciliation: generator, ledger and the agencies' own access logs must agree on every transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from loadtest.books import Access, Entry
from loadtest.results import Results
from ndxp.errors import BEFORE_ADMISSION, RULES, Reason
from ndxp.language import _
from ndxp.plural import count, decimal

_EXAMPLES = 5
_SAMPLED = frozenset(f"{RULES[reason].code.name}:{reason}" for reason in BEFORE_ADMISSION)
"""Statuses of calls that were not let in. The exchange records only some of these refusals each second: such an id may
or may not be in the ledger."""

_UNRECORDED = f"{RULES[Reason.JOURNAL_UNAVAILABLE].code.name}:{Reason.JOURNAL_UNAVAILABLE}"
"""The status when the exchange cannot write the record; a record that came too late may have another status."""

_NEED_NOT_BE = _SAMPLED | {_UNRECORDED}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a transaction id that came back to the generator; status is CODE or CODE:REASON."""

    transaction_id: str
    status: str
    method: str


class Reconciliation(msgspec.Struct, kw_only=True):
    """The result of comparing the books of a run.

    ``lost``: answered, but not in the ledger; or answered by an agency according to the ledger, but not in its access
    log. ``duplicate``: an id that occurs twice in one book. ``orphan``: a call of the run in the ledger that was not
    answered to the generator and cannot be one of the calls without an answer; or an access during the run without an
    outcome in the ledger. ``differing``: the answer's status is not the one in the ledger. ``unanswered`` calls ended
    without a transaction id; ``unanswered_recorded`` of them are in the ledger. ``passed_over`` refusals are not in the
    ledger and need not be, because it has only a part of the calls that were not let in. ``nested`` calls in the ledger
    were made by agencies, ``foreign`` ones by others. ``incomplete`` says what could not be read; then nothing is
    reconciled.
    """

    answered: int = 0
    recorded: int = 0
    nested: int = 0
    foreign: int = 0
    accesses: int = 0
    lost: int = 0
    duplicate: int = 0
    orphan: int = 0
    differing: int = 0
    unanswered: int = 0
    unanswered_recorded: int = 0
    passed_over: int = 0
    incomplete: str = ""
    examples: dict[str, list[str]] = {}

    @property
    def holds(self) -> bool:
        """Whether the books agree."""
        return not (self.lost or self.duplicate or self.orphan or self.differing or self.incomplete)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if self.incomplete:
            return _("not reconciled: {why}", why=self.incomplete)
        text = _(
            "{answered} answered, {recorded} in the ledger ({nested} nested), {accesses} in the agencies' logs: "
            "{lost} lost, {duplicate} duplicate, {orphan} orphan",
            answered=decimal(self.answered, ","),
            recorded=decimal(self.recorded, ","),
            nested=decimal(self.nested, ","),
            accesses=decimal(self.accesses, ","),
            lost=self.lost,
            duplicate=self.duplicate,
            orphan=self.orphan,
        )
        if self.passed_over:
            refusals = count(self.passed_over, "refusal", grouped=True)
            text += _("; {refusals} not in the ledger, which has a part of them only", refusals=refusals)
        if self.foreign:
            text += _("; {number} in the ledger not of this test", number=decimal(self.foreign, ","))
        if self.differing:
            text += _(", {number} with another status", number=self.differing)
        if self.unanswered:
            text += _(
                "; {calls} ended without an answer, {number} of them in the ledger",
                calls=count(self.unanswered, "call", grouped=True),
                number=decimal(self.unanswered_recorded, ","),
            )
        return text


def read_answers(results: Results) -> list[Answer]:
    """The answers with an id in the files of a run; raises OSError when one cannot be read."""
    lines = (line for name in results.transactions for line in Path(name).read_text(encoding="utf-8").splitlines())
    return [_answer(line) for line in lines if line and not line.startswith("- ")]


def reconcile(
    results: Sequence[Results],
    answers: Sequence[Answer],
    ledger: Sequence[Entry],
    accesses: Sequence[Access],
    agencies: Collection[str],
) -> Reconciliation:
    """Compares the books of one or several runs.

    ``ledger`` and ``accesses`` are the new entries of the books; ``agencies`` are those that keep an access log.
    """
    if any(one.missing for one in results):
        missing = "a generator went missing, and with it what it was answered"
        return Reconciliation(answered=len(answers), incomplete=missing)
    by_id = {answer.transaction_id: answer for answer in answers}
    outcomes = {entry.transaction_id: entry for entry in ledger}
    runs = {one.run for one in results}
    own = [entry for entry in ledger if entry.run in runs]
    others = [entry for entry in ledger if entry.run not in runs]
    recordable = [answer for answer in by_id.values() if answer.status != _UNRECORDED]
    unknown = [answer for answer in by_id.values() if answer.transaction_id not in outcomes]
    began = min((int(1000 * one.started) for one in results), default=0)
    ended = max((int(1000 * one.ended) for one in results), default=0)
    # Others may call meanwhile: the agencies' books are read last and may have calls that the ledger's copy has not.
    accesses = [access for access in accesses if access.transaction_id in outcomes or began <= _made(access) <= ended]
    accessed = {(access.agency, access.transaction_id) for access in accesses}
    left_open = _open_calls(results, answers)
    open_calls = sum(left_open.values())
    strangers = _unexplained((entry for entry in own if entry.transaction_id not in by_id), left_open)
    recorded_open = open_calls - sum(left_open.values())
    found = {
        "lost": [
            *(answer.transaction_id for answer in unknown if answer.status not in _NEED_NOT_BE),
            *(
                entry.transaction_id
                for entry in ledger
                if entry.origin == "provider"
                and entry.status == "OK"
                and entry.service in agencies
                and (entry.service, entry.transaction_id) not in accessed
            ),
        ],
        "duplicate": [
            *_twice(answer.transaction_id for answer in answers),
            *_twice(entry.transaction_id for entry in ledger),
            *_twice(access.transaction_id for access in accesses),
        ],
        "orphan": [
            *strangers,
            *_unexplained((access for access in accesses if access.transaction_id not in outcomes), left_open),
        ],
        "differing": [
            answer.transaction_id
            for answer in recordable
            if (entry := outcomes.get(answer.transaction_id)) and _code(answer.status) != _code(entry.status)
        ],
    }
    return Reconciliation(
        answered=len(answers),
        recorded=len(ledger),
        nested=sum(entry.client in agencies for entry in others),
        foreign=sum(entry.client not in agencies for entry in others),
        accesses=len(accesses),
        unanswered=open_calls,
        unanswered_recorded=recorded_open,
        passed_over=sum(answer.status in _NEED_NOT_BE for answer in unknown),
        lost=len(found["lost"]),
        duplicate=len(found["duplicate"]),
        orphan=len(found["orphan"]),
        differing=len(found["differing"]),
        examples={kind: ids[:_EXAMPLES] for kind, ids in found.items() if ids},
    )


def _answer(line: str) -> Answer:
    transaction_id, status, method = line.split(" ", 2)
    return Answer(transaction_id, status, method)


def _open_calls(results: Iterable[Results], answers: Iterable[Answer]) -> Counter[str]:
    """How many calls of each method ended without an answer that carries a transaction id."""
    left: Counter[str] = Counter()
    for one in results:
        for method, series in one.series.items():
            if "/" in method:
                left[_short(method)] += sum(series.statuses.values())
    left.subtract(_short(answer.method) for answer in answers)
    return +left


def _unexplained(records: Iterable[Entry | Access], left_open: Counter[str]) -> list[str]:
    """The records that are not explained by a call without an answer; each such call explains one record."""
    unexplained = []
    for record in records:
        method = _short(record.method)
        if left_open[method]:
            left_open[method] -= 1
        else:
            unexplained.append(record.transaction_id)
    return unexplained


def _made(access: Access) -> int:
    """When a transaction id (UUIDv7) was made, in ms since 1970; 0 for another kind of id."""
    try:
        return UUID(access.transaction_id).int >> 80
    except ValueError:
        return 0


def _twice(ids: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(ids).items() if count > 1]


def _short(method: str) -> str:
    """The service's own name and the method, without the package."""
    service, name = method.partition("/")[::2]
    return f"{service.rpartition('.')[2]}/{name}"


def _code(status: str) -> str:
    return status.partition(":")[0]
