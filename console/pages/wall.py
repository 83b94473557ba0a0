"""The page that a teacher projects while pupils come in: the URL, the fingerprint of the certificate, and the codes."""

from nicegui import ui

from console.classes import Classes
from console.door import JOIN
from console.parts import box, link, section, text
from console.shell import View, shell
from ndxp.classroom.trust import grouped
from ndxp.sandbox.console import Console

PATH = "/class/wall"


def add(classes: Classes) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def wall() -> None:
        with shell(classes.exchange, "/class", "class.join") as view:
            if not classes.there:
                text("p", view.texts("class.none"))
                return
            view.load(_Wall(view, classes).fill)


class _Wall:
    """The page while it is open."""

    def __init__(self, view: View, classes: Classes) -> None:
        self._view, self._t, self._classes = view, view.texts, classes
        self._now = box("div", "wall")

    async def fill(self) -> None:
        """Shows what pupils need now."""
        codes = await self._classes.ask(lambda room: {name: group.code for name, group in room.kept.groups.items()})
        running = Console.running(self._classes.exchange.folder)
        self._now.clear()
        with self._now:
            if running is not None:
                with section(f"1. {self._t('class.wall.open')}"):
                    link(f"{running.url}{JOIN}", JOIN, "large")
                    if running.local:
                        text("p", self._t("class.wall.local"), "quiet")
                if running.fingerprint:
                    self._tell_fingerprint(running.fingerprint)
            last = 3 if running is not None and running.fingerprint else 2
            with section(f"{last}. {self._t('class.wall.code')}"):
                with box("ul", "codes"):
                    for name, code in codes.items():
                        with box("li"):
                            text("span", self._t("class.wall.group", group=name))
                            text("code", code)
                if running is not None:
                    text("p", self._t("class.wall.terminal"))
                    text("code", f"ndxp class join CODE --at {running.url}")

    def _tell_fingerprint(self, fingerprint: str) -> None:
        with section(f"2. {self._t('class.wall.compare')}"):
            text("p", self._t("class.wall.warns"))
            with box("p", "fingerprint").props("translate=no"):
                for part in grouped(fingerprint).split():
                    text("code", part)
            text("p", self._t("class.wall.differs"), "quiet")
