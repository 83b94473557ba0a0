"""The page of what happens now: who calls whom, how often and how fast. It can be paused, and go back in time."""

import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from nicegui import ui

from console import graph
from console.exchange import Exchange
from console.feed import EVERY, SECONDS, Feed, Moment
from console.graph import Names, per_second
from console.parts import Rows, box, button, field, figure, section, text
from console.shell import View, shell
from console.traffic import MINUTE, Flow, Minute

PATH = "/live"

_AVERAGE, _A_DAY = 22, 1_900_000
"""NDXP in 2022: transactions a second and a day."""

_PAIRS = 15
_NARROW = 700
_COLUMNS = (
    "live.caller",
    "live.provider",
    "live.rate",
    "live.count",
    "live.bad",
    "live.p99",
    "search.reason",
    "live.faults",
)
_GROUPS = {
    "provinces": "live.group.provinces", "ministries": "live.group.ministries", "central": "live.group.central",
    "companies": "live.group.companies", "lodgings": "live.group.lodgings",
}  # fmt: skip
"""The groups of the exchange that comes with the software; others keep their own name."""
_LEGEND = ("good", "live.legend.good"), ("bad", "live.legend.bad"), ("fault", "live.legend.fault"), (
    "cut", "live.legend.cut",
)  # fmt: skip


def add(exchange: Exchange) -> None:
    """Adds the page; all browsers share what is asked of the exchange."""
    feed = Feed(exchange)

    @ui.page(PATH)
    def live() -> None:
        with shell(exchange, PATH, "menu.live") as view:
            page = _Live(view, feed)
            view.load(page.begin)
            view.every(EVERY, page.look)


