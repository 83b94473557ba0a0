"""What the terminal shows."""

import io

from rich.console import Console

from loadtest import printing, slo, validity
from loadtest.capacity import Capacity, Step
from loadtest.checks import WORDS, Check
from loadtest.compare import compare
from loadtest.outages import Outage
from loadtest.reconciliation import Reconciliation
from loadtest.report import Report, encode
from ndxp.language import speaking
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


def test_a_report_is_shown_in_vietnamese_and_stays_english_itself() -> None:
    late = Check.below("p99 response, all calls", 900, 100, "ms")
    shown = report(slo=[late], outages=[Outage(service="population", status="UNAVAILABLE", calls=3, first=1, last=2)])
    before = encode(shown)
    with speaking("vi"):
        text = printed(shown)
    for told in (
        "KHÔNG ĐẠT MỤC TIÊU: p99 trả lời, mọi lời gọi 900,0 ms (≤ 100,0 ms)", "Đâu là giới hạn", "Tính hợp lệ",
        "100 được trả lời, 100 trong sổ cái (0 lồng nhau), 100 trong nhật ký của các cơ quan: 0 mất, 0 trùng",
        "population: 3 lời gọi thất bại với UNAVAILABLE từ giây 1 đến giây 2", "độ trễ vòng lặp của bộ sinh tải, p99",
    ):  # fmt: skip
        assert told in text
    assert "objectives" not in text.casefold()
    assert encode(shown) == before
    assert shown.verdict.why == "p99 response, all calls 900.0 ms (≤ 100.0 ms)"


def test_a_capacity_search_is_shown_in_vietnamese() -> None:
    late = Check.below("p99 response, all calls", 900, 100, "ms")
    step = Step(
        rate=400, passed=False, achieved=300, p50_ms=5, p99_ms=90, error_share=0, dropped_share=0, why=late.finding,
        missed=[late],
    )  # fmt: skip
    with speaking("vi"):
        text = printed(report(capacity=Capacity(rate=200, steps=[step], limited_by=f"at 400/s {late.finding}")))
    limit = "giới hạn: ở 400/s p99 trả lời, mọi lời gọi 900,0 ms (≤ 100,0 ms)"
    assert f"Năng lực: 200 tx/s, 17,3 triệu mỗi ngày, gấp 9,1 lần NDXP (1,9 triệu mỗi ngày); {limit}" in text


def test_what_checks_are_about_has_words_in_both_languages() -> None:
    limits = {"p50_ms": 1, "p99_ms": 1, "error_share": 0, "dropped_share": 0, "achieved_share": 1}
    found = results({VERIFY: series(3, failed=1)})
    checks = [*slo.judge({"overall": limits}, found), *validity.judge(found, expected=4, max_in_flight=1)]
    assert len(checks) > 8
    assert {part for check in checks for part in check.what.split(", ")} <= set(WORDS)
    assert {check.why for check in checks} <= {"", *WORDS}
