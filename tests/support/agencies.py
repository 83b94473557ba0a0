"""The agencies of this repository by name, and how a test puts one together."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from ndxp.agency.hosting import Agency, Composition
from ndxp.agency.parts import Part, read_parts
from ndxp.world import World

PARTS = {part.name: part for part in read_parts(Path(__file__).parents[2] / "services")}


class Named(NamedTuple):
    """An agency with one subsystem and one contract."""

    name: str
    subsystem: str
    contract: str


def named(part: Part) -> Named:
    [subsystem], [contract] = part.subsystems, part.contracts
    return Named(part.name, subsystem, contract)


population, health_insurance, passports = (named(PARTS[n]) for n in ("population", "health_insurance", "passports"))
civil_status = named(PARTS["civil_status"])


COMPOSITIONS: dict[str, Composition[Any]] = {name: import_module(f"services.{name}").AGENCY for name in PARTS}
OF_AGENCIES = tuple(dict.fromkeys(composition.settings for composition in COMPOSITIONS.values()))
"""Their settings."""


def agency(name: str, settings: Any, world: World) -> Agency:
    """An agency that is not started yet."""
    return Agency(PARTS[name], COMPOSITIONS[name], settings, world)
