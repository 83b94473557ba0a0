"""The figures of one province as the page and the wall show them."""

from console.figures import Figure, Figures
from console.parts import box, text
from console.texts import Texts
from ndxp.world.provinces import Province

NAMES = (
    "ops.dossiers", "ops.on_time", "ops.online", "ops.late", "ops.stays", "ops.admissions", "ops.attendance",
    "ops.calls", "ops.answered", "ops.rank",
)  # fmt: skip
"""All figures by the keys of their names; the first is on the map unless another is chosen."""

_SHARES = frozenset({"ops.on_time", "ops.online", "ops.attendance", "ops.answered"})
_LEVELS = 4


def words(figure: Figure) -> str:
    """What a figure that is reported says."""
    value = figure.value or 0
    return f"{value:.0%}" if figure.name in _SHARES else f"{value:,.0f}"


def level(figure: Figure, most: float) -> int:
    """How strong a figure's colour is, 1 to 4, beside the greatest one of all provinces; 0 when it is not reported."""
    if figure.value is None:
        return 0
    if figure.name == "ops.rank":  # the first place is the strongest
        return 1 + int((_LEVELS - 1) * (1 - (figure.value - 1) / max(1, most - 1)))
    whole = 1 if figure.name in _SHARES else max(1, most)
    return 1 + int((_LEVELS - 1) * figure.value / whole)


def sheet(texts: Texts, figures: Figures, province: Province) -> None:
    """The figures of a province as cards; each says when it was asked for."""
    if figures.answers(province):
        text("p", texts("ops.serves"), "verdict good")
    else:
        text("p", texts("ops.silent"), "verdict bad")
    with box("ul", "figures"):
        for figure in figures.of(province):
            with box("li", "figure"):
                text("span", texts(figure.name), "what")
                if figure.value is None:
                    text("span", texts("ops.none"), "none")
                else:
                    text("span", words(figure), "value")
                if figure.why:
                    text("span", figure.why, "why").props("lang=en")
                text("span", texts("ops.asked", time=f"{figure.asked:%H:%M:%S}"), "asked")
