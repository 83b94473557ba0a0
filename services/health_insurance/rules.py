"""What the insurer decides: how a card is judged, who is admitted, and which child gets a card."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ndxp.agency.claim import Claim, check_living, read_birth_date, read_day, read_name, read_province, read_text
from ndxp.agency.day import has_ended
from ndxp.errors import AgencyError, Code, failed_precondition
from ndxp.world import REFERENCE_DATE, normalise_name, province_by_code
from ndxp.world.registers.health_insurance import (
    BENEFITS,
    CHILD_CATEGORY,
    InsuranceCard,
    child_card_ends,
    five_years_from,
    is_child,
    old_card_number,
)

_NUMBER = re.compile(r"[0-9]{10}|[0-9]{12}|[A-Z]{2}[1-5][0-9]{12}")
_BENEFIT_PERCENT = {1: 100, 2: 100, 3: 95, 4: 80, 5: 100}
_LONGEST_FACILITY = 20
_LONGEST_PURPOSE = 200


class Result(StrEnum):
    """Result codes of the insurer's portal, those that this agency gives."""

    VALID = "000"
    EXPIRED = "003"
    LOCKED = "004"
    NOT_FOUND = "010"
    NOT_YET_VALID = "050"
    BAD_FORMAT = "051"
    NAME_DIFFERS = "053"
    BIRTH_DATE_DIFFERS = "054"

    @property
    def note(self) -> str:
        """What the code means."""
        return _NOTES[self]


_NOTES = {
    Result.VALID: "Thẻ bảo hiểm y tế còn giá trị sử dụng.",
    Result.EXPIRED: "Thẻ bảo hiểm y tế đã hết giá trị sử dụng.",
    Result.LOCKED: "Thẻ bảo hiểm y tế đang bị tạm khóa.",
    Result.NOT_FOUND: "Không tìm thấy thông tin thẻ bảo hiểm y tế.",
    Result.NOT_YET_VALID: "Thẻ bảo hiểm y tế chưa đến thời hạn sử dụng.",
    Result.BAD_FORMAT: "Mã số thẻ, họ tên hoặc ngày sinh không đúng định dạng.",
    Result.NAME_DIFFERS: "Họ tên không khớp với thông tin trên thẻ.",
    Result.BIRTH_DATE_DIFFERS: "Ngày sinh không khớp với thông tin trên thẻ.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A result, and the card when number, name and birth date agree."""

    result: Result
    card: InsuranceCard | None = None


def read_card_claim(number: str, full_name: str, birth_date: str) -> Claim | None:
    """The claim, where ``number`` is a card's or a citizen's; None when something has not the form of it."""
    try:
        name, birth = read_name(full_name), read_birth_date(birth_date)
    except AgencyError:
        return None
    return Claim(number, name, birth) if _NUMBER.fullmatch(number) else None


def judge(claim: Claim | None, card: InsuranceCard | None, today: date) -> Judgement:
    """Judges a card by what the insurer has recorded, right or wrong."""
    if claim is None:
        return Judgement(Result.BAD_FORMAT)
    if card is None:
        return Judgement(Result.NOT_FOUND)
    if claim.name != normalise_name(card.name):
        return Judgement(Result.NAME_DIFFERS)
    if not claim.birth.agrees_with(card.birth_date):
        return Judgement(Result.BIRTH_DATE_DIFFERS)
    return Judgement(_standing(card, today), card)


DECEASED_NOTE = "Công dân đã được đăng ký khai tử"
"""What a check-in notes of somebody whose death is registered, whatever the card says."""


def admitted(*, living: bool, result: Result) -> bool:
    """True when the citizen was verified as living and the card is valid."""
    return living and result is Result.VALID


def check_child(*, living: bool, birth_date: date) -> None:
    """Raises AgencyError unless this is a citizen who is under six on the nation's day."""
    if not is_child(birth_date):
        raise failed_precondition("NOT_UNDER_SIX", f"it is for those under six on {REFERENCE_DATE}", "birth_date")
    check_living(living=living)


def child_card(
    *, citizen_number: str, full_name: str, birth_date: date, province: str, social_insurance_number: str
) -> InsuranceCard:
    """The card of a child: TE, everything paid, from birth to the sixth birthday."""
    code = province[1:]
    return InsuranceCard(
        number=social_insurance_number,
        old_number=old_card_number(CHILD_CATEGORY, province, social_insurance_number),
        citizen_number=citizen_number,
        name=full_name,
        birth_date=birth_date,
        category=CHILD_CATEGORY,
        benefit=BENEFITS[CHILD_CATEGORY],
        valid_from=birth_date,
        valid_to=child_card_ends(birth_date),
        facility_code=f"{code}001",
        facility_name=f"Bệnh viện đa khoa tỉnh {province_by_code(province).name}",
        area_code="",
        five_years_from=five_years_from(birth_date),
        locked=False,
    )


def read_child(birth_date: str, province: str) -> tuple[date, str]:
    """Birth date and province of a child's card; raises AgencyError with the field at fault."""
    return read_day(birth_date, "birth_date"), read_province(province)


def no_card_yet(card: InsuranceCard | None) -> None:
    """Raises AgencyError when there is a card."""
    if card:
        raise AgencyError(
            Code.ALREADY_EXISTS,
            "CARD_EXISTS",
            "this citizen has a card already; see GetCard",
            field="citizen_number",
        )


def insured(card: InsuranceCard | None) -> InsuranceCard:
    """The card; raises AgencyError when there is none."""
    if card is None:
        raise AgencyError(
            Code.NOT_FOUND, "CARD_UNKNOWN", "the citizen with this number has no card", field="citizen_number"
        )
    return card


def read_facility(facility: str) -> str:
    """The code of a facility; raises AgencyError when it is missing or too long."""
    return read_text(facility, "facility", _LONGEST_FACILITY)


def read_purpose(purpose: str) -> str:
    """Why the patient came; may be empty. Raises AgencyError when it is too long."""
    return read_text(purpose, "purpose", _LONGEST_PURPOSE, required=False)


def benefit_percent(card: InsuranceCard) -> int:
    """Share of the cost that the insurance pays."""
    return _BENEFIT_PERCENT[card.benefit]


def _standing(card: InsuranceCard, today: date) -> Result:
    if card.locked:
        return Result.LOCKED
    if has_ended(card.valid_to):
        return Result.EXPIRED
    return Result.VALID if card.valid_from <= today else Result.NOT_YET_VALID
