"""What the registrar decides: which registrations are in order, who may marry, and what of a certificate is amended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from ndxp.agency.claim import Claim, read_day, read_name_part, read_text
from ndxp.agency.place import province_of
from ndxp.agency.stated import Person, corrected
from ndxp.birthdate import BirthDate
from ndxp.calendar import full_years
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.identifiers import member_of
from ndxp.world import MaritalStatus, Sex, normalise_name
from services.civil_status.records import Amended, Certificate, Child, Dossier, Kind, State

MOST_CODES = 3
"""How many dossiers one question may be about, as the facts have it."""

ROLES = {Kind.BIRTH: ("mother", "father"), Kind.DEATH: ("deceased",), Kind.MARRIAGE: ("husband", "wife")}
"""Whom a dossier states."""

PURPOSES = {Kind.BIRTH: "birth registration", Kind.DEATH: "death registration", Kind.MARRIAGE: "marriage registration"}
"""What the population database is told that a question is for."""

FULL_NAME, BIRTH_DATE, DEATH_DATE = 1, 2, 3
"""Fields that can be amended; numbers as in the contract."""

AGREES, NOT_FOUND, NAME_DIFFERS, BIRTH_DATE_DIFFERS = 1, 2, 3, 4
"""What comes of a question for a certificate; numbers as in the contract."""

FIRST_BIRTH_YEAR = 2000
"""The population database takes no birth of an earlier year."""

_MARRIAGE_AGES = {"husband": (Sex.MALE, 20), "wife": (Sex.FEMALE, 18)}
"""Sex, and completed years from which one may marry (Luật Hôn nhân và gia đình 52/2014/QH13)."""

_LONGEST_REASON = 300
_LONGEST_NAME = 150
_REFUSALS = {
    "MOTHER_NOT_FEMALE": "the stated mother is not a woman",
    "MOTHER_DECEASED": "the stated mother is deceased",
    "MOTHER_AGE": "the stated mother is not of an age at which one bears a child",
    "FATHER_NOT_MALE": "the stated father is not a man",
    "ALREADY_DECEASED": "the death is registered already",
    "DEATH_DATE_IMPOSSIBLE": "the date of death is before the birth or in the future",
}


def read_child(*, surname: str, middle_name: str, given_name: str, sex: int, birth_date: str, today: date) -> Child:
    """A child as stated; raises AgencyError with the field at fault."""
    if sex not in (Sex.MALE, Sex.FEMALE):
        raise invalid_argument("SEX_MISSING", "sex must be 1 (male) or 2 (female)", "sex")
    born = read_day(birth_date, "birth_date")
    if not FIRST_BIRTH_YEAR <= born.year <= today.year or born > today:
        raise invalid_argument(
            "BIRTH_DATE_IMPOSSIBLE", f"birth_date must be in {FIRST_BIRTH_YEAR} or later, and not after {today}",
            "birth_date",
        )  # fmt: skip
    return Child(
        surname=read_name_part(surname, "surname"),
        middle_name=read_name_part(middle_name, "middle_name", required=False),
        given_name=read_name_part(given_name, "given_name"), sex=sex, birth_date=born,
    )  # fmt: skip


def read_death_date(text: str, deceased: Person, today: date) -> date:
    """A day of death; raises AgencyError when it is in the future or before the stated birth."""
    day = read_day(text, "death_date")
    if day > today or not _born_by(deceased, day):
        raise invalid_argument(
            "DEATH_DATE_IMPOSSIBLE", f"death_date is before the birth or after {today}", "death_date"
        )
    return day


def read_codes(codes: Sequence[str]) -> Sequence[str]:
    """The codes of a question; raises AgencyError when there are none, too many, or one twice."""
    if not 1 <= len(codes) <= MOST_CODES or len(set(codes)) < len(codes):
        raise invalid_argument("CODES_NUMBER", f"codes must be 1 to {MOST_CODES} different codes", "codes")
    return codes


def known(dossier: Dossier | None, field: str = "code") -> Dossier:
    """The dossier; raises AgencyError when the caller has none by this code, whoever else may have one."""
    if dossier is None:
        raise AgencyError(Code.NOT_FOUND, "DOSSIER_UNKNOWN", "none of your dossiers has this code", field=field)
    return dossier


def supplemented(dossier: Dossier, stated: Mapping[str, Mapping[str, str]]) -> Dossier:
    """The dossier with what is corrected (see ``ndxp.agency.stated``), to be looked at again.

    Raises AgencyError when no supplement is wanted, and for what ``corrected`` refuses.
    """
    if dossier.state is not State.SUPPLEMENT:
        raise failed_precondition(
            "NO_SUPPLEMENT_WANTED", f"the dossier is {dossier.state.name.lower()}; no supplement is wanted", "code"
        )
    people = corrected(dossier.people, stated, ROLES[dossier.kind])
    return replace(dossier, people=people, state=State.WAITING, reason="", turn=dossier.turn + 1)


def why_not_married(role: str, *, sex: int, born: date, marital_status: int, today: date) -> str:
    """Why somebody cannot marry; empty when they can."""
    needed, age = _MARRIAGE_AGES[role]
    if sex != needed:
        return f"the stated {role} is not a {'man' if needed is Sex.MALE else 'woman'}"
    if full_years(born, today) < age:
        return f"the stated {role} is younger than {age}"
    return f"the stated {role} is married" if marital_status == MaritalStatus.MARRIED else ""


def why_deceased(role: str) -> str:
    """Why a dossier is refused that states somebody whose death is registered."""
    return "the death is registered already" if role == "deceased" else f"the stated {role} is deceased"


def why_refused(reason: str) -> str:
    """What a refusal of the population database says, for people."""
    return _REFUSALS.get(reason, f"the population database refuses it: {reason}")


def judge(certificate: Certificate | None, claim: Claim) -> int:
    """What comes of a question for a certificate; of a marriage either of the two may be stated."""
    if certificate is None:
        return NOT_FOUND
    holders = [certificate.holder]
    if certificate.kind is Kind.MARRIAGE:
        holders += certificate.relatives.values()
    named = [holder for holder in holders if claim.name == normalise_name(holder.full_name)]
    if not named:
        return NAME_DIFFERS
    return AGREES if any(claim.birth.may_be(BirthDate.parse(one.birth_date)) for one in named) else BIRTH_DATE_DIFFERS


def amended(
    certificate: Certificate | None, *, client: str, keeper: bool, field: int, old_value: str, new_value: str,
    reason: str, at: int, today: date,
) -> Certificate:  # fmt: skip
    """The certificate after an amendment; raises AgencyError when it may not be made.

    ``client`` asks; ``keeper`` says that it is of the ministry itself.
    """
    if certificate is None:
        raise AgencyError(
            Code.NOT_FOUND, "CERTIFICATE_UNKNOWN", "no certificate has this number", field="certificate_number"
        )
    if not keeper and province_of(member_of(client)) != certificate.province:
        raise failed_precondition(
            "OTHER_PROVINCE", "only the province that registered a certificate amends it", "certificate_number"
        )
    why = read_text(reason, "reason", _LONGEST_REASON)
    there = _value(certificate, field)
    if old_value.strip() != there:
        raise failed_precondition("OLD_VALUE_DIFFERS", "old_value is not what the certificate has", "old_value")
    changed, new = _changed(certificate, field, new_value, today)
    if new == there:
        raise invalid_argument("NOTHING_CHANGES", "new_value is what the certificate has already", "new_value")
    entry = Amended(field=field, old_value=there, new_value=new, reason=why, at=at)
    return replace(changed, amendments=(*certificate.amendments, entry))


def _value(certificate: Certificate, field: int) -> str:
    if field == FULL_NAME:
        return certificate.holder.full_name
    if field == BIRTH_DATE:
        return certificate.holder.birth_date
    if field == DEATH_DATE and certificate.death_date:
        return certificate.death_date.isoformat()
    raise invalid_argument("FIELD_NOT_THERE", "field must be one that this kind of certificate has", "field")


def _changed(certificate: Certificate, field: int, text: str, today: date) -> tuple[Certificate, str]:
    """The certificate with a new value, and the value as it is written there."""
    if field == FULL_NAME:
        name = read_text(text, "new_value", _LONGEST_NAME)
        for part in name.split():
            read_name_part(part, "new_value")
        return replace(certificate, holder=replace(certificate.holder, full_name=name)), name
    day = read_day(text, "new_value")
    latest = certificate.registered if field == BIRTH_DATE else today
    if field == BIRTH_DATE and certificate.death_date:
        latest = min(latest, certificate.death_date)
    if day > latest:
        raise invalid_argument("DATE_IMPOSSIBLE", f"new_value must not be after {latest}", "new_value")
    if field == DEATH_DATE and not _born_by(certificate.holder, day):
        raise invalid_argument("DATE_IMPOSSIBLE", "new_value must not be before the birth", "new_value")
    if field == BIRTH_DATE:
        return replace(certificate, holder=replace(certificate.holder, birth_date=day.isoformat())), day.isoformat()
    return replace(certificate, death_date=day), day.isoformat()


def _born_by(person: Person, day: date) -> bool:
    """Whether somebody can have been born on a day or before."""
    born = BirthDate.parse(person.birth_date)
    return born.day <= day if born.day else born.year <= day.year
