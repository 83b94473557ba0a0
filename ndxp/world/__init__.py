"""The synthetic nation: every person, number and address in it is invented, and nobody in it exists."""

from ndxp.world.citizen import (
    MAJORITY,
    REFERENCE_DATE,
    Address,
    BloodGroup,
    Citizen,
    Household,
    MaritalStatus,
    Relation,
    Relative,
    Sex,
)
from ndxp.world.names import normalise_name
from ndxp.world.numbers import CitizenNumber, CitizenNumberError, parse_citizen_number
from ndxp.world.permutation import Permutation
from ndxp.world.personas import PERSONA_KEYS, Persona, PersonaNotFoundError, UnknownPersonaError
from ndxp.world.provinces import Province, province_by_code, provinces
from ndxp.world.registers import register_kinds
from ndxp.world.registers.register import Register
from ndxp.world.world import World

__all__ = [
    "MAJORITY",
    "PERSONA_KEYS",
    "REFERENCE_DATE",
    "Address",
    "BloodGroup",
    "Citizen",
    "CitizenNumber",
    "CitizenNumberError",
    "Household",
    "MaritalStatus",
    "Permutation",
    "Persona",
    "PersonaNotFoundError",
    "Province",
    "Register",
    "Relation",
    "Relative",
    "Sex",
    "UnknownPersonaError",
    "World",
    "normalise_name",
    "parse_citizen_number",
    "province_by_code",
    "provinces",
    "register_kinds",
]
