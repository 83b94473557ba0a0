"""How somebody of the nation is chosen: a persona, by number, or at random by conditions."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial

from console.nation import differences, nation
from console.parts import Field, box, button, choice, field, section, text
from console.shell import View
from ndxp.testing.people import OLDEST, STATES, Conditions, NobodyFits, find
from ndxp.world import PERSONA_KEYS, Citizen, Sex, provinces, register_kinds

_SEXES = {"": "any", "1": "sex.male", "2": "sex.female"}
_LIVING = {"": "people.alive", "deceased": "people.deceased"}
_ENTRIES = {
    "any": "entry.any", "none": "entry.none", "valid": "entry.valid", "expired": "entry.expired",
    "locked": "entry.locked",
}  # fmt: skip
REGISTERS = {
    "candidate": "register.candidate", "certificate": "register.certificate", "civil_servant": "register.civil_servant",
    "health_insurance": "register.health_insurance", "land_parcel": "register.land_parcel",
    "licence": "register.licence", "participation": "register.participation", "passport": "register.passport",
    "portal_account": "register.portal_account", "vehicle": "register.vehicle",
    "wallet_account": "register.wallet_account",
}  # fmt: skip
"""The registers of which something can be asked, with the keys of their names."""

_MOST = 3000
_LOCKED = "health_insurance"
"""Only a card of health insurance can be locked."""


class Chooser:
    """The forms; ``chosen`` gets the citizen."""

    def __init__(self, view: View, chosen: Callable[[Citizen], Awaitable[None]]) -> None:
        self._view, self._t, self._chosen = view, view.texts, chosen
        with section(self._t("people.choose")) as made:
            with box("div", "line"):
                self._persona = choice(self._t("people.persona"), [(key, key) for key in PERSONA_KEYS], PERSONA_KEYS[0])
                button(self._t("people.show"), partial(self._choose, self._take_persona), "primary")
            self._story = text("p", "", "quiet")
            with box("div", "line"):
                self._number = field(self._t("people.number"))
                self._number.props("inputmode=numeric maxlength=12 autocomplete=off")
                button(self._t("people.show"), partial(self._choose, self._take_number))
            with box("details"):
                text("summary", self._t("people.random"))
                self._conditions()
            self._note = text("p", "", "verdict bad").props("role=status")
        self._note.set_visibility(False)
        made.props["aria-label"] = self._t("people.choose")

    def _conditions(self) -> None:
        t = self._t
        with box("div", "line"):
            self._youngest, self._oldest = field(t("people.youngest"), "0"), field(t("people.oldest"), str(OLDEST))
            for each in (self._youngest, self._oldest):
                each.props(f"type=number min=0 max={OLDEST}")
            self._sex = choice(t("record.sex"), [(value, t(key)) for value, key in _SEXES.items()])
            self._living = choice(t("people.living"), [(value, t(key)) for value, key in _LIVING.items()])
            places = [("", t("any")), *((each.code, each.name) for each in provinces())]
            self._province = choice(t("people.province"), places)
            kinds = [("", t("any")), *((name, t(REGISTERS[name])) for name in register_kinds() if name in REGISTERS)]
            self._register = choice(t("people.register"), kinds)
            self._entry = choice(t("people.entry"), [(state, t(_ENTRIES[state])) for state in STATES], STATES[0])
        with box("div", "line"):
            button(t("people.random.do"), partial(self._choose, self._draw), "primary")
            button(t("people.differing.do"), partial(self._choose, self._draw_differing))

    async def _choose(self, take: Callable[[], Citizen]) -> None:
        """Shows whom one of the forms means, or says why nobody is shown."""
        self._note.set_visibility(False)
        self._story.text = self._t("people.searching")
        try:
            citizen = await asyncio.to_thread(take)
        except NobodyFits:
            self._note.text = self._t("people.nobody")
        except LookupError:
            self._note.text = self._t("people.unknown")
        else:
            self._story.text = ""
            if take == self._take_persona:
                persona = nation().persona(self._persona.value)
                self._story.text = persona.story_vi if self._view.session.language == "vi" else persona.story
            await self._chosen(citizen)
            return
        self._story.text = ""
        self._note.set_visibility(True)

    def _take_persona(self) -> Citizen:
        return nation().persona(self._persona.value).citizen

    def _take_number(self) -> Citizen:
        citizen = nation().citizen(self._number.value.strip()[:20])
        if citizen is None:
            raise LookupError
        return citizen

    def _draw(self) -> Citizen:
        """Somebody who meets the conditions, another one each time."""
        young, old = sorted((_years(self._youngest, 0), _years(self._oldest, OLDEST)))
        name, state = self._register.value, self._entry.value
        if name not in REGISTERS or state not in STATES:
            entries: tuple[tuple[str, str], ...] = ()
        elif state == "locked" and name != _LOCKED:
            raise NobodyFits
        else:
            entries = ((name, state),)
        wanted = Conditions(
            ages=(young, old), sex=Sex(int(self._sex.value)) if self._sex.value in ("1", "2") else None,
            province=self._province.value, deceased=self._living.value == "deceased", entries=entries,
        )  # fmt: skip
        return find(nation(), wanted, secrets.token_hex(8))

    def _draw_differing(self) -> Citizen:
        """Somebody of whom the registers do not agree; about one in a hundred."""
        for citizen in nation().sample(_MOST, secrets.randbelow(2**32)):
            if differences(citizen):
                return citizen
        raise NobodyFits


def _years(typed: Field, otherwise: int) -> int:
    """The years that somebody has typed."""
    return min(int(typed.value), OLDEST) if typed.value.isdecimal() else otherwise
