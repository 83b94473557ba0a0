"""What the nation itself knows of a citizen: the record, the family, what does not agree, and the days of a life."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any

from console.nation import days, differences, nation
from console.pages.people.chooser import REGISTERS
from console.parts import Cell, box, button, facts, section, table, text
from console.shell import View
from ndxp.world import Citizen, MaritalStatus, Relation, Relative, Sex

_SEXES = {Sex.MALE: "sex.male", Sex.FEMALE: "sex.female"}
_MARITAL = {
    MaritalStatus.SINGLE: "marital.single", MaritalStatus.MARRIED: "marital.married",
    MaritalStatus.DIVORCED_OR_WIDOWED: "marital.ended",
}  # fmt: skip
_RELATIONS = {Relation.HEAD: "relation.head", Relation.SPOUSE: "relation.spouse", Relation.CHILD: "relation.child"}
_COLUMNS = ("family.relation", "record.name", "record.number", "record.born")

Choose = Callable[[Citizen], Awaitable[None]]


def show_record(view: View, citizen: Citizen) -> None:
    """The record as the population database holds it."""
    t = view.texts
    with section(t("record")):
        facts(
            [
                (t("record.number"), citizen.number),
                (t("record.old_number"), citizen.old_number),
                (t("record.sex"), t(_SEXES[citizen.sex])),
                (t("record.born"), citizen.birth_date.isoformat()),
                (t("record.died"), citizen.death_date.isoformat() if citizen.death_date else ""),
                (t("record.age"), "" if citizen.deceased else str(citizen.age())),
                (t("record.marital"), t(_MARITAL[citizen.marital_status])),
                (t("record.ethnicity"), citizen.ethnicity),
                (t("record.religion"), citizen.religion),
                (t("record.nationality"), citizen.nationality),
                (t("record.birthplace"), str(citizen.birth_registration)),
                (t("record.origin"), str(citizen.place_of_origin)),
                (t("record.permanent"), str(citizen.permanent_address)),
                (t("record.current"), str(citizen.current_address)),
                (t("record.household"), citizen.household_number),
            ]
        )


def show_family(view: View, citizen: Citizen, choose: Choose) -> None:
    """Parents, wife or husband, children, and who else lives in the household; each opens on a click."""
    t, world = view.texts, nation()
    family = [(t("relation.father"), citizen.father), (t("relation.mother"), citizen.mother)]
    family += [(t("relation.spouse"), citizen.spouse)] if citizen.spouse else []
    numbers = {each.number for _, each in family} | {citizen.number}
    for relation, group in (("relation.child", world.children(citizen.number)), ("", _household(citizen))):
        for number in group:
            if number not in numbers and (found := world.citizen(number)):
                numbers.add(number)
                words = t(relation) if relation else t("relation.lives", role=t(_RELATIONS[found.relation_to_head]))
                family.append((words, Relative(number, found.full_name)))
    with section(t("family")):
        table([t(key) for key in _COLUMNS], [_relative(*each, choose) for each in family if each[1].name])


def _household(citizen: Citizen) -> tuple[str, ...]:
    household = nation().household(citizen.number)
    return household.members if household else ()


def _relative(relation: str, relative: Relative, choose: Choose) -> list[Cell]:
    found = nation().citizen(relative.number)
    if found is None:
        return [relation, relative.name, "–", "–"]
    name = partial(button, relative.name, partial(choose, found), "as-link")
    return [relation, name, found.number, found.birth_date.isoformat()]


def show_differences(view: View, citizen: Citizen) -> None:
    """What the registers have otherwise than the population database."""
    t = view.texts
    with section(t("differs")):
        found = differences(citizen)
        if not found:
            text("p", t("differs.none"), "quiet")
        for each in found:
            register = t(REGISTERS[each.register])
            text("p", t(each.key, register=register, there=each.there), "verdict bad")


def show_life(view: View, citizen: Citizen, dossiers: list[tuple[date, str]]) -> None:
    """The days of a life, and the dossiers that the agencies have told of."""
    t = view.texts
    told: list[tuple[date, str]] = [(day, t(key, what=what)) for day, key, what in days(citizen)]
    with section(t("life")), box("ol", "life"):
        for day, words in sorted([*told, *dossiers], key=_day):
            with box("li"):
                text("time", day.isoformat()).props["datetime"] = day.isoformat()
                text("span", words)


def _day(told: tuple[date, Any]) -> date:
    return told[0]
