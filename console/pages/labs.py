"""The page of labs for a single user: the list, and the desk of the one that was started last."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from nicegui import ui

from console.desk import Desk
from console.exchange import Exchange, translated
from console.parts import Cell, box, button, table, text
from console.shell import View, shell
from ndxp.admin import AdminApi
from ndxp.labs.course import Course, Result
from ndxp.labs.progress import Progress
from ndxp.labs.shelf import Found, labs

PATH = "/labs"

_LOOK_EVERY = 3.0
_COLUMNS = ("lab", "lab.minutes", "lab.tasks", "lab.state", "")
_STATES = {"started": "lab.state.started", "done": "lab.state.done", "finished": "lab.state.finished"}

_Given = TypeVar("_Given")


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def single() -> None:
        with shell(exchange, PATH, "menu.labs") as view:
            if exchange.attached:
                text("p", view.texts("lab.attached"))
                return
            if exchange.role != "operator":
                text("p", view.texts("lab.reader"), "quiet")
                return
            page = _Labs(view)
            view.load(page.fill)
            view.every(_LOOK_EVERY, page.fill)


class _Own:
    """The lab that was started last in the run folder."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def course(self, work: Callable[[Course], _Given]) -> _Given:
        """What a function of the course gives."""

        def do() -> _Given:
            with translated(), Course.go_on(self._exchange.folder) as course:
                return work(course)

        return await asyncio.to_thread(do)

    async def results(self, *, asked: bool) -> list[Result]:
        """What is done and what is not."""
        return await self.course(lambda course: course.check())

    async def reset(self) -> None:
        """The lab begins anew."""
        await self.course(lambda course: course.reset())

    async def grant(self, body: dict[str, Any]) -> None:
        """Adds a grant."""
        await self._exchange.send("POST", "/grants", body=body)

    async def call(self, make: Callable[[AdminApi], _Given]) -> _Given:
        """A call as one of the lab's subsystems."""
        return await self._exchange.ask(make)


class _Labs:
    """The page while it is open."""

    def __init__(self, view: View) -> None:
        self._view, self._t = view, view.texts
        self._list = box("section", "part")
        self._desk = Desk(view, _Own(view.exchange))
        self._shown: Any = None

    async def fill(self) -> None:
        """Shows the list, and the desk, as they are now."""
        known, progress = await asyncio.to_thread(self._read)
        self._show(known, progress)
        if self._started(progress):
            await self._desk.fill()

    def _read(self) -> tuple[list[Found], Progress]:
        with translated():
            return labs(), Progress.read(self._view.exchange.folder)

    @staticmethod
    def _started(progress: Progress) -> bool:
        attempt = progress.attempts.get(progress.current)
        return attempt is not None and attempt.state != "finished"

    def _show(self, known: list[Found], progress: Progress) -> None:
        states = {name: (attempt.state, len(attempt.done)) for name, attempt in progress.attempts.items()}
        now = [(lab.name, states.get(lab.name), lab.name == progress.current) for lab in known]
        if now == self._shown:
            return
        self._shown = now
        self._list.clear()
        with self._list:
            text("h2", self._t("lab.list"))
            table([self._t(key) if key else "" for key in _COLUMNS], [self._row(lab, states) for lab in known])

    def _row(self, lab: Found, states: dict[str, tuple[str, int]]) -> list[Cell]:
        state, done = states.get(lab.name, ("", 0))
        start = partial(self._view.guarded, partial(self._start, lab.name))
        return [
            f"{lab.number} {lab.text(self._view.session.language).title}", str(lab.lab.minutes),
            f"{done}/{len(lab.lab.tasks)}", self._t(_STATES[state]) if state else "",
            lambda: button(self._t("lab.start"), start),
        ]  # fmt: skip

    async def _start(self, name: str) -> None:
        language = self._view.session.language

        def do() -> None:
            with translated():
                Course.start(self._view.exchange.folder, name, language).close()

        await asyncio.to_thread(do)
        await self.fill()
