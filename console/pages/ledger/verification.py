"""The verification of the whole ledger, in the background: how far it is, and what it has found."""

from collections.abc import Sequence
from typing import Any

from console.exchange import Exchange, Refused
from console.job import Job, Progress
from console.pages.ledger.keys import own_keys
from console.parts import box, button, section, table, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.ledger.audit import Audited, Finding
from ndxp.ledger.verification import REMEMBERED, RememberedRefused, followed, verify

_SHOWN = 50


class Running:
    """A job as a page shows it: a button that starts it, one that stops it, and how far it is."""

    def __init__(self, view: View, job: Job[Any]) -> None:
        self.view, self._t, self._job = view, view.texts, job
        self._shown: Any = None
        with box("div", "line"):
            self._bar = box("progress").props("max=1 value=0")
            self._bar.props["aria-label"] = self._t("job.progress")
            self._stop = button(self._t("job.stop"), job.stop)
        self._words = text("p", "", "count").props("role=status")
        self.place = box("div")

    def changed(self) -> bool:
        """Shows how far the job is. Returns whether it has ended since the last look, or was started anew."""
        job = self._job
        now = (job.running, job.stopped, job.done, job.all, job.failure, id(job.result))
        if now == self._shown:
            return False
        self._shown = now
        for each in (self._bar, self._stop):
            each.set_visibility(job.running)
        self._bar.props["value"] = str(job.done / job.all if job.all else 0)
        self._words.text = self._said()
        self.place.clear()
        return not job.running

    def _said(self) -> str:
        job = self._job
        if job.running:
            key = "job.rest" if job.done == job.all else "job.done"
            key = "job.stopping" if job.stopped else key if job.all else "job.start"
            return self._t(key, done=f"{job.done:,}", all=f"{job.all:,}")
        if job.stopped:
            return self._t("job.stopped")
        return self._t("job.failed", why=job.failure) if job.failure else ""


class Verification:
    """The part of the page."""

    def __init__(self, view: View, job: Job[Audited]) -> None:
        self._t, self._job = view.texts, job
        with section(self._t("verify")):
            text("p", self._t("verify.note"), "quiet")
            button(self._t("verify.do"), lambda: job.start(lambda show: _verified(view.exchange, show)), "primary")
            self._running = Running(view, job)

    def look(self) -> None:
        """Shows how far the verification is, or its result."""
        if self._running.changed() and (audited := self._job.result) is not None:
            with self._running.place:
                self._show(audited)

    def _show(self, audited: Audited) -> None:
        for loss in audited.losses:
            text("p", loss, "verdict bad").props("lang=en")
        if audited.findings:
            text("p", self._t("verify.bad", n=f"{len(audited.findings):,}"), "verdict bad")
            show_findings(self._t, audited.findings)
        else:
            good = self._t("verify.good", n=f"{audited.size:,}", checkpoints=f"{audited.checkpoints:,}")
            text("p", good, "verdict good")
            if audited.first > 1:
                text("p", self._t("verify.removed", n=f"{audited.first - 1:,}"), "quiet")
        for what in audited.unchecked:
            text("p", self._t("verify.unchecked", what=what), "quiet")


def show_findings(texts: Any, findings: Sequence[Finding]) -> None:
    """What is wrong, and where."""
    rows = [(f"{each.place:,}" if each.place else "–", each.text) for each in findings[:_SHOWN]]
    with box("div").props("lang=en"):
        table([texts("verify.place"), texts("verify.what")], rows)
    if len(findings) > _SHOWN:
        text("p", texts("verify.more", n=f"{len(findings) - _SHOWN:,}"), "quiet")


def _verified(exchange: Exchange, show: Progress) -> Audited:
    """Verifies as `ndxp log verify` does, and remembers the checkpoint as it does."""

    def work(api: AdminApi) -> Audited:
        try:
            return verify(api, followed(api, own_keys(exchange.folder)), exchange.folder / REMEMBERED, show)
        except RememberedRefused as error:
            raise Refused(str(error)) from error

    return exchange.ask_alone(work)
