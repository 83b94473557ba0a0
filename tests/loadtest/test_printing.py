"""What the terminal shows."""

import io

from rich.console import Console

from loadtest import printing
from loadtest.capacity import Capacity, Step
from loadtest.checks import Check
from loadtest.compare import compare
from loadtest.outages import Outage
from loadtest.reconciliation import Reconciliation
from loadtest.report import Report
from tests.support.made import VERIFY, report, results, series


def printed(shown: Report) -> str:
    into = io.StringIO()
    printing.print_report(Console(file=into, width=160), shown)
    return into.getvalue()


def test_every_objective_has_a_mark_a_value_and_a_bound() -> None:
    late = Check.below("p99 response, all calls", 900, 100, "ms")
    share = Check.above("succeeded of planned, all calls", 0.995, 0.99, "%")
    lines = [line.split() for line in printed(report(slo=[late, share])).splitlines()]
    assert ["✗", *["p99", "response,", "all", "calls", "900.0", "ms", "≤", "100.0", "ms"]] in lines
    assert ["✔", *["succeeded", "of", "planned,", "all", "calls", "99.5", "%", "≥", "99", "%"]] in lines


def test_what_was_lost_and_what_happened_is_said() -> None:
    outage = Outage(service="population", status="UNAVAILABLE", calls=3, first=1, last=2)
    text = printed(report(outages=[outage], reconciliation=Reconciliation(lost=1, examples={"lost": ["some-id"]})))
    assert "population: 3 calls failed with UNAVAILABLE between second 1 and 2" in text
    assert "lost, for example: some-id" in text
    assert text.rstrip().splitlines()[-1].startswith("NOT RECONCILED: ")


def test_brackets_in_what_others_wrote_are_text() -> None:
    shown = report(outages=[Outage(service="a[/b]", status="INTERNAL:[red]", calls=3, first=1, last=2)])
    shown.profile.title = "Mine [/foo] and [bold]"
    text = printed(shown)
    assert "Mine [/foo] and [bold]" in text
    assert "a[/b]: 3 calls failed with INTERNAL:[red]" in text


def test_a_comparison_shows_large_figures_in_full() -> None:
    into, one = io.StringIO(), report()
    one.summary.cpu_micros = 9_999.7
    printing.print_comparison(Console(file=into, width=160), compare(one, one))
    assert "10,000" in into.getvalue()


def test_a_capacity_search_shows_its_steps() -> None:
    step = Step(
        rate=400, passed=False, achieved=300, p50_ms=5, p99_ms=90, error_share=0.6187, dropped_share=0.25, why="slow"
    )
    text = printed(report(capacity=Capacity(rate=200, steps=[step], limited_by="at 400/s slow")))
    assert "Capacity: 200 tx/s, 17.3 million a day, 9.1 times NDXP" in text
    assert "slow" in text
    assert ["✗", "1", "400", "300.0", "5.0", "90.0", "61.87%", "25.00%", "slow"] in [
        line.split() for line in text.splitlines()
    ]


def test_a_run_without_a_successful_answer_shows_no_latency() -> None:
    text = " ".join(printed(report(found=results({VERIFY: series(0, failed=40)}))).split())
    assert "0.0 of 4.0 calls a second succeeded; no successful answer; errors 100.000%" in text
