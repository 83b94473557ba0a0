"""Who asked about a citizen and why, as the citizen himself may see it; the ledger has no number, only a keyed hash."""

from functools import partial
from typing import Any

from console.exchange import Refused
from console.pages.transactions import path_of
from console.parts import Cell, box, button, link, section, table, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.errors import code_name
from ndxp.ledger.asked import Asked, asked_about
from ndxp.subject import SubjectKeyMissing
from ndxp.terminal import moment
from ndxp.world import Citizen

_MOST = 200
_PATIENCE = 20.0
_COLUMNS = ("column.time", "inquiries.who", "search.user_id", "column.method", "search.purpose", "column.status",
            "column.id")  # fmt: skip
_WRONG = {"changed": "ledger.changed", "unproven": "ledger.unproven"}


class Inquiries:
    """The part of the page."""

    def __init__(self, view: View, citizen: Citizen) -> None:
        self._view, self._t, self._citizen = view, view.texts, citizen
        with section(self._t("inquiries")):
            text("p", self._t("inquiries.note"), "quiet")
            if view.exchange.role == "viewer":
                text("p", self._t("inquiries.role"), "quiet")
                return
            button(self._t("inquiries.do"), lambda: view.guarded(self._look), "primary")
            self._place = box("div")

    async def _look(self) -> None:
        self._place.clear()
        with self._place:
            text("p", self._t("transactions.loading"), "quiet")
        try:
            asked = await self._view.exchange.ask(self._asked)
        finally:
            if not self._place.is_deleted:  # somebody else is shown now
                self._place.clear()
        if not self._place.is_deleted:
            with self._place:
                self._show(asked)

    def _asked(self, api: AdminApi) -> Asked:
        try:
            return asked_about(api, self._citizen.number, _MOST, patience=_PATIENCE)
        except SubjectKeyMissing as error:
            raise Refused(str(error)) from error

    def _show(self, asked: Asked) -> None:
        if asked.unlisted:
            text("p", self._t("inquiries.unlisted", n=asked.unlisted), "verdict bad")
        words = self._t("inquiries.found", n=len(asked.records)) if asked.records else self._t("inquiries.none")
        text("p", words, "count").props("role=status")
        if asked.more:
            text("p", self._t("inquiries.more", n=_MOST), "quiet")
        if not asked.complete:
            text("p", self._t("inquiries.incomplete", n=f"{_PATIENCE:g}"), "quiet")
        if asked.records:
            table([self._t(key) for key in _COLUMNS], [self._row(record) for record in asked.records], "one-line")

    def _row(self, record: dict[str, Any]) -> list[Cell]:
        wrong = _WRONG.get(record["proof"])
        answer = self._t(wrong) if wrong else record["reason"] or code_name(record["status_code"])
        return [
            moment(record["request_in_ts"]), record["client"], record["user_id"] or "–",
            record["method"].rpartition("/")[2], record["purpose"] or "–", answer,
            partial(link, record["transaction_id"], path_of(record["transaction_id"])),
        ]  # fmt: skip
