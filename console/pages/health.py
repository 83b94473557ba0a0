"""The page of health: processes and their memory, services that do not serve, unsafe settings, and logs."""

import asyncio
import re
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui
from starlette.requests import Request

from console.exchange import Exchange
from console.pages.transactions import path_of
from console.parts import box, button, facts, link, section, table, text
from console.shell import View, shell
from ndxp import __version__
from ndxp.admin import AdminApi
from ndxp.language import _
from ndxp.sandbox import life
from ndxp.sandbox.doctor import Check, look
from ndxp.sandbox.processes import processes_now
from ndxp.sandbox.serving import not_learnt, services_of
from ndxp.sandbox.state import State

PATH = "/health"

_LOOK_EVERY = 3.0
_LINES = 200
_TRANSACTION = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})")
_COLUMNS = ("health.process", "health.pid", "health.memory", "health.metrics")


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def health(request: Request) -> None:
        with shell(exchange, PATH, "menu.health") as view:
            now, services = box("div"), box("div")
            view.load(partial(_processes, view, now))
            view.load(partial(_services, view, services))
            view.every(_LOOK_EVERY, partial(_processes, view, now))
            _checks(view)
            _logs(view, request.query_params.get("log", ""))


async def _processes(view: View, place: Any) -> None:
    """The processes that run, and those that should."""

    def ask(api: AdminApi) -> tuple[State, list[dict[str, Any]], dict[str, Any]]:
        return api.state, processes_now(api.state), api.get("/totals", after=0)

    state, found, totals = await view.exchange.ask(ask)
    gone = [process.name for process in state.processes if process.name not in {each["name"] for each in found}]
    place.clear()
    with place:
        if state.attached:
            text("p", view.texts("health.attached", gateway=state.gateway, size=f"{totals['last']:,}"))
            return
        text(
            "p", view.texts("health.sandbox", version=__version__, seconds=state.ready_seconds,
                            size=f"{totals['last']:,}"),
        )  # fmt: skip
        if not totals["caught_up"]:
            text("p", view.texts("health.behind"), "verdict bad")
        with section(view.texts("health.processes")):
            rows = [(each["name"], str(each["pid"]), f"{each['rss_mb']:.1f}", each["metrics"]) for each in found]
            table(
                [view.texts(key) for key in _COLUMNS],
                [*((name, view.texts("health.missing"), "", "") for name in gone), *rows],
            )


async def _services(view: View, place: Any) -> None:
    """The services that do not serve, and why, as far as that is known."""

    def ask(api: AdminApi) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
        return services_of(api), life.open_circuits(api.state)

    services, circuits = await view.exchange.ask(ask)
    down = [each for each in services if not each["serving"] or each["trouble"]]
    place.clear()
    with place, section(view.texts("health.services")):
        if not down:
            text("p", view.texts("health.services.none"), "verdict good")
        for each in down:
            said = not_learnt(each) if each["trouble"] else f"{each['contract']} · {each['provider']}"
            text("p", said, "verdict bad")
        for provider, gateways in circuits.items():
            text("p", view.texts("health.circuits", provider=provider, gateways=", ".join(gateways)), "verdict bad")


def _checks(view: View) -> None:
    """The checks of ``ndxp doctor``, made when they are asked for."""
    with section(view.texts("health.checks")):
        if view.exchange.role != "operator":
            text("p", view.texts("health.checks.role"), "quiet")
            return

        async def show() -> None:
            place.clear()
            with place:
                text("p", view.texts("health.checks.running"), "quiet")
            found = await asyncio.to_thread(look, view.exchange.folder)
            place.clear()
            with place:
                _tell(view, found)

        button(view.texts("health.checks.do"), lambda: view.guarded(show), "primary")
        place = box("div")


def _tell(view: View, found: list[tuple[Check, list[str]]]) -> None:
    bad = [(check, what) for check, what in found if what]
    if not bad:
        text("p", view.texts("health.checks.none", n=len(found)), "verdict good").props("role=status")
        return
    text("p", view.texts("health.checks.some", found=len(bad), n=len(found)), "verdict bad").props("role=status")
    for check, what in bad:
        with box("article", "card"):
            text("h3", _(check.name))
            for each in what:
                text("p", each)
            text("p", f"{_(check.why)}.", "quiet")
            facts([(view.texts("way.remedy"), _(check.remedy))])


def _logs(view: View, wanted: str) -> None:
    """The end of one process's log."""
    with section(view.texts("health.logs")):
        if view.exchange.role != "operator":
            text("p", view.texts("health.logs.role"), "quiet")
            return
        files = {path.stem: path for path in sorted((view.exchange.folder / "logs").glob("*.log"))}
        with box("nav", "line") as menu:
            menu.props["aria-label"] = view.texts("health.logs")
            for name in files:
                entry = link(name, f"{PATH}?log={name}")
                if name == wanted:
                    entry.props("aria-current=true")
        if wanted in files:
            _log(view, files[wanted])


def _log(view: View, file: Path) -> None:
    with file.open(encoding="utf-8", errors="replace") as lines:
        last = list(deque(lines, _LINES))
    text("p", view.texts("health.logs.note", n=len(last)) if last else view.texts("health.logs.empty"), "quiet")
    with box("div", "log").props("tabindex=0 lang=en"):
        for line in last:
            with box("p"):
                for number, part in enumerate(_TRANSACTION.split(line.rstrip("\n"))):
                    if number % 2:
                        link(part, path_of(part))
                    else:
                        text("span", part)
