"""How the ledger grows: its size, and the calls of the last hour by minute and of the last days by day."""

import time
from collections.abc import Sequence
from typing import Any

from console.parts import box, section, table, text
from console.shell import View

_HOUR, _DAYS = 60, 30
_SPANS = (("minute", 60, _HOUR, "growth.hour", "%H:%M"), ("day", 86_400, _DAYS, "growth.days", "%Y-%m-%d"))


class Growth:
    """The part of the page."""

    def __init__(self, view: View) -> None:
        self._view, self._t = view, view.texts
        self._shown: Any = None
        with section(self._t("growth")):
            self._size = text("p", "")
            self._place = box("div")

    async def fill(self) -> None:
        """Shows what the ledger's statistics say now."""
        get = self._view.exchange.get
        totals = await get("/totals", after=2**61)
        self._size.text = self._t("growth.size", n=f"{totals['last']:,}")
        now = int(time.time())
        found = []
        for period, length, count, key, form in _SPANS:
            first = now // length * length - (count - 1) * length
            rows = await get("/statistics", period=period, since=str(first))
            found.append((key, form, _counts(rows, first, length, count)))
        if found != self._shown:
            self._shown = found
            self._place.clear()
            with self._place:
                for each in found:
                    self._show(*each)

    def _show(self, key: str, form: str, counts: Sequence[tuple[int, int, int]]) -> None:
        """Bars, and the numbers in a table for whoever does not see bars."""
        most, calls = max(count for _, count, _ in counts), sum(count for _, count, _ in counts)
        bad = sum(refused for *_, refused in counts)
        words = self._t(key, n=f"{calls:,}", bad=f"{bad:,}", most=f"{most:,}")
        text("h3", words)
        with box("div", "columns").props("role=img") as bars:
            bars.props["aria-label"] = words
            for _, count, refused in counts:
                with box("span", "column"):
                    box("span", "refused").style(f"height: {100 * refused / max(1, most):.2f}%")
                    box("span").style(f"height: {100 * (count - refused) / max(1, most):.2f}%")
        with box("details"):
            text("summary", self._t("growth.numbers"))
            rows = [(time.strftime(form, time.localtime(start)), f"{count:,}", f"{refused:,}")
                    for start, count, refused in counts if count]  # fmt: skip
            table([self._t("column.time"), self._t("growth.calls"), self._t("growth.bad")], rows)


def _counts(rows: list[dict[str, Any]], first: int, length: int, count: int) -> list[tuple[int, int, int]]:
    """Of each period its start, how many calls there were, and how many of them were not answered with OK."""
    sums = {first + length * number: [0, 0] for number in range(count)}
    for row in rows:
        if (period := sums.get(row["start"])) is not None:
            period[0] += row["count"]
            period[1] += row["count"] - row["answered"]
    return [(start, calls, bad) for start, (calls, bad) in sums.items()]
