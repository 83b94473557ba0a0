"""What the registry decides: whether a claim holds, and which births, deaths and addresses it registers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ndxp.agency.claim import Claim, read_day, read_name, read_name_part, read_number, read_province
from ndxp.calendar import full_years
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world import MAJORITY, Citizen, Sex, normalise_name

FIRST_BIRTH_YEAR = 2000
"""Births before are in the registry already."""

MOTHER_AGES = (14, 60)
"""Completed years of a mother at the birth."""

CHANGE_KINDS = {1: "birth", 2: "death", 3: "address"}
"""Kinds of the feed of changes by their number in the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """A birth as reported, checked for form. ``father_number`` is empty when not stated."""

    surname: str
    middle_name: str
    given_name: str
    sex: Sex
    birth_date: date
    province: str
    mother_number: str
    father_number: str

    def minor(self, today: date) -> bool:
        """True while the child needs a legal representative."""
        return full_years(self.birth_date, today) < MAJORITY


def matches(claim: Claim, citizen: Citizen | None) -> bool:
    """True when name and birth date are the citizen's; also of the deceased, who stay on record."""
    return citizen is not None and claim.agrees_with(citizen.full_name, citizen.birth_date)


def is_named(name: str, citizen: Citizen | None) -> bool:
    """True when the name, in the form used for comparing, is the citizen's."""
    return citizen is not None and name == normalise_name(citizen.full_name)


def known(citizen: Citizen | None, field: str = "citizen_number") -> Citizen:
    """The citizen; raises AgencyError when there is none."""
    if citizen is None:
        raise AgencyError(Code.NOT_FOUND, "CITIZEN_UNKNOWN", f"no citizen has the number in {field}", field=field)
    return citizen


def read_birth(
    *, surname: str, middle_name: str, given_name: str, sex: int, birth_date: str, province: str,
    mother_number: str, father_number: str, today: date,
) -> Birth:  # fmt: skip
    """Checks a report of a birth for form; raises AgencyError with the field at fault."""
    if sex not in (Sex.MALE, Sex.FEMALE):
        raise invalid_argument("SEX_MISSING", "sex must be SEX_MALE or SEX_FEMALE", "sex")
    born = read_day(birth_date, "birth_date")
    if born.year < FIRST_BIRTH_YEAR or born > today:
        raise invalid_argument(
            "BIRTH_DATE_IMPOSSIBLE",
            f"birth_date must be in {FIRST_BIRTH_YEAR} or later, and not after {today}", "birth_date",
        )  # fmt: skip
    return Birth(
        surname=read_name_part(surname, "surname"),
        middle_name=read_name_part(middle_name, "middle_name", required=False),
        given_name=read_name_part(given_name, "given_name"),
        sex=Sex(sex),
        birth_date=born,
        province=read_province(province),
        mother_number=read_number(mother_number, field="mother_number"),
        father_number=read_number(father_number, field="father_number") if father_number else "",
    )


def check_parents(birth: Birth, mother: Citizen | None, father: Citizen | None) -> Citizen:
    """The mother, when both can be the parents; raises AgencyError otherwise."""
    mother = known(mother, "mother_number")
    if mother.sex is not Sex.FEMALE:
        raise failed_precondition("MOTHER_NOT_FEMALE", "the citizen in mother_number is not a woman", "mother_number")
    if mother.deceased:
        raise failed_precondition("MOTHER_DECEASED", "the citizen in mother_number is deceased", "mother_number")
    youngest, oldest = MOTHER_AGES
    if not youngest <= full_years(mother.birth_date, birth.birth_date) <= oldest:
        raise failed_precondition(
            "MOTHER_AGE", f"a mother is {youngest} to {oldest} years old at the birth", "mother_number"
        )
    if birth.father_number and known(father, "father_number").sex is not Sex.MALE:
        raise failed_precondition("FATHER_NOT_MALE", "the citizen in father_number is not a man", "father_number")
    return mother


def given_number(number: str | None) -> str:
    """The child's number; raises AgencyError when the cell had none left."""
    if number is None:
        raise AgencyError(Code.RESOURCE_EXHAUSTED, "NUMBERS_EXHAUSTED", "this province and year have no number left")
    return number


def check_death(citizen: Citizen, *, full_name: str, death_date: str, today: date) -> date:
    """The day of death, when it may be registered; raises AgencyError otherwise."""
    day = read_day(death_date, "death_date")
    if read_name(full_name) != normalise_name(citizen.full_name):
        raise failed_precondition(
            "NAME_DIFFERS", "full_name is not the name of the citizen with this number", "full_name"
        )
    if citizen.deceased:
        raise failed_precondition(
            "ALREADY_DECEASED", "the death of this citizen is registered already", "citizen_number"
        )
    if not citizen.birth_date <= day <= today:
        raise invalid_argument(
            "DEATH_DATE_IMPOSSIBLE", f"death_date is before the birth or after {today}", "death_date"
        )
    return day


def living(citizen: Citizen) -> Citizen:
    """The citizen; raises AgencyError for the deceased, who do not move."""
    if citizen.deceased:
        raise failed_precondition("CITIZEN_DECEASED", "the citizen with this number is deceased", "citizen_number")
    return citizen


def known_place(place: int | None) -> int:
    """The place in the feed to go on from; raises AgencyError when the cursor names none."""
    if place is None:
        raise invalid_argument("CURSOR_INVALID", "cursor must be one that this stream gave to you, or empty", "cursor")
    return place


def read_kinds(kinds: Iterable[int]) -> tuple[str, ...]:
    """Names of the kinds that are asked for; raises AgencyError for a kind that there is not."""
    asked = tuple(kinds)
    if not all(kind in CHANGE_KINDS for kind in asked):
        raise invalid_argument("KIND_UNKNOWN", "kinds must be births, deaths or addresses; empty for all", "kinds")
    return tuple(CHANGE_KINDS[kind] for kind in asked)
