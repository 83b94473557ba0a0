"""The calls that were tried in this session, as a table."""

from functools import partial

from console.pages.transactions import path_of
from console.pages.tryit.places import again
from console.parts import Cell, link, section, table, text
from console.shell import View
from console.tried import MOST, Tried
from ndxp.terminal import moment

_COLUMNS = ("column.time", "column.method", "column.client", "column.status", "column.id", "try.again")


def show_history(view: View) -> None:
    """Shows them; nothing when there are none."""
    tried = list(view.session.history.calls)
    if tried:
        with section(view.texts("try.history")):
            text("p", view.texts("try.history.note", most=MOST), "quiet")
            table([view.texts(key) for key in _COLUMNS], [_row(view, each) for each in tried])


def _row(view: View, tried: Tried) -> list[Cell]:
    transaction: Cell = "–"
    if tried.transaction_id:
        transaction = partial(link, tried.transaction_id, path_of(tried.transaction_id))
    return [
        moment(tried.micros), tried.method.rpartition("/")[2], tried.member, tried.outcome, transaction,
        partial(link, view.texts("try.again"), again(tried.number)),
    ]  # fmt: skip
