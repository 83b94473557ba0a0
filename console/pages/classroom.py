"""The pages of a class: the teacher's, with the progress of all groups, and the one page that pupils see."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from nicegui import ui

from console.classes import Classes
from console.desk import Desk
from console.door import GROUP, JOIN
from console.exchange import Refused
from console.pages import wall
from console.pages.transactions import path_of
from console.parts import Cell, Field, box, button, choice, field, link, section, table, text
from console.shell import View, shell
from ndxp.admin import AdminApi
from ndxp.classroom.classroom import Classroom, Standing
from ndxp.errors import code_name
from ndxp.labs.course import Course, Result
from ndxp.labs.shelf import labs
from ndxp.terminal import moment

PATH = "/class"

_LOOK_EVERY = 2.0
_MINUTES = 10
_LATEST = 20
_COLUMNS = (
    "class.group", "class.code", "lab", "lab.tasks", "class.at", "class.checks", "class.hints", "class.quiet", "",
)  # fmt: skip
_OF_CALLS = ("column.time", "column.client", "column.method", "column.status", "class.wall")
_FAULTS = ("delay=2s", "code=UNAVAILABLE", "lose")

_Given = TypeVar("_Given")


def add(classes: Classes) -> None:
    """Adds the pages."""

    @ui.page(PATH)
    def teacher() -> None:
        with shell(classes.exchange, PATH, "menu.class") as view:
            if classes.exchange.attached:
                text("p", view.texts("lab.attached"))
                return
            if not classes.there:
                text("p", view.texts("class.start"))
                text("pre", "ndxp class start --groups 12 --lab 2", "fence").props("tabindex=0")
                return
            page = _Teacher(view, classes)
            view.load(page.fill)
            view.every(_LOOK_EVERY, page.fill)

    @ui.page(GROUP)
    def pupil() -> None:
        with shell(classes.exchange, GROUP, "class.pupil") as view:
            desk = Desk(view, _OfGroup(classes, view.session.pupil))
            view.load(desk.fill)
            view.every(_LOOK_EVERY, desk.fill)


class _OfGroup:
    """The lab of the group whose key a pupil's session has."""

    def __init__(self, classes: Classes, key: str) -> None:
        self._classes = classes
        self._key = key

    async def course(self, work: Callable[[Course], _Given]) -> _Given:
        """What a function of the group's course gives."""

        def do(room: Classroom) -> _Given:
            with room.course(room.with_key(self._key)) as course:
                return work(course)

        return await self._classes.ask(do)

    async def results(self, *, asked: bool) -> list[Result]:
        """What is done and what is not."""
        if asked:
            return await self._classes.ask(lambda room: room.check(room.with_key(self._key)))
        await self._classes.look()
        return await self._classes.ask(lambda room: room.results(room.with_key(self._key)))

    async def grant(self, body: dict[str, Any]) -> None:
        """Adds a grant for a subsystem of the group."""
        await self._classes.ask(lambda room: room.own(room.with_key(self._key)).ask("POST", "/grants", {}, body))

    async def call(self, make: Callable[[AdminApi], _Given]) -> _Given:
        """A call as one of the group's subsystems: the desk offers no others."""
        return await self._classes.ask(lambda room: make(room.operator.admin))

    async def reset(self) -> None:
        """The lab begins anew for the group."""
        await self._classes.ask(lambda room: room.reset(room.with_key(self._key)))


