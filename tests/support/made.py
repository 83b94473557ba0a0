"""Runs made by hand: results, ledger, accesses and reports as the verdict's half takes them."""

import math

from hdrh.histogram import HdrHistogram

from loadtest.attribution import attribute
from loadtest.books import Access, Entry
from loadtest.capacity import Capacity
from loadtest.checks import Check
from loadtest.faults import Met
from loadtest.histograms import DIGITS, HIGHEST, LOWEST
from loadtest.origin import Origin
from loadtest.outages import Outage
from loadtest.reconciliation import Answer, Reconciliation
from loadtest.report import SYNTHETIC, Report, Source, summarise
from loadtest.results import Generator, Results, Second, Series
from loadtest.usage import Usage, Usages
from loadtest.verdict import decide

STARTED = 1_700_000_000.0
RUN = "load-a"
CLIENT, PURPOSE = "VN/GOV/H26/one-stop", "load test"
POPULATION, INSURER = "VN/GOV/G01/population", "VN/GOV/G24/health-insurance"
VERIFY, CHECK_IN = "PopulationService/VerifyCitizen", "HealthInsuranceService/CheckIn"
METHODS = {
    VERIFY: "ndxp.population.v1.PopulationService/VerifyCitizen",
    CHECK_IN: "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn",
}


def histogram(*milliseconds: float) -> str:
    """An HDR histogram of latencies, as the generator writes it."""
    made = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    for value in milliseconds:
        made.record_value(round(value * 1000))
    return str(made.encode().decode())


def series(
    ok: int = 0, *, failed: int = 0, dropped: int = 0, status: str = "UNAVAILABLE", ms: float = 10, queued: float = 0
) -> Series:
    """Calls of one method that took so many ms, after waiting ``queued`` ms to be sent."""
    statuses = {name: count for name, count in (("OK", ok), (status, failed)) if count}
    calls = ok + failed
    return Series(
        planned=calls + dropped, dropped=dropped, statuses=statuses, failures=failed,
        response=histogram(*[ms + queued] * ok), service=histogram(*[ms] * ok),
        failed=histogram(*[ms + queued] * failed),
    )  # fmt: skip


def results(by_method: dict[str, Series] | None = None, *, seconds: float = 10) -> Results:
    """A run of so many seconds."""
    by_method = {VERIFY: series(100)} if by_method is None else by_method
    calls = sum(sum(one.statuses.values()) for name, one in by_method.items() if "/" in name)
    failures = sum(one.failures for name, one in by_method.items() if "/" in name)
    dropped = sum(one.dropped for name, one in by_method.items() if "/" in name)
    each = round(calls / seconds)
    return Results(
        run=RUN, profile="made-up", seed=7, started=STARTED, ended=STARTED + seconds, duration=seconds,
        gateway="127.0.0.1:50051", planned=calls + dropped, sent=calls, dropped=dropped, succeeded=calls - failures,
        series=by_method,
        seconds=[
            Second(at=at, planned=each, sent=each, finished=each, failed=failures if at == 3 else 0, in_flight=2,
                   p50_ms=10, p99_ms=20 + at, heat={4: each - 1, 5: 1})
            for at in range(math.ceil(seconds))
        ],
        generators=[Generator(name="made", cpu=0.2, lag_p99_ms=2, lag_max_ms=9, in_flight_max=5)],
    )  # fmt: skip


def transaction(number: int, *, at: float = STARTED) -> str:
    """A UUIDv7 of a moment."""
    text = f"{int(at * 1000):012x}7000{0x8000_0000_0000_0000 + number:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def entry(
    number: int, *, method: str = VERIFY, status: str = "OK", client: str = CLIENT, purpose: str = PURPOSE,
    origin: str = "provider", service: str = POPULATION, second: float = 0,
    micros: tuple[int, int, int] = (500, 3000, 200), run: str = RUN, fault: str = "",
) -> Entry:  # fmt: skip
    """A transaction in the ledger; ``micros`` before forwarding, at the provider, afterwards."""
    came = round((STARTED + second) * 1e6)
    out = came + micros[0]
    back = out + micros[1]
    return Entry(
        transaction_id=transaction(number), client=client, service=service, purpose=purpose, method=METHODS[method],
        status=status, origin=origin, request_in=came, request_out=out, response_in=back,
        response_out=back + micros[2], messages_in=1, messages_out=1, message_id=f"{run}-0-{number}", fault=fault,
    )  # fmt: skip


def answer(number: int, *, method: str = VERIFY, status: str = "OK") -> Answer:
    """An answer that came back."""
    return Answer(transaction(number), status, method)


def access(number: int, *, agency: str = POPULATION, method: str = VERIFY, at: float = STARTED) -> Access:
    """An access in an agency's own log."""
    return Access(transaction(number, at=at), agency, METHODS[method], "OK")


def usages(**cores: float) -> Usages:
    """Processes that used so much of a core all the time."""
    at = [STARTED + second for second in range(12)]
    processes = {
        name.replace("_", " "): Usage(cpu=[0.0, *[share] * 11], rss_mb=[50.0] * 12) for name, share in cores.items()
    }
    return Usages(at=at, cores=2, processes=processes)


def report(
    *, found: Results | None = None, slo: list[Check] | None = None, validity: list[Check] | None = None,
    reconciliation: Reconciliation | None = None, outages: list[Outage] | None = None,
    capacity: Capacity | None = None, sources: list[str] | None = None,
    faults: list[Met] | None = None,
) -> Report:  # fmt: skip
    """A report, as a trial makes it."""
    found = found or results()
    slo = [Check.below("p99 response, all calls", 20, 100, "ms")] if slo is None else slo
    validity = [Check.below("generator loop lag, p99", 2, 20, "ms")] if validity is None else validity
    reconciliation = reconciliation or Reconciliation(answered=100, recorded=100, accesses=100)
    used = usages(gateway=0.4, agencies=0.3, store=0.05, control=0.1, generator=0.2)
    ledger = [entry(number) for number in range(100)]
    attribution = attribute(found, ledger, used, [one.transaction_id for one in ledger])
    return Report(
        kind="capacity" if capacity else "run", synthetic=SYNTHETIC, verdict=decide(reconciliation, validity, slo),
        summary=summarise(found, attribution.exchange_micros),
        profile=Source(name="made-up", title="Ten seconds made by hand", sources=sources or ["nowhere"]),
        origin=Origin(at="2026-01-02T03:04:05+00:00", command="ndxp load run made-up",
                      machine={"processor": "abacus", "cores": "2"}, versions={"python": "3.11", "ndxp": "1"}),
        slo=slo, validity=validity, reconciliation=reconciliation, attribution=attribution, outages=outages or [],
        changes=[], results=found, usages=used, capacity=capacity, faults=faults or [],
    )  # fmt: skip
