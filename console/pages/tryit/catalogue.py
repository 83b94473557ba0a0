"""All services of the exchange with their methods and what their contracts say."""

from console.members import contracts
from console.offers import Offer, offers
from console.pages.tryit.history import show_history
from console.pages.tryit.places import PATH, where
from console.parts import box, button, link, text
from console.shell import View
from console.texts import Texts
from ndxp.contract import Contract


class Catalogue:
    """The list while it is open; ``find`` is what its names and comments must contain."""

    def __init__(self, view: View, find: str) -> None:
        self._view, self._t = view, view.texts
        self._find = find.strip()
        text("p", self._t("try.note"), "quiet")
        with box("form", "line").props(f"method=get action={PATH}"):
            with box("label"):
                text("span", self._t("try.find"))
                box("input").props("name=find").props["defaultValue"] = self._find
            button(self._t("search.do"), classes="primary")
        self._list = box("div")
        show_history(view)

    async def fill(self) -> None:
        """Shows the list anew."""
        offered = offers(await self._view.exchange.get("/services"))
        known = await self._view.exchange.ask(lambda api: contracts(api, [offer.contract for offer in offered]))
        self._list.clear()
        with self._list:
            shown = [self._service(offer, known[offer.contract]) for offer in offered]
            if not any(shown):
                text("p", self._t("try.find.none")).props("role=status")

    def _service(self, offer: Offer, contract: Contract | None) -> bool:
        """Shows a service; returns whether it has something that is looked for."""
        about = contract.comment(contract.service) if contract is not None else ""
        comments = {
            name: contract.comment(contract.service.methods_by_name[name])
            if contract is not None and name in contract.service.methods_by_name
            else ""
            for name in offer.methods
        }
        word = self._find.casefold()
        whole = word in f"{offer.contract} {about}".casefold()
        methods = [name for name in offer.methods if whole or word in f"{name} {comments[name]}".casefold()]
        if not methods:
            return False
        with box("details", "part service") as details:
            details.props.set_bool("open", self._find)
            with box("summary"):
                text("span", offer.contract.rpartition(".")[2])
                text("span", about.partition("\n\n")[0].partition(". ")[0].rstrip("."), "quiet").props("lang=en")
            text("p", offer.contract, "id")
            text("p", self._providers(offer), "quiet")
            _comment(about)
            with box("ul", "methods"):
                for name in methods:
                    with box("li"):
                        link(name, where(f"{offer.contract}/{name}"))
                        text("span", words_of(self._t, offer.methods[name]), "quiet")
                        _comment(comments[name].partition("\n\n")[0])
        return True

    def _providers(self, offer: Offer) -> str:
        first, *more = offer.providers
        return self._t("try.providers", first=first, n=len(more)) if more else first


def words_of(texts: Texts, method: dict[str, bool]) -> str:
    """Whether a method changes something, and how many messages it takes and gives."""
    kinds = {
        (True, False): texts("try.stream.client"), (False, True): texts("try.stream.server"),
        (True, True): texts("try.stream.both"),
    }  # fmt: skip
    kind = kinds.get((method["client_streaming"], method["server_streaming"]), "")
    return ", ".join(filter(None, [texts("try.reads" if method["read_only"] else "try.changes"), kind]))


def _comment(comment: str) -> None:
    for paragraph in filter(None, comment.split("\n\n")):
        text("p", paragraph).props("lang=en")
