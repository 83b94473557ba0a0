"""A trial of the exchange with its report: one run of a profile, or a capacity search with many runs."""

import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import msgspec

from loadtest import profiles, slo
from loadtest.books import Books, NotCaughtUp
from loadtest.capacity import Step, search
from loadtest.origin import Origin
from loadtest.profiles import Profile
from loadtest.progress import Live
from loadtest.report import SYNTHETIC, Report, Source, summarise
from loadtest.results import STOPPED
from loadtest.run import PATIENCE, Measured, Reckoning, check_validity, explain, measure, reckon
from loadtest.traffic import Plan, TrafficStopped
from loadtest.verdict import decide, decide_search, disturbed
from ndxp.admin import Session
from ndxp.language import Language, _, speaking, spoken
from ndxp.plural import decimal

_CONNECT = 3.0

REPORTS: Language = "en"
"""Reports are for programs, too; terminal and page show them in the language in use (``report.told`` and others)."""


class GatewayUnreachable(Exception):
    """Nothing listens where the gateway should; the text says where."""


def run(plan: Plan, *, quiet: bool = False, progress: IO[bytes] | None = None) -> Report:
    """Runs a profile once; ``progress`` takes what happens meanwhile, for programs.

    Raises BadProfile, BadSlo, NoSandbox, AdminRefused, GatewayUnreachable, TokenRefused, TrafficFailed.
    """
    profile = profiles.load(plan.profile, plan.slo, http=plan.http)
    duration = profile.schedule(rate=plan.rate, compress=plan.compress, duration=plan.duration).duration
    session, books = _open(plan.folder)
    live = Live(profile.name, duration, quiet=quiet, into=progress)
    with TemporaryDirectory(prefix="ndxp-load-") as into, live:
        measured = measure(session.state, plan, Path(into), live)
        reckoning = reckon(books, [measured.results], live.say)
        report = _report("run", profile, plan, measured, reckoning)
    with speaking(REPORTS):
        report.verdict = disturbed(report.verdict, report.faults)
    return report


def find_capacity(plan: Plan, *, start: float, precision: float, quiet: bool = False) -> Report:
    """Searches for the highest rate that meets the profile's objectives; raises what ``run`` raises."""
    profile = profiles.load(plan.profile, plan.slo, http=plan.http)
    session, books = _open(plan.folder)
    language = spoken()
    done: list[tuple[Plan, Measured]] = []
    held: list[float] = []
    with TemporaryDirectory(prefix="ndxp-load-") as into:

        def step(rate: float) -> Step | None:
            attempt = replace(plan, rate=rate)
            folder = Path(into) / str(len(done))
            with speaking(language):
                title = _("step {number}: {rate}/s", number=len(done) + 1, rate=decimal(rate, ",.4g"))
                title += _(", held {rate}", rate=decimal(max(held), ",.4g")) if held else ""
                with Live(title, plan.duration or profile.duration, quiet=quiet) as live:
                    try:
                        measured = measure(session.state, attempt, folder, live)
                    except TrafficStopped:
                        if not done:
                            raise
                        return None
                    live.say("cooling down")
                    with suppress(NotCaughtUp):  # the comparison at the end finds what is missing
                        books.settle(PATIENCE)
            done.append((attempt, measured))
            if measured.results.aborted == STOPPED:
                return None
            found = _step(profile, attempt, measured)
            held.extend([rate] if found.passed else [])
            return found

        with speaking(REPORTS):
            found = search(step, start=start, precision=precision)
        with Live(_("reckoning"), 1, quiet=quiet) as live:
            reckoning = reckon(books, [measured.results for _, measured in done], live.say)
        best = max(
            (index for index, one in enumerate(found.steps) if one.passed),
            key=lambda index: found.steps[index].rate,
            default=-1,
        )
        report = _report("capacity", profile, *done[best], reckoning)
    report.capacity = found
    with speaking(REPORTS):
        report.verdict = disturbed(decide_search(found, report.verdict), report.faults)
    return report


def _open(folder: Path) -> tuple[Session, Books]:
    """The running exchange, and its books from now on."""
    session = Session(folder)
    host, port = session.state.gateway.rpartition(":")[::2]
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT).close()
    except OSError as error:
        raise GatewayUnreachable(
            _("the gateway at {gateway} does not answer: {error}", gateway=session.state.gateway, error=error)
        ) from error
    return session, Books(session)


def _report(kind: str, profile: Profile, plan: Plan, measured: Measured, reckoning: Reckoning) -> Report:
    results = measured.results
    objectives = slo.judge(profile.objectives, results)
    validity = check_validity(profile, plan, results)
    with speaking(REPORTS):
        attribution, found_outages, changes = explain(measured, reckoning)
        verdict = decide(reckoning.reconciliation, validity, objectives)
    return Report(
        kind=kind,
        synthetic=SYNTHETIC,
        verdict=verdict,
        summary=summarise(results, attribution.exchange_micros),
        profile=Source.of(profile, plan.rate),
        origin=Origin.here(),
        slo=objectives,
        validity=validity,
        reconciliation=reckoning.reconciliation,
        attribution=attribution,
        outages=found_outages,
        changes=changes,
        results=msgspec.structs.replace(results, transactions=[]),  # these files no longer exist when it is read
        usages=measured.usages,
        faults=reckoning.faults,
    )


def _step(profile: Profile, plan: Plan, measured: Measured) -> Step:
    """The result of one step of a search; a step at the generator's limit counts as missed and says so."""
    results = measured.results
    missed = [check for check in slo.judge(profile.objectives, results) if not check.passed]
    broken = [check for check in check_validity(profile, plan, results) if not check.passed]
    summary = summarise(results)
    return Step(
        rate=plan.rate or 0.0,
        achieved=summary.achieved_rate,
        p50_ms=summary.p50_ms,
        p99_ms=summary.p99_ms,
        error_share=summary.error_share,
        dropped_share=summary.dropped_share,
        passed=not (missed or broken),
        valid=not broken,
        why="; ".join(check.finding for check in (*broken, *missed)),
        missed=[*broken, *missed],
    )
