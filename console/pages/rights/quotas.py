"""Quotas on the page of rights: how much each consumer may call and has called, and how the operator changes it."""

from functools import partial
from typing import Any
from urllib.parse import quote

from nicegui.elements.mixins.text_element import TextElement

from console.pages import transactions
from console.parts import Cell, Field, box, button, field, link, section, table, text
from console.shell import View

_COLUMNS = (
    "column.client", "quota.rate", "quota.burst", "quota.daily", "quota.in_flight", "quota.left", "quota.today",
)  # fmt: skip
_LIMITS = {"rate": "quota.rate", "burst": "quota.burst", "daily": "quota.daily", "in_flight": "quota.in_flight"}
_DEFAULT = "default"
_LONGEST = 15


class Quotas:
    """The quotas while the page is open. Rows that are there already are not made anew: somebody may have the focus."""

    def __init__(self, view: View) -> None:
        self._view, self._t = view, view.texts
        self._changes = view.exchange.role == "operator"
        self._cells: dict[tuple[str, bool], list[TextElement]] = {}
        with section(self._t("quotas")):
            self._table = box("div")
            if self._changes:
                self._form()

    async def show(self) -> None:
        """Shows all quotas, and how much of each is used."""
        found = {(each["consumer"], each["own"]): each for each in await self._view.exchange.get("/quotas")}
        if list(found) != list(self._cells):
            self._draw(found)
        for key, quota in found.items():
            for cell, words in zip(self._cells[key], self._words(quota), strict=True):
                cell.text = words

    def _draw(self, found: dict[tuple[str, bool], dict[str, Any]]) -> None:
        self._table.clear()
        self._cells = {key: [] for key in found}
        names = [*(self._t(key) for key in _COLUMNS), *([self._t("quotas.change")] if self._changes else [])]
        with self._table:
            table(names, [self._row(*key) for key in found])

    def _row(self, consumer: str, own: bool) -> list[Cell]:
        name: Cell = consumer
        if consumer != _DEFAULT:
            name = partial(link, consumer, f"{transactions.PATH}?client={quote(consumer)}")
        cells = self._cells[(consumer, own)]
        row = [name, *([lambda: cells.append(text("span", ""))] * (len(_COLUMNS) - 1))]
        if self._changes:
            row.append(partial(self._buttons, consumer, removable=own and consumer != _DEFAULT))
        return row

    def _buttons(self, consumer: str, *, removable: bool) -> None:
        with box("div", "actions"):
            choose = button(self._t("quotas.choose"), partial(self._choose, consumer))
            choose.props["aria-label"] = f"{self._t('quotas.choose')} {consumer}"
            if removable:
                remove = partial(self._view.guarded, partial(self._remove, consumer))
                button(self._t("quotas.remove"), remove).props["aria-label"] = f"{self._t('quotas.remove')} {consumer}"

    def _words(self, quota: dict[str, Any]) -> list[str]:
        left, today = ("–" if quota[name] is None else f"{quota[name]:,}" for name in ("left", "today"))
        daily = f"{quota['daily']:,}" if quota["daily"] else self._t("quotas.none")
        return [f"{quota['rate']:g}", f"{quota['burst']:,}", daily, f"{quota['in_flight']:,}", left, today]

    def _form(self) -> None:
        with box("details") as self._details:
            text("summary", self._t("quotas.set"))
            with box("div", "line"):
                self._consumer = field(self._t("grant.consumer"))
                self._limits: dict[str, Field] = {name: field(self._t(key)) for name, key in _LIMITS.items()}
                for limit in self._limits.values():
                    limit.props("inputmode=decimal")
                button(self._t("quotas.set.do"), self._set, "primary")
            text("p", self._t("quotas.set.note"), "quiet")
            self._wrong = text("p", "", "verdict bad").props("role=alert")
            self._wrong.set_visibility(False)

    def _choose(self, consumer: str) -> None:
        """Opens the form for a consumer."""
        self._consumer.show(consumer)
        self._details.props("open")

    async def _set(self) -> None:
        given = {name: limit.value.strip() for name, limit in self._limits.items() if limit.value.strip()}
        wrong = self._complaint(given)
        self._wrong.text = wrong
        self._wrong.set_visibility(bool(wrong))
        if not wrong:
            changes = {name: float(value) if name == "rate" else int(value) for name, value in given.items()}
            body = {"consumer": self._consumer.value.strip(), **changes}
            if await self._view.guarded(lambda: self._view.exchange.send("PUT", "/quotas", body=body)):
                for limit in self._limits.values():
                    limit.show("")
                await self._view.guarded(self.show)

    def _complaint(self, given: dict[str, str]) -> str:
        """The first of what is wrong with what was typed. The exchange says which numbers are too small or large."""
        if not self._consumer.value.strip():
            return self._t("quotas.no_consumer")
        for name, value in given.items():
            whole, _, part = value.partition(".")
            bad = not whole.isdecimal() or (part and (name != "rate" or not part.isdecimal()))
            if bad or len(value) > _LONGEST:
                return self._t("quotas.no_number", what=self._t(_LIMITS[name]), given=value[:20])
        return "" if given else self._t("quotas.no_limit")

    async def _remove(self, consumer: str) -> None:
        await self._view.exchange.send("DELETE", "/quotas", query={"consumer": consumer})
        await self.show()
