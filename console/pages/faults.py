"""The page of faults set on purpose: what is on now and what it did, and the scenarios as switches with their story."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from console.exchange import Exchange
from console.pages import transactions
from console.parts import Cell, Field, box, button, field, link, section, table, text
from console.shell import View, shell
from ndxp.admin import path_part
from ndxp.faults.scenario import Scenario, all_scenarios

PATH = "/faults"

_LOOK_EVERY = 2.0
_MOST = 1000
_MINUTES = 10
_LONGEST = 24 * 60
_COLUMNS = ("column.id", "faults.does", "faults.calls", "faults.until", "faults.note", "faults.met")
_OF_CALLS = ("contract", "methods", "provider", "consumer", "purpose", "message_id", "nth", "hours", "days")


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def faults() -> None:
        with shell(exchange, PATH, "menu.faults") as view:
            page = _Faults(view)
            view.load(page.look)
            view.every(_LOOK_EVERY, page.look)


class _Faults:
    """The page while it is open."""

    def __init__(self, view: View) -> None:
        self._view, self._t = view, view.texts
        self._changes = view.exchange.role == "operator"
        self._shown: Any = None
        self._switches: dict[str, tuple[Any, Any]] = {}
        self._on = box("div")
        with section(self._t("faults.scenarios")):
            if self._changes:
                with box("div", "line"):
                    self._minutes: Field = field(self._t("faults.minutes"), str(_MINUTES))
                    self._minutes.props(f"type=number min=1 max={_LONGEST}")
            else:
                text("p", self._t("faults.reader"), "quiet")
            with box("div", "scenarios"):
                for scenario in all_scenarios():
                    self._scenario(scenario)

    def _scenario(self, scenario: Scenario) -> None:
        language = self._view.session.language
        with box("article", "card") as card:
            with box("div", "scenario-head"):
                text("h3", scenario.title[language])
                switch = button("", lambda: self._view.guarded(partial(self._turn, scenario)), "switch")
                switch.props("role=switch aria-checked=false").props["aria-label"] = scenario.title[language]
                switch.props.set_bool("disabled", not self._changes)
            text("p", scenario.story[language])
            with box("p", "quiet"):
                text("strong", f"{self._t('faults.watch')} ")
                text("span", scenario.watch[language])
        self._switches[scenario.name] = switch, card

    async def _turn(self, scenario: Scenario) -> None:
        """Sets all faults of a scenario, or removes them when it is on."""
        send = self._view.exchange.send
        was_on = scenario.name in {fault["scenario"] for fault in await self._view.exchange.get("/faults")}
        if was_on:
            await send("DELETE", "/faults", query={"scenario": scenario.name})
        else:
            typed = self._minutes.value
            minutes = min(max(int(typed), 1), _LONGEST) if typed.isdecimal() else _MINUTES
            until = datetime.now().astimezone() + timedelta(minutes=minutes)
            await send("POST", "/faults", body=scenario.rules(until.isoformat(timespec="seconds")))
        await self.look()

    async def look(self) -> None:
        """Shows the faults that there are now."""
        found = await self._view.exchange.get("/faults")
        met = [await self._met(fault) for fault in found]
        for name, (switch, card) in self._switches.items():
            on = any(fault["scenario"] == name for fault in found)
            switch.props["aria-checked"] = str(on).lower()
            card.classes(add="on") if on else card.classes(remove="on")
        if (found, met) != self._shown:
            self._shown = found, met
            self._show(found, met)

    async def _met(self, fault: dict[str, Any]) -> int | None:
        """How many transactions have met a fault, counted to 1,000; None for a viewer, who may not read the ledger."""
        if self._view.exchange.role == "viewer":
            return None
        return len(await self._view.exchange.get("/transactions", fault=fault["id"], limit=_MOST))

    def _show(self, found: list[dict[str, Any]], met: list[int | None]) -> None:
        self._on.clear()
        with self._on, section(self._t("faults.on")):
            if not found:
                text("p", self._t("faults.none"), "quiet")
                return
            names = [*(self._t(key) for key in _COLUMNS), *([self._t("faults.remove")] if self._changes else [])]
            table(names, [self._row(*pair) for pair in zip(found, met, strict=True)])
            if self._changes:
                button(self._t("faults.remove_all"), lambda: self._view.guarded(partial(self._remove, "/faults")))

    def _row(self, fault: dict[str, Any], met: int | None) -> list[Cell]:
        parts = (fault[name] for name in _OF_CALLS)
        calls = [", ".join(part) if isinstance(part, list) else str(part) for part in parts if part]
        calls += [f"{fault['share']:.0%}"] if fault["share"] < 1 else []
        until = _moment(fault["valid_until"])
        if not fault["on"]:
            until += f" ({self._t('faults.later')})"
        what = " · ".join(calls) or self._t("faults.all_calls")
        row: list[Cell] = [fault["id"], fault["do"], what, until, fault["note"], self._did(fault["id"], met)]
        if self._changes:
            remove = partial(self._remove, f"/faults/{path_part(fault['id'])}")
            row.append(lambda: button(self._t("faults.remove"), lambda: self._view.guarded(remove)))
        return row

    def _did(self, fault: str, met: int | None) -> Cell:
        if not met:
            return "–" if met is None else self._t("faults.met.none")
        many = f"{_MOST}+" if met == _MOST else met
        where = f"{transactions.PATH}?{urlencode({'fault': fault})}"
        return partial(link, self._t("faults.met.some", n=many), where)

    async def _remove(self, path: str) -> None:
        await self._view.exchange.send("DELETE", path)
        await self.look()


def _moment(until: str) -> str:
    """The end of a fault: a date as it is, another moment as local time."""
    if len(until) == len("2026-12-31"):
        return until
    return datetime.fromisoformat(until.upper()).astimezone().strftime("%Y-%m-%d %H:%M:%S")
