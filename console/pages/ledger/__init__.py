"""The page of the ledger: its growth, checkpoints and keys, its verification, and a lesson on a copy of it."""

from nicegui import ui

from console.exchange import Exchange
from console.job import Job
from console.pages.ledger.checkpoints import Checkpoints
from console.pages.ledger.growth import Growth
from console.pages.ledger.keys import show_keys
from console.pages.ledger.lesson import LessonPart
from console.pages.ledger.verification import Verification
from console.parts import section, text
from console.shell import View, shell
from console.tampering import Lesson
from ndxp.ledger.audit import Audited

PATH = "/ledger"

_COUNT_EVERY = 5.0
_LOOK_EVERY = 0.5


def add(exchange: Exchange) -> None:
    """Adds the page. Verifications and lessons run once for all who look."""
    verifying, teaching = Job[Audited](), Job[Lesson]()

    @ui.page(PATH)
    def ledger() -> None:
        with shell(exchange, PATH, "menu.ledger") as view:
            growth = Growth(view)
            view.load(growth.fill)
            view.every(_COUNT_EVERY, growth.fill)
            if exchange.role == "viewer":
                with section(view.texts("checkpoints")):
                    text("p", view.texts("inquiries.role"), "quiet")
                return
            _parts(view, verifying, teaching)


def _parts(view: View, verifying: Job[Audited], teaching: Job[Lesson]) -> None:
    """What is for the auditor and the operator."""
    checkpoints = Checkpoints(view)
    view.load(checkpoints.fill)
    jobs = Verification(view, verifying), LessonPart(view, teaching)
    show_keys(view)
    for each in jobs:
        each.look()
        ui.timer(_LOOK_EVERY, each.look)
