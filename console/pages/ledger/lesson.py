"""The lesson: a copy of the ledger is changed as somebody with the database could, and an audit says what it finds."""

from console.exchange import Exchange, Refused
from console.job import Job, Progress
from console.pages.ledger.keys import own_keys
from console.pages.ledger.verification import Running, show_findings
from console.pages.transactions import path_of
from console.parts import Choice, box, button, choice, link, section, table, text
from console.shell import View
from console.tampering import KINDS, MOST, Lesson, teach

WORDS = {
    "field": "lesson.field", "removed": "lesson.removed", "hash": "lesson.hash", "both": "lesson.both",
    "cut": "lesson.cut",
}  # fmt: skip
"""The keys of the words for the kinds of changes."""

_COLUMNS = ("lesson.what", "lesson.before", "lesson.after")


class LessonPart:
    """The part of the page."""

    def __init__(self, view: View, job: Job[Lesson]) -> None:
        self._view, self._t, self._job = view, view.texts, job
        with section(self._t("lesson")):
            text("p", self._t("lesson.note"), "quiet")
            if view.exchange.role == "operator":
                self._offer()
            else:
                text("p", self._t("lesson.role"), "quiet")
            self._running = Running(view, job)

    def _offer(self) -> None:
        with box("div", "line"):
            kind = choice(self._t("lesson.kind"), [(each, self._t(WORDS[each])) for each in KINDS], next(iter(KINDS)))
            button(self._t("lesson.do"), lambda: self._view.guarded(lambda: self._start(kind)), "primary")

    async def _start(self, kind: Choice) -> None:
        """Starts a lesson, unless the ledger is too long for it."""
        size = (await self._view.exchange.get("/totals", after=2**61))["last"]
        if size > MOST:
            raise Refused(self._t("lesson.long", n=f"{size:,}", most=f"{MOST:,}"))
        if kind.value in KINDS:
            exchange, chosen = self._view.exchange, kind.value
            self._job.start(lambda show: _taught(exchange, chosen, show))

    def look(self) -> None:
        """Shows how far the lesson is, or what it has shown."""
        if self._running.changed() and (lesson := self._job.result) is not None:
            with self._running.place:
                self._show(lesson)

    def _show(self, lesson: Lesson) -> None:
        t = self._t
        text("h3", t("lesson.changed", n=f"{lesson.records:,}", seconds=f"{lesson.seconds:.1f}"))
        if lesson.transaction:
            with box("p"):
                text("span", t("lesson.place", place=f"{lesson.place:,}"))
                link(f" {lesson.transaction}", path_of(lesson.transaction))
        table([t(key) for key in _COLUMNS], [(each.what, each.before, each.after) for each in lesson.changes], "mono")
        text("h3", t("lesson.found"))
        if not lesson.alone:
            text("p", t("lesson.alone"), "verdict bad")
        if lesson.findings:
            text("p", t("lesson.kept" if not lesson.alone else "lesson.seen"), "verdict good")
            show_findings(t, lesson.findings)
        text("p", t("lesson.untouched"), "quiet")


def _taught(exchange: Exchange, kind: str, show: Progress) -> Lesson:
    return teach(kind, exchange.folder, own_keys(exchange.folder), show)
