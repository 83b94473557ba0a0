"""The wall: the figures of one province after the other in large letters over the whole screen."""

from typing import Any

from nicegui import ui

from console.figures import Figures
from console.pages.operations.sheet import sheet
from console.parts import box, button, text
from console.shell import View
from console.tiles import tiles
from ndxp.world.provinces import Province, provinces

_TURN_EVERY = 10.0
_STEPS = {"ArrowRight": 1, "ArrowLeft": -1}


class Wall:
    """The wall of a page, closed at first. Escape ends it; the arrows turn it by hand, and a button stops it."""

    def __init__(self, view: View, first: Province) -> None:
        self._t = view.texts
        self._at = provinces().index(first)
        self._figures: Figures | None = None
        self._screen = ui.fullscreen(on_value_change=self._screen_changed)
        self._timer = ui.timer(_TURN_EVERY, lambda: self._turn(1), active=False, immediate=False)
        self._keys = ui.keyboard(self._key, active=False, ignore=[])
        self._dialog = ui.dialog(value=False).props("maximized").on_value_change(self._opened_or_closed)
        self._dialog.props["aria-label"] = self._t("ops.wall")
        with self._dialog, box("div", "wall"):
            self._content = box("div", "wall-content")
            with box("div", "line"):
                button(self._t("ops.wall.before"), lambda: self._turn(-1))
                self._pause = button(self._t("ops.wall.pause"), self._stop_or_go)
                button(self._t("ops.wall.next"), lambda: self._turn(1))
                button(self._t("ops.wall.end"), self._dialog.close, "primary")

    def open(self) -> None:
        """Begins, with the province that is shown."""
        self._dialog.set_value(True)
        self._screen.enter()

    def show(self, figures: Figures) -> None:
        """Takes new figures."""
        self._figures = figures
        if self._dialog.value:
            self._turn(0)

    def _opened_or_closed(self, event: Any) -> None:
        self._timer.active = self._keys.active = bool(event.value)
        if event.value:
            self._pause.text = self._t("ops.wall.pause")
            self._turn(0)
        elif self._screen.value:
            self._screen.exit()

    def _screen_changed(self, event: Any) -> None:
        """Escape ends the browser's full screen first, and the wall with it."""
        if not event.value:
            self._dialog.close()

    def _key(self, event: Any) -> None:
        if event.action.keydown and event.key.name in _STEPS:
            self._turn(_STEPS[event.key.name])

    def _stop_or_go(self) -> None:
        self._timer.active = not self._timer.active
        self._pause.text = self._t("ops.wall.pause" if self._timer.active else "ops.wall.go")

    def _turn(self, step: int) -> None:
        """Shows the next province, or the one before."""
        if self._figures is None:
            return
        self._at = (self._at + step) % len(provinces())
        province = provinces()[self._at]
        self._content.clear()
        with self._content:
            with box("div"):
                text("h2", province.full_name)
                sheet(self._t, self._figures, province)
            with box("div", "tiles small").props("aria-hidden=true"):
                for tile in tiles():
                    spot = box("span", "tile here" if tile.province is province else "tile")
                    spot.style(f"grid-row: {tile.row}; grid-column: {tile.column}")
            text("p", f"{self._at + 1} / {len(provinces())}", "quiet place")
