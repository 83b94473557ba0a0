"""The report as a page: everything in it, nothing to fetch."""

import re
from html.parser import HTMLParser

import matplotlib as mpl
import msgspec
import numpy as np
import pytest
from matplotlib.figure import Figure

from loadtest import page, plots, report
from loadtest.capacity import Capacity, Step
from loadtest.checks import Check
from loadtest.outages import Outage
from loadtest.reconciliation import Reconciliation
from loadtest.results import Results
from ndxp.language import speaking
from tests.support.made import STARTED, VERIFY, series
from tests.support.made import report as made_report
from tests.support.made import results as made_results


class Resources(HTMLParser):
    """Collects whatever a browser would go and fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed", "img", "base"):
            self.found.append(tag)
        for name, value in attrs:
            if (
                name in ("src", "href", "xlink:href", "data", "srcset")
                and value
                and not value.startswith(("#", "data:"))
            ):
                self.found.append(value)


class Scrolling(HTMLParser):
    """Notes for each table and picture whether it stands where it can scroll on a narrow screen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self._above: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "svg"):
            self.found.append((tag, "wide" in self._above))
        if tag in ("div", "figure"):
            self._above.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("div", "figure"):
            self._above.pop()


@pytest.fixture(scope="module")
def text() -> str:
    """The page of a run that passed."""
    return page.render(made_report())


def test_every_table_and_picture_scrolls_on_a_narrow_screen(text: str) -> None:
    scrolling = Scrolling()
    scrolling.feed(text)
    assert {tag for tag, _ in scrolling.found} == {"table", "svg"}
    assert all(scrolls for _, scrolls in scrolling.found), scrolling.found
    assert ".wide {\n      overflow-x: auto" in text


def test_the_verdict_comes_first_and_everything_else_is_there(text: str) -> None:
    assert text.index("PASSED") < text.index("<h2>")
    for part in (
        "Objectives", "Was the run valid?", "Does every transaction add up?", "Rate", "Latency", "Heat map",
        "By method", "Who limits?", "CPU", "ndxp load run made-up", "seed", "abacus", "python 3.11", "nowhere",
        "Every person in it is synthetic", "succeeded, of", "those that were refused or failed among them",
    ):  # fmt: skip
        assert part in text
    assert text.count("<svg") == 6


def test_a_page_fetches_nothing(text: str) -> None:
    resources = Resources()
    resources.feed(text)
    assert resources.found == []
    assert not re.search(r"https?://|@import|url\((?!#)", text)


def test_the_same_run_gives_the_same_page(text: str) -> None:
    assert page.render(made_report()) == text


def test_what_happened_and_what_was_missed_is_said() -> None:
    outage = Outage(service="population", status="UNAVAILABLE:PROVIDER_UNREACHABLE", calls=312, first=12, last=15)
    late = Check.below("p99 response, all calls", 900, 100, "ms", "no wonder")
    text = page.render(made_report(outages=[outage], slo=[late]))
    assert "SLO MISSED" in text
    assert outage.sentence in text
    assert "900.0 ms" in text
    assert "no wonder" in text


def test_drops_are_shown_by_method_and_stage() -> None:
    found = made_results({VERIFY: series(997, dropped=3), "stage evening": series(250, dropped=2)})
    text = " ".join(page.render(made_report(found=found)).split())
    for name, planned, dropped, succeeded in ((VERIFY, "1,000", 3, "99.7 %"), ("stage evening", 252, 2, "99.21 %")):
        shown = name.replace("/", "/<wbr>")  # where a long name may be broken, to leave room for the statuses
        cells = f'<td>{shown}</td><td class="n">{planned}</td> <td class="n no">{dropped}</td> <td class="n ">0</td>'
        assert f'{cells} <td class="n">{succeeded}</td>' in text


def test_lost_transactions_are_shown_by_example() -> None:
    books = Reconciliation(answered=9, lost=1, examples={"lost": ["some-transaction"]})
    text = page.render(made_report(reconciliation=books))
    assert "NOT RECONCILED" in text
    assert "some-transaction" in text


