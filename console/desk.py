"""The desk of a pupil: the text of a lab, and beside it checks, hints, answers, and calls of the pupil's own."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from nicegui import ui

from console import own_call
from console.markdown import lesson
from console.own_call import Outcome, Trial
from console.parts import Cell, Choice, Field, Tick, box, button, choice, field, listed, section, table, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.errors import code_name
from ndxp.labs.course import Course, Result
from ndxp.language import speaker
from ndxp.terminal import moment

_CALLS = 12
_COLUMNS = ("column.time", "column.client", "column.method", "column.status", "column.ms", "lab.bytes", "column.id")
_SAMPLE = '{"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979-07-20"}'

_Given = TypeVar("_Given")


class Place(Protocol):
    """Where a lab is kept: a single user's run folder, or a group of a class. All raise Unanswered and Refused."""

    async def course(self, work: Callable[[Course], _Given]) -> _Given:
        """What a function of the course gives."""

    async def results(self, *, asked: bool) -> list[Result]:
        """What is done and what is not; ``asked`` says that the pupil has pressed the button.

        The same list again means that nothing has happened since.
        """

    async def reset(self) -> None:
        """The lab begins anew."""

    async def grant(self, body: dict[str, Any]) -> None:
        """Adds a grant for one of the lab's subsystems."""

    async def call(self, make: Callable[[AdminApi], _Given]) -> _Given:
        """What a function of the admin API gives, for a call as one of the lab's subsystems."""


class Desk:
    """The desk while its page is open. Use it within the page; ``fill`` shows the lab."""

    def __init__(self, view: View, place: Place) -> None:
        self._view, self._t, self._place = view, view.texts, place
        self._shown: Any = None
        self._known: list[str] | None = None
        self._results: list[Result] | None = None
        self._begun: Any = None
        self._filling = asyncio.Lock()
        with box("div", "desk"):
            self._left = box("div", "lesson")
            with box("div", "bench"):
                self._checks = box("div").props("aria-live=polite")
                self._hint = box("div").props("aria-live=polite")
                self._answers = box("div")
                self._trial = box("div")
                self._calls = box("div")

    async def fill(self, *, asked: bool = False) -> None:
        """Shows the lab and what is done of it, as far as that has changed; a lab that began anew is shown anew.

        ``asked`` says that the pupil wants to know.
        """
        async with self._filling:
            begun = await self._place.course(lambda course: (course.name, course.attempt.since, course.subsystems))
            if begun != self._begun:
                self._begun, self._shown, self._known, self._results = begun, None, None, None
                await self._tell(list(begun[2].items()))
            results = await self._place.results(asked=asked)
            if results is not self._results:
                self._results = results
                await self._show(results)

    async def _tell(self, roles: list[tuple[str, str]]) -> None:
        """The text at the left, and the forms at the right, which have the subsystems of the lab."""
        text_of, fill, tasks = await self._place.course(lambda course: (course.text, course.filled, course.tasks))
        for part in (self._left, self._checks, self._hint, self._answers, self._trial, self._calls):
            part.clear()
        with self._left:
            text("h2", text_of.title)
            lesson(fill(text_of.introduction))
            for number, task in enumerate(text_of.tasks, 1):
                with section(f"{number}. {task.title}"):
                    lesson(fill(task.body))
        with self._answers, section(self._t("lab.answers")):
            with box("div", "line"):
                chosen = choice(self._t("lab.task"), [(each, each) for each in tasks], tasks[0])
                typed = field(self._t("lab.answer"))
                button(self._t("lab.answer.do"), lambda: self._view.guarded(partial(self._answer, chosen, typed)))
        with self._trial:
            self._form(roles)
            self._form_of_grants(roles)

    async def _show(self, results: list[Result]) -> None:
        language = self._view.session.language
        now = [(each.task, each.text.title, each.verdict.done, each.verdict.why.get(language, "")) for each in results]
        if now != self._shown:
            self._shown = now
            await self._judge(now)
        await self._latest()

    async def _judge(self, now: list[tuple[str, str, bool, str]]) -> None:
        """The tasks with what their checks say."""
        filled = await self._place.course(lambda course: [course.filled(why) for *_, why in now])
        self._checks.clear()
        with self._checks, section(self._t("lab.checks")):
            with box("ol", "way"):
                for (task, title, done, _), why in zip(now, filled, strict=True):
                    with box("li", "passed" if done else "open"):
                        text("span", "✓" if done else "·", "mark").props["aria-hidden"] = "true"
                        with box("div"):
                            with box("div", "step"):
                                text("strong", title)
                                text("span", self._t("lab.done" if done else "lab.open"), "decision")
                            text("p", f"{task}: {why}", "quiet")
            with box("div", "line"):
                button(self._t("lab.check"), lambda: self._view.guarded(self._check), "primary")
                button(self._t("lab.hint"), lambda: self._view.guarded(self._help))
                if all(done for *_, done, _ in now):
                    button(self._t("lab.explain"), lambda: self._view.guarded(self._explain))
                button(self._t("lab.reset"), lambda: self._view.guarded(self._reset))

    async def _latest(self) -> None:
        """The calls of the lab's subsystems, the latest first."""

        def records(course: Course) -> list[dict[str, Any]]:
            place = course.workplace(once=True)
            found = [dict(record) for role in place.subsystems for record in place.records(role)]
            return sorted(found, key=lambda record: int(record["seq"]), reverse=True)[:_CALLS]

        found = await self._place.course(records)
        ids = [record["transaction_id"] for record in found]
        if ids == self._known:
            return
        self._known = ids
        self._calls.clear()
        with self._calls, section(self._t("lab.calls")):
            if not found:
                text("p", self._t("lab.calls.none"), "quiet")
                return
            table([self._t(key) for key in _COLUMNS], [_row(record) for record in found])

    async def _check(self) -> None:
        await self.fill(asked=True)

    async def _help(self) -> None:
        found = await self._place.course(
            lambda course: (hint[0].task, course.filled(hint[1])) if (hint := course.hint()) else None
        )
        self._hint.clear()
        with self._hint, section(self._t("lab.hint")):
            if found is None:
                text("p", self._t("lab.all"))
            else:
                text("p", found[0], "quiet")
                lesson(found[1])

    async def _explain(self) -> None:
        found = await self._place.course(lambda course: course.explanation())
        self._hint.clear()
        with self._hint, box("section", "part"):
            lesson(found)

    async def _answer(self, task: Choice, typed: Field) -> None:
        await self._place.course(lambda course: course.answer(task.value, typed.value[:1000]))
        await self._check()

    async def _reset(self) -> None:
        await self._place.reset()
        await self.fill()

    def _form(self, roles: list[tuple[str, str]]) -> None:
        """A call as one of the lab's subsystems."""
        subsystems = [(name, f"{role}: {name}") for role, name in roles]
        with section(self._t("trial")):
            with box("div", "line"):
                client = choice(self._t("trial.client"), subsystems, roles[0][1])
                method = field(self._t("trial.method"), "VerifyCitizen")
                method.props("spellcheck=false autocapitalize=off")
            with box("label", "wide-field"):
                text("span", self._t("trial.request"))
                request = Field(_SAMPLE, "textarea")
                request.props("rows=6 spellcheck=false")
            with box("div", "line"):
                purpose = field(self._t("trial.purpose"))
                provider = field(self._t("trial.provider"))
                deadline = field(self._t("trial.deadline"), "10")
            with box("div", "line"):
                with box("label", "tick"):
                    again = Tick(False)
                    text("span", self._t("trial.again"))
                button(
                    self._t("trial.send"),
                    lambda: self._view.guarded(
                        lambda: self._send(
                            Trial(
                                client=client.value, method=method.value, request=request.value,
                                provider=provider.value.strip(), purpose=purpose.value.strip(),
                                deadline=_seconds(deadline.value), again=again.value,
                            )
                        )
                    ),
                    "primary",
                )  # fmt: skip
            self._came = box("div").props("aria-live=polite")

    def _form_of_grants(self, roles: list[tuple[str, str]]) -> None:
        subsystems = [(name, f"{role}: {name}") for role, name in roles]
        with box("section", "part"), box("details"):
            text("summary", self._t("lab.grant"))
            text("p", self._t("rights.add.note"), "quiet")
            with box("div", "line"):
                consumer = choice(self._t("grant.consumer"), subsystems, roles[0][1])
                provider = field(self._t("grant.provider"), "VN/GOV/G01/population")
                contract = field(self._t("rights.service"), "ndxp.population.v1.PopulationService")
                methods = field(self._t("grant.methods"), "GetCitizen")
            with box("div", "line"):
                purposes, fields = field(self._t("grant.purposes")), field(self._t("grant.fields"))
                until = field(self._t("grant.valid_until"))

                def body() -> dict[str, Any]:
                    return {
                        "consumer": consumer.value, "provider": provider.value, "contract": contract.value,
                        "methods": listed(methods.value), "purposes": listed(purposes.value),
                        "fields": listed(fields.value), "valid_until": until.value.strip(),
                    }  # fmt: skip

                button(self._t("rights.add.do"), lambda: self._view.guarded(lambda: self._grant(body())))

    async def _grant(self, body: dict[str, Any]) -> None:
        await self._place.grant({name: value for name, value in body.items() if value})
        ui.notify(self._t("lab.granted"))

    async def _send(self, asked: Trial) -> None:
        if asked.client not in self._begun[2].values():  # the lab has begun anew meanwhile
            await self.fill()
            return
        self._came.clear()
        with self._came:
            text("p", self._t("trial.waiting"), "quiet")
        outcome = None
        try:
            outcome = await self._place.call(lambda api: own_call.call(api, asked))
        finally:
            self._came.clear()
            if outcome is not None:
                with self._came:
                    _tell(self._view, outcome)
        await self.fill()


