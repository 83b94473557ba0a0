"""The page of people: a citizen of the synthetic nation, what agencies have of him, who asked, and what happens."""

from typing import Any

from nicegui import ui

from console.exchange import Exchange
from console.nation import nation
from console.pages.people.agencies import Agencies
from console.pages.people.chooser import Chooser
from console.pages.people.events import Events
from console.pages.people.inquiries import Inquiries
from console.pages.people.record import show_differences, show_family, show_life, show_record
from console.parts import box, text
from console.shell import View, shell
from ndxp.world import Citizen

PATH = "/people"


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def people() -> None:
        with shell(exchange, PATH, "menu.people") as view:
            text("p", view.texts("people.synthetic"), "notice")
            page = _People(view)
            view.load(page.show)


class _People:
    """The page while it is open. Who is shown is kept in the session, and never in a URL."""

    def __init__(self, view: View) -> None:
        self._view = view
        Chooser(view, self.choose)
        self._place = box("div")

    async def choose(self, citizen: Citizen) -> None:
        """Shows another citizen."""
        self._view.session.citizen = citizen.number
        await self.show()

    async def show(self) -> None:
        """Shows the citizen whom the session names."""
        citizen = nation().citizen(self._view.session.citizen)
        self._place.clear()
        if citizen is not None:
            with self._place:
                self._show(citizen)

    def _show(self, citizen: Citizen) -> None:
        view = self._view
        text("h2", citizen.full_name, "person")
        show_record(view, citizen)
        show_family(view, citizen, self.choose)
        show_differences(view, citizen)
        life = box("div")

        def tell(dossiers: list[Any]) -> None:
            life.clear()
            with life:
                show_life(view, citizen, dossiers)

        tell([])
        Agencies(view, citizen, tell)
        Events(view, citizen)
        Inquiries(view, citizen)
