"""The request that somebody writes: the form, the same as JSON, and samples and personas that fill it in."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from google.protobuf.descriptor import MethodDescriptor

from console.form import Form, WrongField
from console.pages.tryit.fields import Fields
from console.parts import Field, box, button, choice, text
from console.shell import View
from ndxp import messages
from ndxp.contract import Contract
from ndxp.samples import PERSONA
from ndxp.samples.beginning import beginning, samples_of
from ndxp.world import Persona

_MOST_LETTERS = 200_000


class RequestForm:
    """A request while it is written; ``form`` holds it."""

    def __init__(self, view: View, contract: Contract, method: MethodDescriptor) -> None:
        self.form = Form(method)
        self._view, self._t = view, view.texts
        self._method = method
        self._fields = Fields(self.form, contract, view.texts, self._write)

    def draw(self, personas: Iterable[Persona], filling: Callable[[], Awaitable[None]]) -> None:
        """Draws it, empty; ``filling`` is what the button for samples does."""
        samples = samples_of(f"{self._method.containing_service.full_name}/{self._method.name}")
        options = [*((sample.name, sample.name) for sample in samples), ("", self._t("try.sample.none"))]
        people = [(each.key, f"{each.key} · {each.citizen.full_name}") for each in personas]
        with box("div", "line"):
            self._sample = choice(self._t("try.sample"), options, options[0][0])
            self._persona = choice(self._t("try.persona"), people, PERSONA)
            button(self._t("try.fill"), lambda: self._view.guarded(filling))
        self._about = text("p", "", "quiet").props("role=status")
        with box("div", "sides"):
            self._drawn = box("div")
            with box("label", "json"):
                text("span", "JSON")
                self._json = Field("", "textarea", self._read)
                self._json.props("rows=16 spellcheck=false")
        self._wrong = text("p", "", "verdict bad").props("role=alert lang=en")
        self._wrong.set_visibility(False)

    @property
    def fits(self) -> bool:
        """Whether it is a request of the method; what is wrong is shown otherwise."""
        return not self._wrong.text

    def take(self, request: str) -> None:
        """Takes JSON that is a request of the method. Raises WrongRequest."""
        self.form.read(request)
        self._show()

    async def fill_in(self, member: str) -> str:
        """Fills in the sample that is chosen, about the persona that is chosen; gives the purpose that it states."""
        made = await asyncio.to_thread(beginning, self._method, self._persona.value, member, self._sample.value)
        self.form.fill(made.requests)
        self._about.text = self._t("try.about", name=made.citizen.full_name, number=made.citizen.number)
        self._show()
        return made.purpose

    def _show(self) -> None:
        self._fields.draw(self._drawn)
        self._write()

    def _write(self) -> None:
        """Writes the JSON of the form; says which field is wrong."""
        try:
            self._json.show(self.form.text())
        except WrongField as error:
            self._say(str(error), error.path)
        except messages.WrongRequest as error:
            self._say(str(error))
        else:
            self._say("")

    def _read(self) -> None:
        """Reads the JSON into the form; says what is wrong with it."""
        if len(self._json.value) > _MOST_LETTERS:
            self._say(self._t("try.json.long", most=f"{_MOST_LETTERS:,}"))
            return
        try:
            self.form.read(self._json.value)
        except messages.WrongRequest as error:
            self._say(str(error))
            return
        self._say("")
        self._fields.draw(self._drawn)

    def _say(self, what: str, path: str = "") -> None:
        self._wrong.text = what
        self._wrong.set_visibility(bool(what))
        self._fields.mark(path)
