"""One method to be tried: its documentation, its form with the JSON beside it, and what the exchange answers."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nicegui import ui

from console.exchange import Refused
from console.members import contracts, entry, subsystems
from console.offers import Asker, Offer, askers, differing, offers
from console.pages.tryit.answer import Answer
from console.pages.tryit.catalogue import words_of
from console.pages.tryit.history import show_history
from console.pages.tryit.places import PATH
from console.pages.tryit.request import RequestForm
from console.parts import Choice, Field, box, button, choice, field, link, section, table, text
from console.shell import View
from console.trial import LONGEST, Call, Question
from console.tried import Tried
from ndxp.contract import Contract
from ndxp.description import of_method
from ndxp.messages import WrongRequest
from ndxp.samples.beginning import samples_of, world
from ndxp.samples.example import CLIENT
from ndxp.world import Persona

_DEADLINE = 10.0
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page begins with: a method, who calls whom and why, and a request that was kept."""

    method: str
    member: str = ""
    provider: str = ""
    purpose: str = ""
    request: str | None = None

    @classmethod
    def again(cls, tried: Tried) -> "Wanted":
        """A call of the session's history."""
        return cls(tried.method, tried.member, tried.provider, tried.purpose, tried.request)


class Trial:
    """The page of a method while it is open."""

    def __init__(self, view: View, wanted: Wanted) -> None:
        self._view, self._t, self._wanted = view, view.texts, wanted
        self._calls: list[Call] = []
        with box("p"):
            link(self._t("try.all"), PATH)
        self._content, self._history = box("div"), box("div")
        self._show_history()
        ui.context.client.on_delete(self._leave)

    async def fill(self) -> None:
        """Shows the method. What somebody has typed stays when the exchange answers again."""
        if self._content.default_slot.children:
            return
        get = self._view.exchange.get
        service, _, name = self._wanted.method.partition("/")
        offer = next((each for each in offers(await get("/services")) if each.contract == service), None)
        found = await self._view.exchange.ask(lambda api: contracts(api, [service])) if offer is not None else {}
        contract = found.get(service)
        if offer is None or contract is None or name not in contract.service.methods_by_name:
            raise Refused(self._t("try.unknown", method=self._wanted.method[:200]))
        members, grants = await get("/members"), await get("/grants")
        personas = await asyncio.to_thread(world().personas)
        sample = next(iter(samples_of(self._wanted.method)), None)
        provider = self._wanted.provider or (sample.provider if sample is not None else "") or offer.providers[0]
        known = askers(offer, name, provider, members, grants)
        self._contract, self._method = contract, contract.service.methods_by_name[name]
        self._content.set_visibility(False)  # so that nobody sends a form that is not filled in yet
        try:
            with self._content:
                self._draw(offer, contract, subsystems(members), known, provider, personas)
            await self._begin()
        finally:
            self._content.set_visibility(True)

    def _draw(
        self,
        offer: Offer,
        contract: Contract,
        members: Mapping[str, str],
        known: list[Asker],
        provider: str,
        personas: Iterable[Persona],
    ) -> None:
        self._documentation(offer)
        if self._view.exchange.role != "operator":
            text("p", self._t("try.reader"), "quiet")
        with section(self._t("try.request")):
            self._who(offer, provider, members, known)
            self._request = RequestForm(self._view, contract, self._method)
            self._request.draw(personas, self._fill_in)
            self._sending()
        self._answers = box("div")
        if contract.read_only(self._method) and self._view.exchange.role == "operator":
            self._offer_three(members, differing(known, _SEVERAL))

    def _documentation(self, offer: Offer) -> None:
        described = of_method(self._contract, self._method, None)
        with section(self._method.name):
            text("p", offer.contract, "id")
            text("p", words_of(self._t, offer.methods[self._method.name]), "quiet")
            for paragraph in filter(None, described["comment"].split("\n\n")):
                text("p", paragraph).props("lang=en")
            with box("details"):
                text("summary", self._t("try.messages"))
                for name, message in described["messages"].items():
                    text("h3", name.rpartition(".")[2])
                    text("p", message["comment"]).props("lang=en")
                    if message["fields"]:
                        rows = [(each["name"], each["type"], each["comment"]) for each in message["fields"]]
                        table([self._t(key) for key in ("try.name", "try.type", "try.meaning")], rows)
                for name, enum in described["enums"].items():
                    text("h3", name.rpartition(".")[2])
                    table(
                        [self._t("try.name"), self._t("try.meaning")],
                        [(value["name"], value["comment"]) for value in enum["values"]],
                    )

    def _who(self, offer: Offer, provider: str, known: Mapping[str, str], granted: list[Asker]) -> None:
        """Who asks, for what, of whom, and how long the answer may take."""
        consumers = [each.consumer for each in granted]
        usual = CLIENT if CLIENT in consumers else next(iter([*consumers, *known]), "")
        member = self._wanted.member or usual
        own = next((each.purpose for each in granted if each.consumer == member), "")
        with box("div", "line"):
            self._member = choice(self._t("try.member"), self._members(known, granted, member), member)
            if len(offer.providers) > 1:
                options = [(each, each) for each in dict.fromkeys([*offer.providers, provider])]
                self._provider: Choice | None = choice(self._t("column.service"), options, provider)
            else:
                self._provider = None
            self._purpose = field(self._t("search.purpose"), self._wanted.purpose or own)
            self._suggest(granted)
            self._message_id = field(self._t("search.message_id"))
            self._deadline = field(self._t("try.deadline"), f"{_DEADLINE:g}")
            self._deadline.props(f"type=number min=0.001 max={LONGEST:g} step=any")

    def _members(self, known: Mapping[str, str], granted: list[Asker], member: str) -> dict[str, list[tuple[str, str]]]:
        """All subsystems, those first that have a grant for the method."""
        first = dict.fromkeys(each.consumer for each in granted)
        named = {**known, **({member: ""} if member not in known else {})}
        options = {name: f"{name} · {of}" if of else name for name, of in named.items()}
        return {
            self._t("try.granted"): [(name, options[name]) for name in first],
            self._t("try.others"): [pair for pair in options.items() if pair[0] not in first],
        }

    def _suggest(self, granted: list[Asker]) -> None:
        """The purposes for which there are grants, to be chosen from while one types."""
        with box("datalist") as purposes:
            for purpose in dict.fromkeys(purpose for each in granted for purpose in each.grant["purposes"]):
                box("option").props["value"] = purpose
        purposes.props["id"] = "purposes"
        self._purpose.props["list"] = "purposes"

    def _sending(self) -> None:
        if self._view.exchange.role == "operator":
            button(self._t("try.send"), lambda: self._view.guarded(self._send), "primary")

    def _offer_three(self, known: Mapping[str, str], first: list[Asker]) -> None:
        """A button, because lists of all members make a page heavy."""
        with section(self._t("try.three")) as made:
            text("p", self._t("try.three.note"), "quiet")

            def show() -> None:
                offered.delete()
                with made:
                    self._three(known, first)

            offered = button(self._t("try.three.do"), show)

    def _three(self, known: Mapping[str, str], first: list[Asker]) -> None:
        """Three members who ask the same, side by side."""
        members = [*(each.consumer for each in first), *known, *[""] * _SEVERAL]
        options = [(name, f"{name} · {of}") for name, of in known.items()]
        asking = list[tuple[Choice, Field]]()
        with box("div", "three"):
            for number in range(_SEVERAL):
                purpose = first[number].purpose if number < len(first) else ""
                with box("div"):
                    asks = choice(self._t("try.member.number", n=number + 1), options, members[number])
                    asking.append((asks, field(self._t("try.purpose.number", n=number + 1), purpose)))
        actions, place = box("div", "actions"), box("div", "three answers")

        async def ask() -> None:
            await self._ask_as(place, [(member.value, purpose.value) for member, purpose in asking])

        with actions:
            button(self._t("try.three.ask"), lambda: self._view.guarded(ask), "primary")

    async def _begin(self) -> None:
        """Fills in what was kept, or the first sample."""
        if self._wanted.request is not None:
            try:
                self._request.take(self._wanted.request)
            except WrongRequest as error:  # the contract is another one by now
                raise Refused(str(error)) from error
        else:
            await self._fill_in()
            if self._wanted.purpose:
                self._purpose.show(self._wanted.purpose)

    async def _fill_in(self) -> None:
        purpose = await self._request.fill_in(self._member.value)
        if purpose:
            self._purpose.show(purpose)

    def _question(self, member: str, purpose: str) -> Question | None:
        """What is asked, of the form; None when something in it is wrong, which is said."""
        if not self._request.fits:
            return None
        try:
            deadline = float(self._deadline.value)
        except ValueError:
            deadline = 0.0
        if not 0.001 <= deadline <= LONGEST:
            raise Refused(self._t("try.deadline.wrong", most=f"{LONGEST:g}"))
        return Question(
            method=self._method, requests=self._request.form.messages(), text=self._request.form.text(), member=member,
            provider=self._provider.value if self._provider is not None else "", purpose=purpose.strip(),
            message_id=self._message_id.value.strip(), deadline=deadline,
        )  # fmt: skip

    async def _send(self) -> None:
        await self._ask_as(self._answers, [(self._member.value, self._purpose.value)])

    async def _ask_as(self, place: Any, members: list[tuple[str, str]]) -> None:
        """Makes the same call as each of some members, at once; shows it in columns where they are several."""
        questions = [self._question(member, purpose) for member, purpose in members]
        if self._calls or None in questions:
            return
        place.clear()
        self._calls = [Call(question) for question in questions if question is not None]
        try:
            async with asyncio.TaskGroup() as group:
                for call in self._calls:
                    group.create_task(self._ask(place, call, several=len(members) > 1))
        finally:
            self._calls = []
        self._show_history()

    async def _ask(self, place: Any, call: Call, *, several: bool) -> None:
        with place, box("section", "part"):
            text("h2", call.question.member if several else self._t("try.answer"))
            await self._view.guarded(partial(self._make, call))

    async def _make(self, call: Call) -> None:
        gateway, tokens = await self._view.exchange.ask(partial(entry, member=call.question.member))
        answer = Answer(self._view, call)
        await call.make(gateway, tokens, answer.show)
        self._view.session.history.keep(call)

    def _show_history(self) -> None:
        self._history.clear()
        with self._history:
            show_history(self._view)

    def _leave(self) -> None:
        """Ends the calls of a page that was closed."""
        for call in self._calls:
            call.stop()
