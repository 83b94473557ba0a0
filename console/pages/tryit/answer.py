"""How a call went, on a page: its answers as they come, what was withheld and why, or why it was refused."""

import json
from typing import Any
from urllib.parse import urlencode

from console.pages.transactions import path_of
from console.parts import box, button, facts, link, text
from console.shell import View
from console.trial import Call
from ndxp.calling import Said
from ndxp.language import speaker
from ndxp.wire import metadata, status

_MOST_LETTERS = 100_000


class Answer:
    """The place where a call is shown; it is drawn anew with each answer."""

    def __init__(self, view: View, call: Call) -> None:
        self._view, self._t, self._call = view, view.texts, call
        self._place = box("div", "answer")
        with self._place:
            self._state = text("p", "", "verdict").props("role=status")
            with box("div", "actions"):
                self._stop = button(self._t("try.stop"), call.stop, "danger")
            self._answers, self._end = box("div", "answers-list"), box("div")
        self._shown = 0
        self._letters = 0
        self.show()

    def show(self) -> None:
        """Shows what is known of the call now."""
        call = self._call
        ended = call.seconds is not None
        self._stop.set_visibility(not ended)
        self._state.text = self._told()
        good = call.failure is None
        self._state.classes(replace=f"verdict {'good' if good else 'bad'}" if ended else "verdict")
        with self._answers:
            for number, answer in enumerate(call.answers[self._shown :], self._shown + 1):
                self._add(number, answer)
        self._shown = len(call.answers)
        if ended:
            with self._end:
                if call.failure is not None:
                    self._refusal(call.failure)
                else:
                    self._released(call.said)

    def _told(self) -> str:
        call = self._call
        if call.seconds is None:
            return self._t("try.running", n=len(call.answers))
        if call.failure is not None:
            say = speaker(self._view.session.language)
            at = say(call.failure.hop or call.failure.origin) or self._t("try.here")
            return self._t("try.refused", what=call.outcome, where=at)
        ms = f"{call.seconds * 1000:.0f}"
        if call.stopped or call.cut:
            return self._t("try.cut" if call.cut else "try.stopped", n=len(call.answers), ms=ms)
        return self._t("try.answered", n=len(call.answers), ms=ms)

    def _add(self, number: int, answer: Any) -> None:
        words = json.dumps(answer, ensure_ascii=False, indent=2)
        self._letters += len(words)
        if self._letters > _MOST_LETTERS:
            words = f"{words[: max(0, _MOST_LETTERS - self._letters + len(words))]} …"
        if self._call.question.method.server_streaming:
            text("h4", self._t("try.answer.number", n=number))
        text("pre", words, "json").props("tabindex=0")

    def _released(self, said: Said) -> None:
        if said.withheld:
            fields = [name for name in said.withheld if name != metadata.MORE]
            more = self._t("try.withheld.more") if metadata.MORE in said.withheld else ""
            with box("div", "withheld"):
                text("p", self._t("try.withheld", grant=said.grant))
                text("p", f"{', '.join(fields)}{more}", "id")
        self._facts(said.transaction_id, said.grant, said.fault)

    def _refusal(self, failure: status.Failure) -> None:
        messages = [(failure.message, "en"), (failure.message_vi, "vi")]
        if self._view.session.language == "vi":
            messages.reverse()
        for words, language in messages:
            if words:
                text("p", words).props(f"lang={language}")
        if failure.field:
            text("p", self._t("try.field", field=failure.field))
        if failure.remedy and not failure.fault:
            with box("p", "remedy"):
                text("strong", self._t("way.remedy"))
                text("span", speaker(self._view.session.language)(failure.remedy))
        self._facts(failure.transaction_id, "", failure.fault)

    def _facts(self, transaction: str, grant: str, fault: str) -> None:
        def shown() -> None:
            link(transaction, path_of(transaction))

        def rights() -> None:
            asked = self._call.question
            service = f"{asked.method.containing_service.full_name} {asked.provider}".strip()
            link(grant, f"/rights?{urlencode({'service': service})}")

        facts(
            [
                (self._t("try.transaction"), shown if transaction else self._t("try.transaction.none")),
                (self._t("way.grant"), rights if grant else ""),
                (self._t("column.fault"), fault),
            ]
        )
