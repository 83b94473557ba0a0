"""Which faults, set on purpose, the calls of a run have met, and when."""

from io import StringIO

from rich.console import Console

from loadtest import faults, page, printing
from tests.support.made import STARTED, entry, report


def test_calls_that_met_a_fault_are_counted_with_the_time_and_the_effects_where_these_are_known() -> None:
    ledger = [
        entry(0), entry(1, fault="slow", second=2.5), entry(2, fault="slow,lost", second=7.9),
        entry(3, fault="lost", second=7),
    ]  # fmt: skip
    assert [met.sentence for met in faults.find(STARTED, ledger, {"slow": "delay=2s"})] == [
        "2 calls met the fault lost, set on purpose, in second 7",
        "2 calls met the fault slow (delay=2s), set on purpose, between second 2 and 7",
    ]


def test_a_run_without_faults_has_none() -> None:
    assert faults.find(STARTED, [entry(0), entry(1)], {"slow": "delay=2s"}) == []


def test_the_report_tells_of_them_in_the_terminal_and_on_its_page() -> None:
    met = faults.find(STARTED, [entry(1, fault="slow", second=3)], {})
    made = report(faults=met)
    told = StringIO()
    printing.print_report(Console(file=told, width=200), made)
    rendered = page.render(made)
    assert "1 call met the fault slow, set on purpose, in second 3" in told.getvalue()
    assert "<li>1 call met the fault slow, set on purpose, in second 3</li>" in rendered
    assert rendered.count("#d98a1f") > page.render(report()).count("#d98a1f")
