"""One run on a running exchange: starts the generator, samples usage, and compares the books."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtest import arrivals, durations, faults, outages, reconciliation, validity
from loadtest.attribution import Attribution, attribute
from loadtest.books import Access, Books, Entry, NotCaughtUp
from loadtest.checks import Check
from loadtest.durations import Spent
from loadtest.faults import Met
from loadtest.interrupt import Interrupt
from loadtest.outages import Outage
from loadtest.profiles import Profile
from loadtest.progress import Live
from loadtest.reconciliation import Answer, Reconciliation
from loadtest.results import Results
from loadtest.traffic import Plan, Traffic
from loadtest.usage import Sampler, Usages
from ndxp.admin import AdminRefused
from ndxp.client import TokenRefused
from ndxp.sandbox.state import State

PATIENCE = 60.0
"""Seconds until the books must be complete after a run; a recorder or an agency may be restarting."""

_SAMPLE_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The generator's results, the usage of all processes, and the time in the gateways by method."""

    results: Results
    usages: Usages
    spent: Mapping[str, Spent]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The comparison of the books of one or several runs, and the faults, set on purpose, that calls have met."""

    reconciliation: Reconciliation
    answers: list[Answer]
    ledger: list[Entry]
    faults: list[Met]


def measure(state: State, plan: Plan, into: Path, live: Live) -> Measured:
    """Runs the generator to its end, or until Ctrl-C, and samples the exchange meanwhile. Raises TrafficFailed."""
    into.mkdir(parents=True, exist_ok=True)
    before = durations.read(state)
    with Interrupt() as interrupt:
        traffic = Traffic(plan, into)
        try:
            sampler = Sampler(state, traffic.pid)
            sampler.sample()
            while traffic.running(_SAMPLE_EVERY):
                if interrupt.heard and traffic.end():
                    live.say("stopping; Ctrl-C again gives up the report")
                sampler.sample()
                live.show(traffic.progress(), sampler.usages.latest)
            live.show(traffic.progress())
            return Measured(traffic.results(), sampler.usages, durations.between(before, durations.read(state)))
        finally:
            traffic.stop()


def reckon(books: Books, runs: list[Results], say: Callable[[str], None]) -> Reckoning:
    """Waits until the books are complete, and compares them; an unreadable book is a finding."""
    answers = [answer for results in runs for answer in reconciliation.read_answers(results)]
    ledger: list[Entry] = []
    accesses: list[Access] = []
    met: list[Met] = []
    try:
        say("waiting for the recorder")
        books.settle(PATIENCE)
        say("reading the ledger")
        ledger = books.ledger()
        met = faults.find(runs[0].started, ledger, books.faults())
        say("reading the agencies' access logs")
        accesses = books.accesses(PATIENCE)
    except (NotCaughtUp, AdminRefused, TokenRefused) as error:
        return Reckoning(Reconciliation(answered=len(answers), incomplete=str(error)), answers, ledger, met)
    found = reconciliation.reconcile(runs, answers, ledger, accesses, books.agencies)
    return Reckoning(found, answers, ledger, met)


def check_validity(profile: Profile, plan: Plan, results: Results) -> list[Check]:
    """The validity of one run."""
    expected = arrivals.count(profile.schedule(rate=plan.rate, compress=plan.compress, duration=plan.duration))
    return validity.judge(results, expected=expected, max_in_flight=profile.max_in_flight)


def explain(measured: Measured, reckoning: Reckoning) -> tuple[Attribution, list[Outage], list[str]]:
    """What limited one run, what failed in it, and what happened to the exchange's processes."""
    results, usages = measured.results, measured.usages
    during = [entry for entry in reckoning.ledger if results.started - 1 <= entry.request_in / 1e6 <= results.ended + 1]
    answered = [answer.transaction_id for answer in reckoning.answers]
    own = reconciliation.read_answers(results)
    unanswered = outages.unanswered(results, [answer.status for answer in own])
    unrecorded = outages.unrecorded(own, reckoning.ledger)
    return (
        attribute(results, during, usages, answered, measured.spent),
        outages.find(results, during, unanswered, unrecorded),
        outages.changes(results, usages),
    )
