"""The synthetic nation as the console's pages look it up: what of a citizen does not agree, and the days of a life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from ndxp.world import Citizen, Register, World, register_kinds
from ndxp.world.registers.certificates import Certificates
from ndxp.world.registers.health_insurance import HealthInsurance, Inconsistency
from ndxp.world.registers.land_parcels import LandParcels
from ndxp.world.registers.licences import Licences
from ndxp.world.registers.participation import Participation
from ndxp.world.registers.passports import Passports
from ndxp.world.registers.portal_accounts import PortalAccounts

_NAMES = ("name", "owner_name", "full_name")
_BIRTHS = ("birth_date", "owner_birth_date")
_CARDS = {Inconsistency.CARD_EXPIRED: "differs.expired", Inconsistency.CARD_LOCKED: "differs.locked"}
_DAYS: tuple[tuple[type[Register[Any]], str, str], ...] = (
    (Certificates, "registered", "day.certificate"), (Participation, "since", "day.contributes"),
    (PortalAccounts, "opened", "day.account"), (Passports, "issued", "day.passport"),
    (HealthInsurance, "valid_from", "day.card"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What a register has otherwise than the population database: the key of a text, and what is ``there``."""

    register: str
    key: str
    there: str = ""


@cache
def nation() -> World:
    """The nation of the exchange."""
    return World()


@cache
def _kinds() -> Mapping[str, type[Register[Any]]]:
    return register_kinds()


def differences(citizen: Citizen) -> list[Difference]:
    """What the world has planted about a citizen, found as an agency finds it: by comparison."""
    found = []
    for name, kind in _kinds().items():
        entry = nation().entry(kind, citizen.number)
        there = _first(entry, _NAMES)
        if there and there != citizen.full_name:
            found.append(Difference(name, "differs.name", there))
        born = _first(entry, _BIRTHS)
        if born and born != citizen.birth_date:
            found.append(Difference(name, "differs.birth", born.isoformat()))
    planted = nation().inconsistency(citizen.number)
    if planted in _CARDS:
        found.append(Difference(HealthInsurance.name, _CARDS[planted]))
    return [*found, *(_after_death(citizen) if citizen.deceased else ())]


def _after_death(citizen: Citizen) -> list[Difference]:
    """What goes on although a death is registered."""
    found = []
    if nation().inconsistency(citizen.number) is Inconsistency.DECEASED_INSURED:
        found.append(Difference(HealthInsurance.name, "differs.insured"))
    if nation().entry(LandParcels, citizen.number):
        found.append(Difference(LandParcels.name, "differs.owner"))
    participant = nation().entry(Participation, citizen.number)
    if participant and participant.pension:
        found.append(Difference(Participation.name, "differs.pension"))
    return found


def days(citizen: Citizen) -> list[tuple[date, str, str]]:
    """The days of a life that the nation knows, in order: the key of a text, and what it is about."""
    known: list[tuple[date, str, str]] = [(citizen.birth_date, "day.born", citizen.birth_registration.ward)]
    if citizen.death_date:
        known.append((citizen.death_date, "day.died", ""))
    for number in nation().children(citizen.number):
        if child := nation().citizen(number):
            known.append((child.birth_date, "day.child", child.full_name))
    for kind, name, key in _DAYS:
        if entry := nation().entry(kind, citizen.number):
            known.append((getattr(entry, name), key, getattr(entry, "number", "")))
    if licence := nation().entry(Licences, citizen.number):
        known += [(held.issued, "day.licence", held.licence_class.name) for held in licence.classes]
    return sorted(known)


def _first(entry: Any, names: tuple[str, ...]) -> Any:
    """The first of these fields that an entry of a register has."""
    return next((getattr(entry, name) for name in names if getattr(entry, name, None)), None)
