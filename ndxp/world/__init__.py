"""The synthetic nation: every person, number and address in it is invented, and nobody in it exists."""

from ndxp.world.citizen import (
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
from ndxp.world.insurance import Inconsistency, InsuranceCard
from ndxp.world.names import normalise_name
from ndxp.world.numbers import CitizenNumber, CitizenNumberError, parse_citizen_number
from ndxp.world.passports import Passport
from ndxp.world.permutation import Permutation
from ndxp.world.personas import PERSONA_KEYS, Persona, PersonaNotFoundError, UnknownPersonaError
from ndxp.world.provinces import Province, province_by_code, provinces
from ndxp.world.registers import Identifier
from ndxp.world.world import World

__all__ = [
    "PERSONA_KEYS",
    "REFERENCE_DATE",
    "Address",
    "BloodGroup",
    "Citizen",
    "CitizenNumber",
    "CitizenNumberError",
    "Household",
    "Identifier",
    "Inconsistency",
    "InsuranceCard",
    "MaritalStatus",
    "Passport",
    "Permutation",
    "Persona",
    "PersonaNotFoundError",
    "Province",
    "Relation",
    "Relative",
    "Sex",
    "UnknownPersonaError",
    "World",
    "normalise_name",
    "parse_citizen_number",
    "province_by_code",
    "provinces",
]
