"""What each agency has of a citizen: asked through the gateway when somebody presses the button, as real calls."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from console.calls import Answer, Question, ask
from console.pages.people.questions import APPLICATIONS, DOSSIERS, questions
from console.pages.transactions import path_of
from console.parts import box, button, facts, link, section, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.clock import moment_of
from ndxp.one_stop.v1 import one_stop_pb2
from ndxp.passports.v1 import passports_pb2
from ndxp.world import Citizen

_LINES, _MOST = 10, 200
_LONGEST = 300
_CAPITAL = re.compile("(?<=[a-z])(?=[A-Z])")


class Agencies:
    """The part of the page; ``told`` gets the dossiers of the citizen that agencies know, with their days."""

    def __init__(self, view: View, citizen: Citizen, told: Callable[[list[tuple[date, str]]], None]) -> None:
        self._view, self._t, self._told = view, view.texts, told
        self._questions = questions(citizen)
        with section(self._t("agencies")):
            text("p", self._t("agencies.note"), "quiet")
            if view.exchange.role != "operator":
                text("p", self._t("agencies.role"), "quiet")
                return
            ask_all = self._t("agencies.do", n=len(self._questions))
            self._button = button(ask_all, lambda: view.guarded(self._ask_all), "primary")
            self._progress = text("p", "", "count").props("role=status")
            self._answers = box("div", "scenarios")
            text("p", self._t("agencies.unasked"), "quiet")

    async def _ask_all(self) -> None:
        """Asks one agency after the other; each answer is shown when it comes."""
        self._button.props.set_bool("disabled", True)
        self._answers.clear()
        dossiers: list[tuple[date, str]] = []
        try:
            for number, (key, question) in enumerate(self._questions.items(), 1):
                self._progress.text = self._t("agencies.progress", n=number, all=len(self._questions))
                answer = await self._view.exchange.ask(partial(_asked, question))
                if self._answers.is_deleted:  # somebody else is shown now
                    return
                with self._answers:
                    self._show(self._t(key), question, answer)
                if answer.message is not None:
                    dossiers += self._dossiers(key, answer.message)
        finally:
            if not self._button.is_deleted:
                self._button.props.set_bool("disabled", False)
        self._progress.text = self._t("agencies.asked", n=len(self._questions))
        self._told(dossiers)

    def _show(self, title: str, question: Question, answer: Answer) -> None:
        t = self._t
        with box("article", "card"):
            text("h3", title)
            text("p", t("agencies.as", member=question.member, method=question.method.name), "quiet")
            if question.purpose:
                text("p", f"{t('search.purpose')}: {question.purpose}", "quiet")
            if answer.failure:
                text("p", answer.failure, "verdict bad").props("lang=en")
            else:
                lines = _lines(answer.shown)
                if not any(value for _, value in lines):
                    text("p", t("agencies.nothing"))
                facts((name, value[:_LONGEST]) for name, value in lines[:_LINES])
                if len(lines) > _LINES:
                    with box("details"):
                        text("summary", t("agencies.more", n=len(lines) - _LINES))
                        facts((name, value[:_LONGEST]) for name, value in lines[_LINES:_MOST])
                if answer.withheld:
                    text("p", t("agencies.withheld", fields=", ".join(answer.withheld)), "quiet")
            if answer.transaction:
                link(t("agencies.transaction"), path_of(answer.transaction))

    def _dossiers(self, key: str, message: Any) -> list[tuple[date, str]]:
        """The dossiers in an answer, for the time line."""
        if key == DOSSIERS:
            return [
                (_day(each.received_at), self._t("life.dossier", code=each.code,
                                                 state=_state(one_stop_pb2.DossierState.Name(each.state))))
                for each in message.dossiers
            ]  # fmt: skip
        if key == APPLICATIONS:
            return [
                (_day(each.submitted_at), self._t("life.passport", code=each.application_id,
                                                  state=_state(passports_pb2.ApplicationState.Name(each.state))))
                for each in message.applications
            ]  # fmt: skip
        return []


def _asked(question: Question, api: AdminApi) -> Answer:
    return ask(api.state, question)


def _state(name: str) -> str:
    """The name of a state in the contract as words."""
    return name.rpartition("STATE_")[2].replace("_", " ").lower()


def _day(at: Any) -> date:
    return moment_of(at.ToMicroseconds()).date()


def _lines(value: Any, name: str = "") -> list[tuple[str, str]]:
    """A message in JSON as lines: the path of a field, and its value. Empty texts and lists are left out.

    The name of a message that is all of the answer says nothing, and is left out too.
    """
    if isinstance(value, dict):
        [inner, *others] = [part for part in value.values() if part not in ("", None, [])] or [None]
        if not name and not others and isinstance(inner, dict):
            return _lines(inner)
        return [line for key, part in value.items() for line in _lines(part, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list):
        return [line for at, part in enumerate(value, 1) for line in _lines(part, f"{name} {at}")]
    return [(_words(name), str(value))] if value not in ("", None) else []


def _words(path: str) -> str:
    """The end of a field's path as words, so that a long name finds places to break."""
    return _CAPITAL.sub(" ", " › ".join(path.split(".")[-2:])).lower()
