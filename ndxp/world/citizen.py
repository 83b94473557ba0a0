"""The record of one synthetic citizen: fields and codes of the population database (ndxp facts, QCVN 109:2017)."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from ndxp.calendar import full_years
from ndxp.world.provinces import province_by_code

REFERENCE_DATE = date(2023, 7, 1)
"""The day on which the whole nation is described; nobody is born or dies after it."""

MAJORITY = 18
"""Completed years from which a citizen acts alone."""


class Sex(IntEnum):
    """Sex as coded in the population database."""

    MALE = 1
    FEMALE = 2


class MaritalStatus(IntEnum):
    """Marital status as coded in the population database."""

    SINGLE = 1
    MARRIED = 2
    DIVORCED_OR_WIDOWED = 3


class BloodGroup(StrEnum):
    """Blood group as coded in the population database."""

    UNKNOWN = "00"
    A = "01"
    B = "02"
    AB = "03"
    O = "04"  # noqa: E741


class Relation(StrEnum):
    """What a member of a household is to its head."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"

    @property
    def vietnamese(self) -> str:
        """The word the residence book uses."""
        return {"head": "Chủ hộ", "spouse": "Vợ/Chồng", "child": "Con"}[self.value]


@dataclass(frozen=True, slots=True)
class Address:
    """A place: `province` is the three-digit code, the rest are Vietnamese names; `detail` may be empty."""

    province: str
    district: str
    ward: str
    detail: str = ""

    def __str__(self) -> str:
        parts = (self.detail, self.ward, self.district, province_by_code(self.province).full_name)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Relative:
    """Another person in a record: a citizen number, or "" for somebody outside the registry, and the full name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """One synthetic person as the population database holds them on `REFERENCE_DATE`."""

    number: str
    """Citizen ID (CCCD), 12 digits."""
    old_number: str
    """Old ID (CMND), 9 digits, or "" for who never had one."""
    surname: str
    middle_name: str
    given_name: str
    sex: Sex
    birth_date: date
    death_date: date | None
    ethnicity: str
    religion: str
    nationality: str
    marital_status: MaritalStatus
    blood_group: BloodGroup
    birth_registration: Address
    place_of_origin: Address
    permanent_address: Address
    current_address: Address
    father: Relative
    mother: Relative
    spouse: Relative | None
    """The husband or wife on record, also when one of the two has died."""
    legal_representative: Relative | None
    """A parent, for those under 18; otherwise None."""
    household_number: str
    """9 digits, shared by all members of the household."""
    head_of_household: Relative
    relation_to_head: Relation

    @property
    def full_name(self) -> str:
        """Surname, middle name, given name: the Vietnamese order."""
        return f"{self.surname} {self.middle_name} {self.given_name}"

    @property
    def deceased(self) -> bool:
        """Whether a death is registered."""
        return self.death_date is not None

    def age(self, on: date = REFERENCE_DATE) -> int:
        """Completed years on a day (negative before birth); for the deceased, the age they would have."""
        return full_years(self.birth_date, on)


@dataclass(frozen=True, slots=True)
class Household:
    """People who live together: citizen numbers, head first, then spouse, then children by birth year."""

    number: str
    head: str
    members: tuple[str, ...]
    address: Address