def _tell(view: View, outcome: Outcome) -> None:
    """An answer, or a refusal with what can be done about it."""
    failure = outcome.failure
    if failure is None:
        text("p", f"OK · {outcome.transaction}", "verdict good")
        text("pre", outcome.answer, "fence").props("tabindex=0")
        if outcome.withheld:
            text("p", view.texts("trial.withheld", fields=outcome.withheld), "quiet")
        return
    text("p", f"{failure.code.name} {failure.reason} · {failure.transaction_id}", "verdict bad")
    vietnamese = view.session.language == "vi" and failure.message_vi
    text("p", failure.message_vi if vietnamese else failure.message)
    say = speaker(view.session.language)
    if failure.hop:
        text("p", say(failure.hop), "quiet")
    if failure.remedy:
        with box("p"):
            text("strong", view.texts("way.remedy"))
            text("span", say(failure.remedy))


def _row(record: dict[str, Any]) -> list[Cell]:
    code = code_name(record["status_code"])
    took = (record["response_out_ts"] or record["request_in_ts"]) - record["request_in_ts"]
    return [
        moment(record["request_in_ts"]), record["client"].rpartition("/")[2], record["method"].rpartition("/")[2],
        f"{code} {record['reason']}".strip(), f"{took / 1000:.1f}", str(record["response_size"]),
        record["transaction_id"],
    ]  # fmt: skip


def _seconds(typed: str) -> float:
    """A deadline in seconds, the longest one for what is none."""
    try:
        seconds = float(typed)
    except ValueError:
        return own_call.LONGEST
    return seconds if 0 < seconds <= own_call.LONGEST else own_call.LONGEST
