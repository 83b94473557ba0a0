"""What all pages have: title, menu, language, colours, and the message that the exchange does not answer."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui

from console.door import SESSION
from console.exchange import Exchange, Refused, Trouble, Unanswered
from console.parts import box, button, link, text
from console.sessions import Language, Session
from console.texts import LANGUAGES, Texts
from ndxp.language import speaking

STYLE = Path(__file__).with_name("style.css")
_MENU = (
    ("/live", "menu.live"),
    ("/transactions", "menu.transactions"),
    ("/try", "menu.try"),
    ("/rights", "menu.rights"),
    ("/people", "menu.people"),
    ("/ledger", "menu.ledger"),
    ("/faults", "menu.faults"),
    ("/load", "menu.load"),
    ("/operations", "menu.operations"),
    ("/health", "menu.health"),
    ("/labs", "menu.labs"),
    ("/class", "menu.class"),
)
_ROLES = {"viewer": "role.viewer", "auditor": "role.auditor", "operator": "role.operator"}
_LANGUAGES: dict[Language, str] = {"vi": "Tiếng Việt", "en": "English"}
_LOOK_EVERY = 2.0

Work = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class View:
    """A page that is open in a browser: its texts, its session, and the exchange."""

    exchange: Exchange
    session: Session
    texts: Texts
    _unfilled: list[Work] = field(default_factory=list)

    async def guarded(self, work: Work, told: set[str] | None = None) -> bool:
        """Does what asks the exchange. Shows a refusal, unless it was ``told`` already; returns whether it was done."""
        try:
            with speaking(self.session.language):
                await work()
        except Unanswered:  # the message at the top says it
            return False
        except Refused as refused:
            if told is None or str(refused) not in told:
                ui.notify(str(refused), type="negative", multi_line=True, close_button=self.texts("close"), timeout=0)
            if told is not None:
                told.add(str(refused))
            return False
        return True

    def load(self, work: Work) -> None:
        """Fills the page with what the exchange says: at once, or when it answers again."""
        ui.timer(0, lambda: self._fill(work), once=True)

    def every(self, seconds: float, work: Work) -> None:
        """Keeps a part of the page up to date. The same refusal is shown once."""
        told = set[str]()
        ui.timer(seconds, lambda: self.guarded(work, told), immediate=False)

    async def again(self) -> None:
        """Fills what could not be filled. What is there stays, with all that somebody has typed and found."""
        unfilled, self._unfilled = self._unfilled, []
        for work in unfilled:
            await self._fill(work)

    async def _fill(self, work: Work) -> None:
        if not await self.guarded(work):
            self._unfilled.append(work)


@contextmanager
def shell(exchange: Exchange, here: str, title: str) -> Iterator[View]:
    """A page below the path ``here`` of the menu; its title is a key of the texts."""
    session: Session = ui.context.client.request.scope[SESSION]
    view = View(exchange, session, Texts(session.language))
    ui.page_title(f"{view.texts(title)} · ndxp")
    dark = ui.dark_mode(session.dark)
    ui.add_css(STYLE)
    ui.add_head_html(f"<script>document.documentElement.lang = '{session.language}'</script>")
    with box("header", "top"):
        link(view.texts("skip"), "#content", "skip")
        text("span", "ndxp", "brand")
        with box("nav") as menu:
            menu.props["aria-label"] = view.texts("menu")
            for path, key in () if session.pupil else _MENU:
                entry = link(view.texts(key), path)
                if path == here:
                    entry.props("aria-current=page")
        with box("div", "choices"):
            role = "role.pupil" if session.pupil else _ROLES[exchange.role]
            text("span", view.texts(role), "role")
            for language in LANGUAGES:
                if language != session.language:
                    button(_LANGUAGES[language], partial(_speak, session, language)).props(f"lang={language}")
            button(view.texts("colours"), lambda: _turn(session, dark))
    _banner(view)
    with box("div", "page").props("id=content tabindex=-1"):  # Quasar has put all of the page into a `main`
        text("h1", view.texts(title))
        yield view
    with box("footer"):
        text("p", view.texts("synthetic"))


def _speak(session: Session, language: Language) -> None:
    session.language = language
    ui.navigate.reload()


def _turn(session: Session, dark: ui.dark_mode) -> None:
    """Light, dark, and what the browser wants, in turn."""
    session.dark = {None: True, True: False, False: None}[session.dark]
    dark.value = session.dark


def _banner(view: View) -> None:
    """The message that the exchange does not answer. When it answers again, what is missing on the page is filled."""
    with box("div", "trouble").props("role=alert") as banner:
        what = text("p", "")
    banner.set_visibility(False)
    before: list[Trouble | None] = [None]

    async def look() -> None:
        trouble = await view.exchange.trouble()
        if trouble is not None:
            what.text = view.texts(trouble.key, **trouble.values)
        banner.set_visibility(trouble is not None)
        recovered = before[0] is not None and trouble is None
        before[0] = trouble
        if recovered:
            await view.again()

    ui.timer(_LOOK_EVERY, look)
