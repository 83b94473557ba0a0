"""The page of the operations centre, after Hà Nam's: provinces on a map, their figures, and their rank."""

from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from console.exchange import Exchange
from console.figures import Centre, Figures
from console.pages.operations.sheet import NAMES, level, sheet, words
from console.pages.operations.wall import Wall
from console.parts import Cell, box, button, link, section, table, text
from console.shell import View, shell
from console.tiles import tiles
from ndxp.emc.v1.emc_pb2 import Rank
from ndxp.sandbox.life import OPERATIONS
from ndxp.world.provinces import Province, provinces

PATH = "/operations"

_STYLE = Path(__file__).with_name("style.css")
_LOOK_EVERY = 10.0
_AGAIN = 5.0
_FIRST = "035"
_TOP = 10
_OF_RANKS = ("ops.place", "ops.member", "ops.calls.today", "ops.answered.today")


def add(exchange: Exchange) -> None:
    """Adds the page."""
    centre = Centre(exchange)
    by_code = {province.code: province for province in provinces()}

    @ui.page(PATH)
    def operations(request: Request) -> None:
        chosen = by_code.get(request.query_params.get("province", ""), by_code[_FIRST])
        name = request.query_params.get("figure", "")
        with shell(exchange, PATH, "menu.operations") as view:
            ui.add_css(_STYLE)
            page = _Operations(view, centre, chosen, name if name in NAMES else NAMES[0])
            view.load(page.look)
            view.every(_LOOK_EVERY, page.look)


class _Operations:
    """The page while it is open."""

    def __init__(self, view: View, centre: Centre, chosen: Province, measure: str) -> None:
        self._view, self._t, self._centre = view, view.texts, centre
        self._chosen, self._measure = chosen, measure
        self._shown: Figures | None = None
        self._wall = Wall(view, chosen)
        self._form()
        with box("div", "centre"):
            self._map, self._sheet = box("nav", "map part"), box("div")
        self._map.props["aria-label"] = self._t("ops.map")
        self._ranks = box("div")

    async def look(self, fresh: float | None = None) -> None:
        """Shows the figures that there are now; asks for new ones when they are older than so many seconds."""
        figures = await (self._centre.figures() if fresh is None else self._centre.figures(fresh))
        if figures is self._shown:
            return
        self._shown = figures
        self._show_map(figures)
        self._sheet.clear()
        with self._sheet, section(self._chosen.full_name):
            sheet(self._t, figures, self._chosen)
        self._show_ranks(figures)
        self._wall.show(figures)

    def _form(self) -> None:
        with box("form", "line").props(f"method=get action={PATH}"):
            box("input").props("type=hidden name=province").props["value"] = self._chosen.code
            with box("label"):
                text("span", self._t("ops.figure"))
                with box("select").props("name=figure"):
                    for name in NAMES:
                        option = text("option", self._t(name))
                        option.props["value"] = name
                        if name == self._measure:
                            option.props("selected")
            button(self._t("rights.show"), classes="primary")
            button(self._t("ops.wall"), self._wall.open)
            button(self._t("ops.again"), lambda: self._view.guarded(partial(self.look, _AGAIN)))
        text("p", self._t("ops.note", client=OPERATIONS), "quiet")

    def _show_map(self, figures: Figures) -> None:
        of = {each.code: figures.one(each, self._measure) for each in provinces()}
        most = max((figure.value or 0 for figure in of.values()), default=0)
        self._map.clear()
        with self._map:
            text("h2", self._t(self._measure))
            with box("div", "tiles"):
                for tile in tiles():
                    figure, province = of[tile.province.code], tile.province
                    said = self._t("ops.none") if figure.value is None else words(figure)
                    path = f"{PATH}?{urlencode({'province': province.code, 'figure': self._measure})}"
                    made = link("", path, f"tile level-{level(figure, most)}")
                    made.style(f"grid-row: {tile.row}; grid-column: {tile.column}")
                    made.props["aria-label"] = f"{province.name}: {said}"
                    made.props["title"] = f"{province.name}: {said}"
                    if province is self._chosen:
                        made.props("aria-current=true")
                    with made:
                        text("span", province.name, "name")
                        text("span", "–" if figure.value is None else words(figure), "value")
            text("p", self._t("ops.legend"), "quiet")

    def _show_ranks(self, figures: Figures) -> None:
        self._ranks.clear()
        with self._ranks, section(self._t("ops.ranking")):
            text("p", self._t("ops.ranking.note"), "quiet")
            with box("div", "columns"):
                for name, answer in figures.ranks.items():
                    with box("div"):
                        text("h3", self._t(name))
                        if answer.value is None:
                            text("p", self._t("ops.none"), "quiet")
                            text("p", answer.why, "quiet").props("lang=en")
                            continue
                        self._table(list(answer.value.ranks[:_TOP]))
                        with box("details"):
                            text("summary", self._t("ops.others", n=len(answer.value.ranks[_TOP:])))
                            self._table(list(answer.value.ranks[_TOP:]))
                        text("p", self._t("ops.asked", time=f"{answer.asked:%H:%M:%S}"), "quiet")

    def _table(self, ranks: list[Rank]) -> None:
        rows: list[tuple[Cell, ...]] = [
            (str(rank.place), rank.name, f"{rank.calls:,}", f"{rank.answered / rank.calls:.0%}" if rank.calls else "–")
            for rank in ranks
        ]
        table([self._t(key) for key in _OF_RANKS], rows)
