"""The page of load runs: one is started, watched and stopped; those before it are side by side with their reports."""

import asyncio
import shlex
from functools import partial
from typing import Any

from fastapi import Response
from nicegui import app, ui
from starlette.responses import FileResponse

from console.exchange import Exchange
from console.parts import Cell, Field, box, button, choice, field, figure, link, section, table, text
from console.runs import HIGHEST_RATE, LONGEST, Order, Progress, Run, RunRefused, Runs
from console.shell import View, shell
from ndxp.language import speaker

PATH = "/load"

_LOOK_EVERY = 1.0
_PROCESSES = 8
_USUAL = "ndxp-average"
_COLUMNS = (
    "column.time", "load.profile", "load.verdict", "load.achieved", "load.p50", "load.p99", "load.errors",
    "load.dropped", "load.cpu_each", "load.report",
)  # fmt: skip
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""For a report: it shows itself, and runs nothing."""


def add(exchange: Exchange, runs: Runs) -> None:
    """Adds the page and the reports."""

    @ui.page(PATH)
    def load() -> None:
        with shell(exchange, PATH, "menu.load") as view:
            if exchange.role != "operator":
                text("p", view.texts("load.role"), "quiet")
                return
            page = _Load(view, runs)
            view.load(page.fill)
            view.every(_LOOK_EVERY, page.look)

    @app.get(PATH + "/reports/{name}")
    def report(name: str) -> Response:
        file = runs.page(name) if exchange.role == "operator" else None
        return FileResponse(file, headers={"content-security-policy": _POLICY}) if file else Response(status_code=404)


class _Load:
    """The page while it is open."""

    def __init__(self, view: View, runs: Runs) -> None:
        self._view, self._t, self._runs = view, view.texts, runs
        self._shown: list[Run] | None = None
        self._profiles: dict[str, dict[str, Any]] = {}
        with box("div") as self._form:
            text("p", self._t("load.loading"), "quiet")
        with section(self._t("load.now")) as self._now:
            self._what = text("p", "", "count").props("role=status")
            with box("dl", "figures"):
                self._rate, self._p99, self._failed, self._dropped, self._left = (
                    figure(self._t(key))[0]
                    for key in ("load.rate", "load.p99", "load.errors", "load.dropped", "load.left")
                )
            self._stop = button(self._t("load.stop"), lambda: view.guarded(self._end), "danger")
            self._chart = ui.echart(_chart_options(view), renderer="svg").classes("hour")
            self._chart.props("role=img").props["aria-label"] = self._t("load.chart")
            text("p", self._t("load.chart"), "quiet")
            self._cpu = box("div")
        self._now.set_visibility(False)
        with section(self._t("load.earlier")):
            self._earlier = box("div")

    async def fill(self) -> None:
        """Fills the form, and shows what runs."""
        try:
            profiles = await asyncio.to_thread(self._runs.profiles)
        except RunRefused as refused:
            self._form.clear()
            with self._form:
                text("p", str(refused), "verdict bad")
        else:
            self._profiles = {profile["name"]: profile for profile in profiles}
            self._ask()
        await self.look()

    def _ask(self) -> None:
        usual = _USUAL if _USUAL in self._profiles else next(iter(self._profiles))
        self._form.clear()
        with self._form, section(self._t("load.start")):
            with box("div", "line"):
                names = [(name, name) for name in self._profiles]
                self._chosen = choice(self._t("load.profile"), names, usual, self._choose)
                self._numbers = box("div", "line")
                self._begin = button(self._t("load.do"), lambda: self._view.guarded(self._start), "primary")
            self._about = box("div").props("lang=en")
            text("p", self._t("load.note"), "quiet")
        self._choose()

    def _choose(self) -> None:
        profile = self._profiles[self._chosen.value]
        self._numbers.clear()
        with self._numbers:
            rate = profile["mean_rate"]
            self._wanted: Field = field(self._t("load.rate"), f"{rate:g}" if rate else "")
            self._wanted.props(f"type=number min=0.1 max={HIGHEST_RATE:g} step=any")
            self._lasting: Field = field(self._t("load.duration"), f"{min(profile['duration'], LONGEST):g}")
            self._lasting.props(f"type=number min=1 max={LONGEST:g}")
        self._about.clear()
        with self._about:
            text("p", f"{profile['title']}.")
            for source in profile["sources"]:
                text("p", source, "quiet")

    async def _start(self) -> None:
        try:
            own = self._profiles[self._chosen.value]["mean_rate"]
            typed = self._wanted.value.strip()
            rate = float(typed) if typed and (own is None or typed != f"{own:g}") else None
            order = Order(self._chosen.value, rate, float(self._lasting.value))
            await asyncio.to_thread(self._runs.start, order, self._view.session.language)
        except ValueError:
            self._refuse(self._t("load.numbers"))
        except RunRefused as refused:
            self._refuse(str(refused))
        await self.look()

    def _refuse(self, why: str) -> None:
        ui.notify(why, type="negative", close_button=self._t("close"), timeout=0)

    async def _end(self) -> None:
        await asyncio.to_thread(self._runs.stop)
        await self.look()

    async def look(self) -> None:
        """Shows the run that is under way, and those before it when one has ended."""
        runs = await asyncio.to_thread(self._runs.all)
        current = next((run for run in runs if run.standing in ("runs", "stopping")), None)
        if current is not None:
            self._watch(current, await asyncio.to_thread(self._runs.progress, current.name))
        self._now.set_visibility(current is not None)
        if self._profiles:
            self._begin.props.set_bool("disabled", current is not None)
        if runs != self._shown:
            self._shown = runs
            self._compare([run for run in runs if run is not current])

    def _watch(self, run: Run, progress: Progress) -> None:
        command = shlex.join(["ndxp", *run.order.words])
        doing = progress.message or self._t("load.starting" if not progress.seconds else "load.running")
        self._what.text = f"{command} · {self._t('load.stopping') if run.standing == 'stopping' else doing}"
        self._stop.props.set_bool("disabled", run.standing == "stopping" or bool(progress.message))
        if not progress.seconds:
            for each in (self._rate, self._p99, self._failed, self._dropped, self._left):
                each.text = "–"
        else:
            last = progress.seconds[-1]
            self._rate.text = f"{last['finished']:,} / {last['planned']:,}"
            self._p99.text = _ms(last["p99_ms"])
            self._failed.text, self._dropped.text = f"{progress.failed:,}", f"{progress.dropped:,}"
            self._left.text = f"{max(0, round(run.order.duration - last['at'] - 1)):,} s"
        seconds = list(progress.seconds)
        self._chart.options["xAxis"]["data"] = [second["at"] + 1 for second in seconds]
        lines = ([s["planned"] for s in seconds], [s["finished"] for s in seconds], [s["p99_ms"] for s in seconds])
        for series, values in zip(self._chart.options["series"], lines, strict=True):
            series["data"] = values
        self._chart.update()
        self._cpu.clear()
        busiest = sorted(progress.cpu.items(), key=lambda pair: -pair[1])[:_PROCESSES]
        with self._cpu:
            if busiest:
                table([self._t("health.process"), self._t("load.cpu")], [(name, f"{cpu:.0%}") for name, cpu in busiest])

    def _compare(self, runs: list[Run]) -> None:
        self._earlier.clear()
        with self._earlier:
            if not runs:
                text("p", self._t("load.none"), "quiet")
                return
            table([self._t(key) for key in _COLUMNS], [self._row(run) for run in runs])

    def _row(self, run: Run) -> list[Cell]:
        name = f"{run.name[:4]}-{run.name[4:6]}-{run.name[6:8]} {run.name[9:11]}:{run.name[11:13]}:{run.name[13:15]}"
        rate = f"{run.order.rate:g}/s, " if run.order.rate is not None else ""
        row: list[Cell] = [name, f"{run.order.profile} ({rate}{run.order.duration:g} s)"]
        if not run.report:
            return [*row, partial(self._verdict, self._t("load.failed"), run.last_line, good=False), *["–"] * 7]
        verdict, summary = run.report["verdict"], run.report["summary"]
        say = speaker(self._view.session.language)
        return [
            *row,
            partial(self._verdict, say(verdict["word"]), verdict["why"], good=verdict["exit_code"] == 0),
            f"{summary['achieved_rate']:,.1f} / {summary['planned_rate']:,.1f}",
            _ms(summary["p50_ms"]),
            _ms(summary["p99_ms"]),
            f"{summary['error_share']:.2%}",
            f"{summary['dropped_share']:.2%}",
            f"{summary['cpu_micros']:,.0f} µs",
            partial(self._link, run.name),
        ]

    def _verdict(self, word: str, why: str, *, good: bool) -> None:
        text("strong", word, "good" if good else "bad")
        text("p", why, "quiet").props("lang=en")

    def _link(self, name: str) -> None:
        link(self._t("load.report"), f"{PATH}/reports/{name}").props("target=_blank rel=noopener")


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} ms"


def _chart_options(view: View) -> dict[str, Any]:
    line = {"type": "line", "showSymbol": False, "data": []}
    axis = {"type": "value", "splitNumber": 3, "splitLine": {"lineStyle": {"color": "#8884"}}}
    return {
        "animation": False,
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "legend": {"top": 0},
        "grid": {"left": 56, "right": 64, "top": 28, "bottom": 24},
        "xAxis": {"type": "category", "data": []},
        "yAxis": [axis, {**axis, "splitLine": {"show": False}, "axisLabel": {"formatter": "{value} ms"}}],
        "series": [
            {**line, "name": view.texts("load.planned"), "color": "#8a97a3", "lineStyle": {"type": "dashed"}},
            {**line, "name": view.texts("load.finished"), "color": "#2f8fae"},
            {**line, "name": view.texts("load.p99"), "color": "#c07a00", "yAxisIndex": 1},
        ],
    }