def test_a_capacity_search_brings_its_curve() -> None:
    steps = [
        Step(
            rate=rate,
            passed=rate < 300,
            achieved=rate,
            p50_ms=5,
            p99_ms=rate,
            error_share=0,
            dropped_share=0,
            why="p99",
        )
        for rate in (100.0, 200.0, 400.0)
    ]
    text = page.render(made_report(capacity=Capacity(rate=200, steps=steps, limited_by="at 400/s p99")))
    assert "NDXP in 2022" in text
    assert "at 400/s p99" in text
    assert text.count("<svg") == 7


def test_the_chart_of_a_search_never_falls_and_names_its_steps() -> None:
    tried = [(100.0, 90.0), (200.0, 40.0), (400.0, 900.0), (400.0, 30.0), (300.0, None)]
    steps = [
        Step(rate=rate, passed=rate < 300, achieved=rate, p50_ms=5, p99_ms=p99, error_share=0, dropped_share=0)
        for rate, p99 in tried
    ]
    with mpl.rc_context({"svg.fonttype": "none"}):  # text as text
        figure = Figure()
        axes = figure.subplots()
        plots.draw_steps(axes, [(n, s, s.p99_ms) for n, s in enumerate(steps, 1) if s.p99_ms], "p99")
    [line] = axes.lines
    heights: list[float] = list(np.asarray(line.get_ydata()))
    assert heights == sorted(heights)
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3, 4"]


def test_a_run_whose_every_call_failed_has_no_latency_on_its_page() -> None:
    text = " ".join(page.render(made_report(found=made_results({VERIFY: series(0, failed=40)}))).split())
    assert "<b>– ms</b><span>p99 response</span>" in text
    assert '<td>response time, ms</td><td class="n">–</td>' in text
    assert '<td>response time, all calls, ms</td><td class="n">10.0</td>' in text


def test_a_page_is_in_the_language_of_its_reader_and_its_report_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plots._STYLE, "svg.fonttype", "none")  # text as text
    late = Check.below("p99 response, all calls", 1234.5, 100, "ms", "no call was made")
    outage = Outage(service="population", status="UNAVAILABLE:PROVIDER_UNREACHABLE", calls=312, first=12, last=15)
    found = made_results({VERIFY: series(997, dropped=3), "stage evening": series(250, dropped=2)})
    made = made_report(found=found, outages=[outage], slo=[late])
    made.profile.title = "NDXP in 2022 on average, 22 transactions a second; here 40 a second"
    before = report.encode(made)
    with speaking("vi"):
        text = page.render(made)
    for part in (
        '<html lang="vi">', "KHÔNG ĐẠT MỤC TIÊU", "mức trung bình, 22 giao dịch mỗi giây; ở đây 40 mỗi giây",
        "p99 trả lời, mọi lời gọi 1.234 ms (≤ 100,0 ms)", "không có lời gọi nào", "312 lời gọi thất bại", "99,21 %",
        "Lần chạy có hợp lệ không?", "Không có gì chạm giới hạn", "giai đoạn evening", "bộ sinh tải", "bộ xử lý",
        "đều là hư cấu", "trả lời, tính từ lúc đến hạn gửi", "lời gọi mỗi giây", "giây của lần chạy", "cả 2 lõi",
    ):  # fmt: skip
        assert part in text
    shown = " ".join(re.findall(r">([^<>]+)<", text[text.index("<body") :]))
    english = {"the", "calls", "response", "service", "second", "planned", "errors", "share", "cores", "and"}
    assert english & set(re.findall(r"[a-z]+", shown)) == set()
    assert report.encode(made) == before


def test_names_from_outside_stay_text() -> None:
    text = page.render(made_report(sources=["<script>alert(1)</script>"]))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_run_in_which_nothing_happened_still_gives_a_page() -> None:
    empty = Results(profile="made-up", seed=1, started=STARTED, ended=STARTED, gateway="127.0.0.1:1")
    assert "By method" in page.render(made_report(found=empty))


def test_a_report_is_read_as_it_was_written() -> None:
    made = made_report()
    assert msgspec.json.decode(report.encode(made), type=report.Report) == made