class _Live:
    """The page while it is open. ``_minute`` is the minute of the past that it shows; None while it shows now."""

    def __init__(self, view: View, feed: Feed) -> None:
        self._view, self._t, self._feed = view, view.texts, feed
        self._minute: int | None = None
        self._paused = False
        self._grouped = False
        self._seen = ""
        self._moment: Moment | None = None
        self._what = text("p", "", "count").props("role=status")
        self._figures = _Figures(view)
        with box("div", "line"):
            self._pause = button(self._t("live.pause"), self._turn_pause)
            self._group = button(self._t("live.groups"), self._turn_groups).props("aria-pressed=false")
            button(f"◀ {self._t('live.earlier')}", partial(self._go_by, -1))
            self._later = button(f"{self._t('live.later')} ▶", partial(self._go_by, 1))
            self._now = button(self._t("live.now.do"), partial(self._go, None), "primary")
        with box("section", "part"):
            self._none = text("p", self._t("live.none"), "quiet")
            self._graph = ui.echart({"series": []}, renderer="svg").classes("graph")
            self._graph.props("role=img").props["aria-label"] = self._t("live.graph")
            with box("p", "legend edges"):
                for classes, key in _LEGEND:
                    text("span", self._t(key), classes)
        self._past()
        with section(self._t("live.busiest")):
            self._pairs = Rows([self._t(key) for key in _COLUMNS], _PAIRS)
        with section(self._t("live.reasons")):
            self._fine = text("p", self._t("live.reasons.none"), "quiet")
            self._reasons = Rows([self._t("search.reason"), self._t("live.count")], _PAIRS)

    def _past(self) -> None:
        with box("section", "part"):
            text("p", self._t("live.hour"), "quiet")
            self._chart = ui.echart(_hour_options(), on_point_click=self._clicked, renderer="svg").classes("hour")
            self._chart.props("role=img").props["aria-label"] = self._t("live.hour")
            with box("div", "line"):
                self._at = field(self._t("live.at"))
                self._at.props("type=datetime-local step=60")
                button(self._t("live.at.show"), self._go_to_typed)

    async def begin(self) -> None:
        """Shows the page when it is opened: on a telephone with few nodes, because names need room."""
        if self._moment is None:
            with suppress(TimeoutError):  # a browser that is busy: it is told all names
                if await ui.run_javascript(f"window.innerWidth < {_NARROW}", timeout=5):
                    self._turn_groups()
        await self.look()

    async def look(self) -> None:
        """Shows what happens now, unless it is paused or shows the past."""
        if self._minute is not None:
            if self._moment is None:
                await self._fill(await self._feed.minute(self._minute), await self._feed.hour(self._around()))
        elif not self._paused:
            await self._fill(await self._feed.now(), await self._feed.hour())

    async def _fill(self, moment: Moment, hour: list[Minute]) -> None:
        self._moment, self._seen = moment, f"{datetime.now():%H:%M:%S}"
        begin = self._around() - 59 * MINUTE
        by_start = {minute.start: minute for minute in hour}
        starts = [begin + number * MINUTE for number in range(60)]
        _show_hour(self._chart, starts, by_start, self._minute)
        self._chart.update()
        self._show()

    def _show(self) -> None:
        moment, background = self._moment, self._feed.background
        if moment is None:
            return
        if self._minute is not None:
            self._what.text = self._t("live.minute", when=_clock(self._minute))
        elif self._paused:
            self._what.text = self._t("live.paused", when=self._seen)
        else:
            self._what.text = self._t("live.now", seconds=SECONDS)
        self._figures.show(moment, background)
        groups = {group: self._t(key) for group, key in _GROUPS.items()}
        names = Names(background.members, background.faults if self._minute is None else [], groups)
        drawn = graph.picture(moment.flows, names, grouped=self._grouped)
        self._graph.options.update(graph.options(drawn))
        self._graph.set_visibility(bool(moment.flows))
        self._none.set_visibility(not moment.flows)
        self._graph.update()
        self._now.set_visibility(self._minute is not None)
        self._later.props.set_bool("disabled", self._minute is None)
        self._tell_pairs(moment.flows, names)
        self._tell_reasons(moment)

    def _tell_pairs(self, flows: Iterable[Flow], names: Names) -> None:
        busiest = sorted(flows, key=lambda flow: (-flow.minute.count, flow.client, flow.service))[:_PAIRS]
        self._pairs.show(
            [
                (
                    names.full(flow.client),
                    names.full(flow.service),
                    per_second(flow.rate),
                    f"{flow.minute.count:,}",
                    f"{flow.minute.bad:,}",
                    f"{flow.p99_ms:,.1f} ms",
                    ", ".join(sorted(flow.minute.reasons)),
                    ", ".join(names.faults((flow.client, flow.service))),
                )
                for flow in busiest
            ]
        )

    def _tell_reasons(self, moment: Moment) -> None:
        most = sorted(moment.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        self._fine.set_visibility(not most)
        self._reasons.show([(reason, f"{number:,}") for reason, number in most])

    def _turn_pause(self) -> None:
        self._paused = not self._paused
        self._pause.text = self._t("live.resume" if self._paused else "live.pause")
        self._show()

    def _turn_groups(self) -> None:
        self._grouped = not self._grouped
        self._group.props["aria-pressed"] = str(self._grouped).lower()
        self._show()

    async def _go(self, minute: int | None) -> None:
        self._minute, self._moment = minute, None
        await self._view.guarded(self.look)

    async def _go_by(self, minutes: int) -> None:
        now = _this_minute()
        wanted = (now if self._minute is None else self._minute) + minutes * MINUTE
        await self._go(None if wanted >= now else max(wanted, 0))

    async def _go_to_typed(self) -> None:
        try:
            wanted = int(datetime.fromisoformat(self._at.value).timestamp()) // MINUTE * MINUTE
        except (ValueError, OverflowError, OSError):
            return
        if 0 <= wanted < _this_minute():
            await self._go(wanted)

    async def _clicked(self, clicked: Any) -> None:
        start = self._around() - (59 - int(clicked.data_index)) * MINUTE
        await self._go(start if start < _this_minute() else None)

    def _around(self) -> int:
        """The last minute of the hour that is shown: now, or half an hour after the minute of the past."""
        now = _this_minute()
        return now if self._minute is None else min(now, self._minute + 30 * MINUTE)


class _Figures:
    """The figures at the top, each with its name and a remark."""

    def __init__(self, view: View) -> None:
        self._t = view.texts
        with box("dl", "figures"):
            self._rate = figure(self._t("live.rate"))
            self._bad = figure(self._t("live.bad_rate"))
            self._p50 = figure(self._t("live.p50"))
            self._p99 = figure(self._t("live.p99"))
            self._today = figure(self._t("live.today"))
            self._ledger = figure(self._t("live.ledger"))

    def show(self, moment: Moment, background: Any) -> None:
        """Shows the figures of a moment."""
        number, remark = self._rate
        number.text = per_second(moment.rate)
        day = f"{moment.rate * 86_400 / 1e6:,.1f} M"
        remark.text = self._t("live.compared", times=f"{moment.rate / _AVERAGE:.1f}", day=day)
        number, remark = self._bad
        number.text = per_second(moment.bad)
        remark.text = f"{moment.bad / moment.rate:.1%}" if moment.rate else ""
        for (number, _), value in ((self._p50, moment.p50_ms), (self._p99, moment.p99_ms)):
            number.text = f"{value:,.1f} ms" if value else "–"
        number, remark = self._today
        number.text = f"{background.today:,}"
        remark.text = self._t("live.today.share", share=f"{background.today / _A_DAY:.1%}")
        number, remark = self._ledger
        number.text = f"{background.records:,}"
        if background.signed is not None:
            remark.text = self._t(
                "live.checkpoint", number=f"{background.checkpoint:,}", signed=f"{background.signed:,}"
            )


def _hour_options() -> dict[str, Any]:
    bars = {"type": "bar", "stack": "calls", "barCategoryGap": "15%", "data": []}
    return {
        "animation": False,
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "grid": {"left": 56, "right": 8, "top": 8, "bottom": 24},
        "xAxis": {"type": "category", "data": [], "axisTick": {"show": False}},
        "yAxis": {"type": "value", "splitNumber": 3, "splitLine": {"lineStyle": {"color": "#8884"}}},
        "series": [
            {**bars, "name": "OK", "itemStyle": {"color": "#2f8fae"}},
            {**bars, "name": "✗", "itemStyle": {"color": "#d1434f"}},
        ],
    }


def _show_hour(chart: Any, starts: Sequence[int], minutes: dict[int, Minute], chosen: int | None) -> None:
    bad = [minutes[start].calls.bad if start in minutes else 0 for start in starts]
    every = [minutes[start].calls.count if start in minutes else 0 for start in starts]
    good = [count - not_ok for count, not_ok in zip(every, bad, strict=True)]
    chart.options["xAxis"]["data"] = [_clock(start) for start in starts]
    for series, values in zip(chart.options["series"], (good, bad), strict=True):
        series["data"] = [
            {"value": value, "itemStyle": {"opacity": 1.0 if chosen in (None, start) else 0.4}}
            for start, value in zip(starts, values, strict=True)
        ]


def _this_minute() -> int:
    return math.floor(time.time()) // MINUTE * MINUTE


def _clock(start: int) -> str:
    """The local time of a minute; of another day with the date."""
    moment = datetime.fromtimestamp(start)
    return f"{moment:%H:%M}" if moment.date() == datetime.now().date() else f"{moment:%Y-%m-%d %H:%M}"
