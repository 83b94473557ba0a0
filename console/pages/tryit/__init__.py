"""The page on which any method can be tried: all services with their documentation, then one method with its form."""

from nicegui import ui
from starlette.requests import Request

from console.exchange import Exchange
from console.pages.tryit.catalogue import Catalogue
from console.pages.tryit.places import PATH
from console.pages.tryit.trial import Trial, Wanted
from console.shell import shell


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH)
    def tryit(request: Request) -> None:
        given = request.query_params
        with shell(exchange, PATH, "menu.try") as view:
            tried = view.session.history.numbered(given.get("again", ""))
            if tried is not None:
                view.load(Trial(view, Wanted.again(tried)).fill)
            elif "method" in given:
                wanted = Wanted(
                    given["method"], given.get("member", ""), given.get("provider", ""), given.get("purpose", "")
                )
                view.load(Trial(view, wanted).fill)
            else:
                view.load(Catalogue(view, given.get("find", "")).fill)