class _Teacher:
    """The teacher's page while it is open."""

    def __init__(self, view: View, classes: Classes) -> None:
        self._view, self._t, self._classes = view, view.texts, classes
        self._shown: Any = None
        self._group = ""
        with box("p"):
            text("span", self._t("class.where"))
            link(JOIN, JOIN)
            text("span", " · ")
            link(self._t("class.wall.show"), wall.PATH)
        self._now = box("section", "part")
        with section(self._t("class.do")):
            with box("div", "line"):
                ours = [lab for lab in labs() if lab.lab.for_class]
                known = [(lab.name, f"{lab.number} {lab.text(view.session.language).title}") for lab in ours]
                lab = choice(self._t("lab"), known, known[0][0])
                button(self._t("class.begin"), lambda: self._do(lambda room: room.begin(lab.value)))
            with box("div", "line"):
                whom = field(self._t("class.whom"))
                fault = field(self._t("class.fault"), _FAULTS[0])
                button(self._t("class.fault.do"), lambda: self._do(partial(self._push, whom, fault)), "danger")
                button(self._t("class.fault.off"), lambda: self._do(lambda room: room.calm()))
            text("p", self._t("class.fault.note", some=" · ".join(_FAULTS), minutes=_MINUTES), "quiet")
            with box("div", "line"):
                button(self._t("class.results"), lambda: view.guarded(self._results))
        self._calls = box("div")

    async def fill(self) -> None:
        """Shows how far the groups are now."""
        await self._classes.look()
        standings = await self._classes.ask(lambda room: room.standings())
        codes = await self._classes.ask(lambda room: {name: group.code for name, group in room.kept.groups.items()})
        now = [(each, int(each.quiet // 60)) for each in standings]
        self._show(standings, codes, [(each.group, each.lab, each.done, each.checks, each.hints, m) for each, m in now])
        if self._group:
            await self._follow()

    def _show(self, standings: list[Standing], codes: dict[str, str], now: Any) -> None:
        if now == self._shown:
            return
        self._shown = now
        first = sorted(standings, key=lambda each: (-each.stuck, each.group))
        self._now.clear()
        with self._now:
            text("h2", self._t("class.groups", n=len(standings), done=sum(not each.task for each in standings)))
            table([self._t(key) if key else "" for key in _COLUMNS], [self._row(each, codes) for each in first])

    def _row(self, each: Standing, codes: dict[str, str]) -> list[Cell]:
        def actions() -> None:
            with box("div", "actions"):
                button(self._t("class.look"), lambda: self._view.guarded(partial(self._open, each.group)))
                button(self._t("class.reset"), lambda: self._do(lambda room: room.reset(each.group)))

        def where() -> None:
            text("span", each.task or self._t("lab.all"))
            if each.stuck:
                text("strong", f" {self._t('class.stuck')}", "stuck")

        return [
            each.group, codes.get(each.group, ""), each.lab, f"{each.done}/{each.tasks}", where, str(each.checks),
            str(each.hints), self._t("class.minutes", n=int(each.quiet // 60)), actions,
        ]  # fmt: skip

    async def _open(self, name: str) -> None:
        self._group = name
        await self._follow()

    async def _follow(self) -> None:
        """The latest transactions of the group that was chosen."""
        name = self._group
        found = await self._classes.ask(lambda room: room.latest(name, _LATEST))
        self._calls.clear()
        with self._calls, section(self._t("class.calls", group=name)):
            if not found:
                text("p", self._t("lab.calls.none"), "quiet")
                return
            table([self._t(key) for key in _OF_CALLS], [self._call(record) for record in found])

    def _call(self, record: dict[str, Any]) -> list[Cell]:
        return [
            moment(record["request_in_ts"]), record["client"].rpartition("/")[2], record["method"].rpartition("/")[2],
            f"{code_name(record['status_code'])} {record['reason']}".strip(),
            partial(link, self._t("class.wall.do"), path_of(record["transaction_id"])),
        ]  # fmt: skip

    async def _do(self, work: Callable[[Classroom], Any]) -> None:
        """Changes something, and shows it."""

        async def done() -> None:
            await self._classes.ask(work)
            self._shown = None
            await self.fill()
            ui.notify(self._t("class.done"))

        with self._now:  # the button may be gone when it is done
            await self._view.guarded(done)

    @staticmethod
    def _push(whom: Field, fault: Field, room: Classroom) -> None:
        names = [room.named(each) for each in whom.value.replace(",", " ").split()]
        if unknown := [each for each in names if each not in room.kept.groups]:
            raise Refused(f"no such group: {unknown[0][:20]!r}")
        room.fault(fault.value, names, minutes=_MINUTES)

    async def _results(self) -> None:
        found = await self._classes.ask(lambda room: room.csv())
        ui.download(found.encode(), "results.csv")
