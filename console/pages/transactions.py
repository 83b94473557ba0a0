"""The page of transactions: the ledger as it grows, or what a search finds in it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from nicegui import ui
from starlette.requests import Request

from console.exchange import Exchange
from console.parts import box, button, link, text
from console.shell import View, shell
from ndxp.errors import Code, Reason, code_name
from ndxp.terminal import moment

PATH = "/transactions"

_PAGE = 200
_LIVE_EVERY = 1.0
_MOST_SHOWN = 5000
_FIELDS = {
    "client": "search.client", "member": "search.member", "service": "search.service", "method": "search.method",
    "status": "search.status", "reason": "search.reason", "origin": "search.origin", "purpose": "search.purpose",
    "fault": "search.fault", "message_id": "search.message_id", "user_id": "search.user_id", "trace": "search.trace",
    "since": "search.since", "until": "search.until",
}  # fmt: skip
"""What can be searched for, with the key of its name."""

_CHOICES = {"status": [code.name for code in Code], "reason": list(map(str, Reason)), "origin": ["gateway", "provider"]}
_TIMES = ("since", "until")
_OPEN = f"window.location.assign('{PATH}/' + encodeURIComponent(cell.data.id))"
_ON_A_ROW = {
    ":onCellClicked": f"(cell) => {{ {_OPEN} }}",
    ":suppressKeyboardEvent": f"(cell) => cell.event.key === 'Enter' && ({_OPEN}, true)",
}
"""A row opens when it is clicked, or has the focus when Enter is pressed."""


def path_of(transaction_id: str) -> str:
    """The path of the page of a transaction."""
    return f"{PATH}/{quote(transaction_id, safe='')}"


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def transactions(request: Request) -> None:
        given = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
        wanted = {name: value for name, value in given.items() if value and _readable(name, value)}
        before = request.query_params.get("before", "")
        with shell(exchange, PATH, "menu.transactions") as view:
            _form(view, wanted)
            _list(view, wanted, int(before) if before.isdecimal() else None)


def _form(view: View, wanted: dict[str, str]) -> None:
    with box("details", "search").props("open" if wanted else ""):
        text("summary", view.texts("search"))
        with box("form").props(f"method=get action={PATH}"):
            for name, key in _FIELDS.items():
                with box("label"):
                    text("span", view.texts(key))
                    _input(name, wanted.get(name, ""))
            with box("div", "actions"):
                button(view.texts("search.do"), classes="primary")
                if wanted:
                    link(view.texts("search.clear"), PATH)


def _input(name: str, value: str) -> None:
    if name not in _CHOICES:
        field = box("input").props(f"name={name}")
        field.props["defaultValue"] = value
        if name in _TIMES:
            field.props("type=datetime-local step=1")
        return
    with box("select").props(f"name={name}"):
        for choice in ("", *_CHOICES[name]):
            option = text("option", choice or "–")
            option.props["value"] = choice
            if choice == value:
                option.props("selected")


def _list(view: View, wanted: dict[str, str], before: int | None) -> None:
    names = {
        "time": "column.time", "method": "column.method", "status": "column.status", "client": "column.client",
        "service": "column.service", "ms": "column.ms", "fault": "column.fault", "ledger": "column.ledger",
    }  # fmt: skip
    widths = {"time": 115, "method": 200, "status": 170, "client": 210, "service": 220, "ms": 90}
    count = text("p", view.texts("transactions.loading"), "count").props("role=status")
    grid = ui.aggrid(
        {
            "columnDefs": [
                {"field": name, "headerName": view.texts(key), "width": widths.get(name, 130), "tooltipField": name}
                for name, key in names.items()
            ],
            "defaultColDef": {"sortable": True, "resizable": True, **_ON_A_ROW},
            "rowData": [],
            ":getRowId": "(row) => row.data.id",
            "animateRows": False,
            "rowClassRules": {"refused": "data.refused", "tampered": "data.tampered"},
            "overlayNoRowsTemplate": " ",
        },
        auto_size_columns=False,
    ).classes("ledger")
    more = box("p")
    shown: list[tuple[int, str]] = []  # places in the ledger and ids, the latest first

    def tell() -> None:
        key = "transactions.found" if wanted or before else "transactions.live"
        count.text = view.texts(key if shown else "transactions.none", n=len(shown))

    async def fill() -> None:
        found = await view.exchange.get("/transactions", **_query(wanted), before=before, limit=_PAGE, proof="true")
        shown[:] = map(_place, found)
        grid.options["rowData"] = [_row(view, record) for record in found]
        grid.update()
        more.clear()
        if len(found) == _PAGE:
            with more:
                older = urlencode({**wanted, "before": found[-1]["seq"]})
                link(view.texts("transactions.older"), f"{PATH}?{older}")
        tell()

    async def follow() -> None:
        if count.text == view.texts("transactions.loading"):
            return
        after = shown[0][0] if shown else 0
        new = await view.exchange.get("/transactions", **_query(wanted), after=after, limit=1000, proof="true")
        if not new:
            return
        new.reverse()
        shown[:0] = map(_place, new)
        gone = [{"id": transaction_id} for _, transaction_id in shown[_MOST_SHOWN:]]
        del shown[_MOST_SHOWN:]
        change = {"add": [_row(view, record) for record in new], "addIndex": 0, "remove": gone}
        grid.run_grid_method("applyTransaction", change)
        tell()

    view.load(fill)
    if before is None and "until" not in wanted:
        view.every(_LIVE_EVERY, follow)


def _query(wanted: dict[str, str]) -> dict[str, Any]:
    """The parameters of the admin API for what was typed."""
    query: dict[str, Any] = {name: value for name, value in wanted.items() if name not in ("status", *_TIMES)}
    if "status" in wanted:
        query["status_code"] = int(Code[wanted["status"]])
    return query | {name: _micros(wanted[name]) for name in _TIMES if name in wanted}


def _readable(name: str, value: str) -> bool:
    """Whether a value can be one of the form's; a URL that somebody has changed may have another one."""
    if name in _CHOICES:
        return value in _CHOICES[name]
    try:
        return name not in _TIMES or _micros(value) >= 0
    except (ValueError, OverflowError, OSError):
        return False


def _micros(local: str) -> int:
    """A local time as a browser writes it, in µs since 1970. Raises ValueError, OverflowError and OSError."""
    return int(datetime.fromisoformat(local).timestamp() * 1e6)


_STANDINGS = {
    "signed": "ledger.signed", "recorded": "ledger.recorded", "changed": "ledger.changed",
    "unproven": "ledger.unproven",
}  # fmt: skip


def _when(micros: int) -> str:
    """The time of today; another day with the date."""
    date, _, time_of_day = moment(micros).partition(" ")
    return time_of_day if date == f"{datetime.now():%Y-%m-%d}" else f"{date} {time_of_day}"


def _place(record: dict[str, Any]) -> tuple[int, str]:
    return record["seq"], record["transaction_id"]


def _row(view: View, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["transaction_id"],
        "time": _when(record["request_in_ts"]),
        "status": record["reason"] or code_name(record["status_code"]),
        "ms": f"{(record['response_out_ts'] - record['request_in_ts']) / 1000:.2f}",
        "client": record["client"],
        "method": record["method"].rpartition("/")[2],
        "service": record["service"],
        "fault": record["fault"],
        "ledger": view.texts(_STANDINGS[record["proof"]]),
        "refused": record["status_code"] != 0,
        "tampered": record["proof"] in ("changed", "unproven"),
    }
