"""The console as an ASGI application: NiceGUI's pages behind the door."""

from collections.abc import Sequence

from fastapi import FastAPI
from nicegui import ui
from starlette.responses import RedirectResponse

from console import class_api
from console.classes import Classes
from console.door import Door
from console.exchange import Exchange
from console.pages import (
    classroom,
    faults,
    health,
    labs,
    ledger,
    live,
    load,
    operations,
    people,
    rights,
    transaction,
    transactions,
    tryit,
    wall,
)
from console.runs import Runs
from console.sessions import Sessions
from ndxp.address import Address

_PATIENCE = 15.0
"""Seconds for which a browser may be away or busy before its page is loaded anew and loses what was typed."""

_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' fill='#0b5d78'/>"
    "<path d='M3 6h8L9 4m4 6H5l2 2' stroke='#fff' stroke-width='1.6' fill='none'/></svg>"
)


def application(
    exchange: Exchange, runs: Runs, sessions: Sessions, address: Address, *, names: Sequence[str], tls: bool
) -> Door:
    """The application for a browser that reaches it at an address, or under one of the names.

    NiceGUI has one application in a process.
    """
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @pages.get("/")
    def first() -> RedirectResponse:
        return RedirectResponse(live.PATH)

    live.add(exchange)
    transactions.add(exchange)
    transaction.add(exchange)
    tryit.add(exchange)
    rights.add(exchange)
    faults.add(exchange)
    load.add(exchange, runs)
    people.add(exchange)
    ledger.add(exchange)
    operations.add(exchange)
    health.add(exchange)
    labs.add(exchange)
    classes = Classes(exchange)
    classroom.add(classes)
    wall.add(classes)
    pages.include_router(class_api.router(classes))
    ui.run_with(
        pages, title="ndxp", favicon=_ICON, dark=None, tailwind=False, show_welcome_message=False,
        reconnect_timeout=_PATIENCE,
    )  # fmt: skip
    return Door(pages, sessions, address, classes, names=names, tls=tls)
