"""What happens to a citizen: a birth, a death, a stay or a passport is applied for, and watched on its way."""

from datetime import datetime
from functools import partial

from nicegui import ui

from console.exchange import Refused, Unanswered
from console.pages.people.matters import BAD, Look, Matter, Start, dossier, offered
from console.pages.transactions import PATH as TRANSACTIONS
from console.pages.transactions import path_of
from console.parts import box, button, field, link, section, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.clock import Clock, ClockRefused, move
from ndxp.sandbox.applications import FIRST_STEP, LENGTHENS, LONGEST_STEP, next_look
from ndxp.sandbox.state import State
from ndxp.world import Citizen

_LOOK_EVERY, _LOOK_EVERY_REAL = 1.0, 5.0
"""Seconds between two looks: by a simulated clock, and by real time, when little happens."""

_MOST_LOOKS = 600
"""A page that is left open looks no more after so many: each look is a call in the ledger."""

_LONGEST = 60


class Events:
    """The part of the page."""

    def __init__(self, view: View, citizen: Citizen) -> None:
        self._view, self._t, self._citizen = view, view.texts, citizen
        with section(self._t("events")):
            if view.exchange.role != "operator":
                text("p", self._t("events.role"), "quiet")
                return
            text("p", self._t("events.note"), "quiet")
            kinds = offered(citizen)
            if not kinds:
                text("p", self._t("events.none"), "quiet")
            with box("div", "line"):
                for key, start in kinds.items():
                    button(self._t(key), partial(view.guarded, partial(self._start, key, start)))
            with box("div", "line"):
                code = field(self._t("events.code"))
                known = lambda _citizen, _state: dossier(code.value.strip()[:_LONGEST])  # noqa: E731
                button(self._t("events.watch"), partial(view.guarded, partial(self._start, "events.dossier", known)))
            self._place = box("div")

    async def _start(self, title: str, start: Start) -> None:
        """Applies, and watches what becomes of it."""

        def apply(api: AdminApi) -> tuple[Look, State]:
            try:
                look = start(self._citizen, api.state)
                look(api.state)  # so that an unknown code is refused at once
            except Unanswered as error:
                raise Refused(str(error)) from error
            return look, api.state

        look, state = await self._view.exchange.ask(apply)
        if self._place.is_deleted:  # somebody else is shown now
            return
        self._place.clear()
        with self._place:
            _Watch(self._view, self._t(title), look, state)


class _Watch:
    """A matter that is watched; with a simulated clock the page can let the nation's time go on."""

    def __init__(self, view: View, title: str, look: Look, state: State) -> None:
        self._view, self._t, self._look = view, view.texts, look
        self._shown: Matter | None = None
        self._looks, self._by, self._moves = 0, FIRST_STEP, False
        with box("article", "card"):
            text("h3", title)
            self._state = text("p", "").props("role=status")
            self._clock = text("p", "", "quiet")
            with box("div", "line") as self._controls:
                if state.clock_file is not None:
                    self._go = button(self._t("events.go"), self._turn, "primary")
            text("p", self._t("events.real" if state.clock_file is None else "events.clock"), "quiet")
            self._steps = box("ol", "life")
            self._trace = box("p")
        pace = _LOOK_EVERY_REAL if state.clock_file is None else _LOOK_EVERY
        self._timer = ui.timer(pace, lambda: view.guarded(self._follow))

    def _turn(self) -> None:
        """Lets the clock go on, or no more."""
        self._moves = not self._moves
        self._go.text = self._t("events.stop" if self._moves else "events.go")

    async def _follow(self) -> None:
        """Looks how the matter stands; lets the clock go on when nothing has happened."""
        self._looks += 1
        try:
            matter, clock = await self._view.exchange.ask(self._now)
        except Refused:  # it is shown once, and not with every look
            self._timer.deactivate()
            raise
        if self._steps.is_deleted:
            return
        self._clock.text = self._t("events.now", now=f"{clock:%Y-%m-%d %H:%M}")
        steps = len(self._shown.steps) if self._shown else 0
        if matter != self._shown:
            self._shown = matter
            self._show(matter)
        if matter.ended or self._looks >= _MOST_LOOKS:
            self._timer.deactivate()
            self._controls.set_visibility(False)
        elif self._moves and len(matter.steps) == steps:
            try:
                await self._view.exchange.ask(self._on)
            except Refused:  # the clock is at its end
                self._turn()
                raise
            self._by = min(self._by * LENGTHENS, LONGEST_STEP)
        else:
            self._by = FIRST_STEP

    def _now(self, api: AdminApi) -> tuple[Matter, datetime]:
        return self._look(api.state), Clock(api.state.clock_file).moment()

    def _on(self, api: AdminApi) -> None:
        """Moves the clock of the whole nation on."""
        if api.state.clock_file is None:
            return
        try:
            move(api.state.clock_file, next_look(Clock(api.state.clock_file).moment(), self._by))
        except ClockRefused as error:
            raise Refused(str(error)) from error

    def _show(self, matter: Matter) -> None:
        note = f": {matter.note}" if matter.note else ""
        self._state.text = f"{matter.code}: {self._t(matter.state)}{note}"
        if matter.ended:
            self._state.classes("verdict bad" if matter.state in BAD else "verdict good")
        self._steps.clear()
        with self._steps:
            for step in matter.steps:
                with box("li"):
                    text("time", f"{step.at:%Y-%m-%d %H:%M}").props["datetime"] = step.at.isoformat()
                    with box("div"):
                        result = f": {step.result}" if step.result else ""
                        text("span", f"{step.who} · {step.what}{result}").props("lang=en")
                        if step.transaction:
                            with box("div"):
                                link(step.transaction, path_of(step.transaction))
        self._trace.clear()
        if matter.trace:
            with self._trace:
                link(self._t("events.trace"), f"{TRANSACTIONS}?trace={matter.trace}")
