"""The signed checkpoints, and the proof that the ledger has only grown since an older one."""

import time
from typing import Any

from nicegui import ui

from console.pages.ledger.keys import own_keys
from console.parts import Field, box, button, choice, field, section, table, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.ledger.checkpoint import Checkpoint, NoteRefused
from ndxp.ledger.merkle import ProofRefused
from ndxp.ledger.verification import Grown, LedgerDamaged, followed, only_grown, refuse_damage

_LATEST, _BEFORE = 10, 200
_AGES = (("checkpoints.week", 7 * 86_400), ("checkpoints.day", 86_400), ("checkpoints.hour", 3600))
_COLUMNS = ("checkpoints.number", "checkpoints.size", "checkpoints.root")
_LONGEST = 20_000


class Checkpoints:
    """The part of the page."""

    def __init__(self, view: View) -> None:
        self._view, self._t = view, view.texts
        self._notes: dict[str, str] = {}
        with section(self._t("checkpoints")):
            self._latest = box("div")
        with section(self._t("grown")):
            text("p", self._t("grown.note"), "quiet")
            self._older = box("div")
            self._pasted: Field = field(self._t("grown.paste"), tag="textarea")
            self._pasted.props("rows=6 spellcheck=false")
            self._pasted.classes("paste mono")
            button(self._t("grown.check_pasted"), lambda: view.guarded(lambda: self._check(self._pasted.value)))
            self._verdict = box("div")

    async def fill(self) -> None:
        """Shows the latest checkpoints, and offers older ones to compare with."""
        state, latest, older = await self._view.exchange.ask(_found)
        self._latest.clear()
        with self._latest:
            if damage := state.get("damage"):
                text("p", "; ".join(damage), "verdict bad").props("lang=en")
            elif not state["checkpoint"]:
                text("p", self._t("checkpoints.none"), "quiet")
            else:
                self._show(state["checkpoint"], latest)
        self._notes = dict(older)
        self._older.clear()
        if older:
            with self._older, box("div", "line"):
                chosen = choice(self._t("grown.older"), [(key, self._words(key, note)) for key, note in older],
                                older[0][0])  # fmt: skip
                check = lambda: self._check(self._notes.get(chosen.value, ""))  # noqa: E731
                button(self._t("grown.check"), lambda: self._view.guarded(check), "primary")

    def _words(self, key: str, note: str) -> str:
        return self._t(key, n=f"{Checkpoint.parse(note).size:,}")

    def _show(self, note: str, latest: list[str]) -> None:
        t = self._t
        text("p", t("checkpoints.latest", n=f"{Checkpoint.parse(note).size:,}"))
        text("pre", note).props("tabindex=0")
        button(t("checkpoints.keep"), lambda: ui.download(note.encode(), "ledger.checkpoint"))
        text("p", t("checkpoints.why"), "quiet")
        with box("details"):
            text("summary", t("checkpoints.before", n=len(latest)))
            parsed = [Checkpoint.parse(each) for each in reversed(latest)]
            rows = [(str(each.number or "–"), f"{each.size:,}", each.root.hex()) for each in parsed]
            table([t(key) for key in _COLUMNS], rows, "mono")

    async def _check(self, note: str) -> None:
        """Proves that the ledger adds to the one of a checkpoint, or says why that cannot be proven."""
        self._verdict.clear()
        given = note.strip()[:_LONGEST] + "\n"
        try:
            grown = await self._view.exchange.ask(lambda api: _grown(api, self._view, given))
        except (NoteRefused, ProofRefused, LedgerDamaged) as error:
            with self._verdict:
                text("p", self._t("grown.bad", why=error), "verdict bad").props("role=status")
            return
        with self._verdict:
            good = self._t("grown.good", old=f"{grown.before.size:,}", new=f"{grown.now.size:,}")
            text("p", good, "verdict good").props("role=status")


def _grown(api: AdminApi, view: View, note: str) -> Grown:
    return only_grown(api, followed(api, own_keys(view.exchange.folder)), note)


def _found(api: AdminApi) -> tuple[dict[str, Any], list[str], list[tuple[str, str]]]:
    """The state of the ledger, its latest checkpoints, and older ones by the keys of their names."""
    state = api.get("/ledger")
    try:
        refuse_damage(state)
    except LedgerDamaged:
        return state, [], []
    latest = api.get("/ledger/checkpoints", after=max(0, state["size"] - _BEFORE), limit=_BEFORE)
    return state, [note for _, note in latest[-_LATEST:]], _older(api)


def _older(api: AdminApi) -> list[tuple[str, str]]:
    """The first checkpoint over what was there a week, a day and an hour ago, and the first of all."""
    older = {}
    for key, age in _AGES:
        there = api.get("/transactions", until=int((time.time() - age) * 1e6), limit=1)
        if there and (note := _after(api, there[0]["seq"] - 1)):
            older[key] = note
    if note := _after(api, 0):
        older["checkpoints.first"] = note
    return list(older.items())


def _after(api: AdminApi, place: int) -> str:
    """The first checkpoint over more records than these."""
    found = api.get("/ledger/checkpoints", after=place, limit=1)
    return str(found[0][1]) if found else ""
