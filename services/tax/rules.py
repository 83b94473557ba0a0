"""What the tax agency decides: which slips are taken or refused, what is to be paid, and when it is a debt."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from ndxp.agency.claim import read_number, read_text
from ndxp.agency.rights import new_code
from ndxp.clock import micros_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from services.tax.records import NoticeState, Slip

INCOME_TAX, REGISTRATION_FEE = 20, 5
"""Per mille of the price: 2 % personal income tax of the seller, 0.5 % registration fee of the buyer (the law)."""

LOWEST_PRICE = 100_000
"""Đồng a square metre: a lower price is refused, as below every province's list of prices (chosen by this project)."""

_DAYS_TO_PAY = 30
_LONGEST_NUMBER = 64
_LARGEST_AREA = 1_000_000
_HIGHEST_PRICE = 10_000_000_000_000


def read_header(dossier_code: str, certificate_number: str, slip_number: str, sequence_id: str) -> None:
    """Checks the header of a slip; raises AgencyError with the field at fault."""
    for name, text in (
        ("sequence_id", sequence_id), ("dossier_code", dossier_code), ("certificate_number", certificate_number),
        ("slip_number", slip_number),
    ):  # fmt: skip
        read_text(text, f"header.{name}", _LONGEST_NUMBER)


def read_slip(slip: Slip) -> Slip:
    """The slip, checked; raises AgencyError with the field at fault."""
    read_number(slip.seller_number, field="seller_number")
    read_number(slip.buyer_number, field="buyer_number")
    if not 0 < slip.area <= _LARGEST_AREA:
        raise invalid_argument("AREA_OUT_OF_RANGE", f"area must be 1 to {_LARGEST_AREA} square metres", "area")
    if not 0 < slip.price <= _HIGHEST_PRICE:
        raise invalid_argument("PRICE_OUT_OF_RANGE", f"price must be 1 to {_HIGHEST_PRICE} đồng", "price")
    return slip


def no_slip_yet(slip: Slip | None) -> None:
    """Raises AgencyError when there is a slip with this number."""
    if slip:
        raise AgencyError(
            Code.ALREADY_EXISTS, "SLIP_EXISTS", "there is a slip with this number already", field="header.slip_number"
        )


def known_slip(slip: Slip | None) -> Slip:
    """The slip; raises AgencyError when the caller has none with this number, whoever else may have one."""
    if slip is None:
        raise AgencyError(
            Code.NOT_FOUND, "SLIP_UNKNOWN", "none of your slips has this number", field="header.slip_number"
        )
    return slip


def known_notice(slip: Slip | None) -> Slip:
    """The slip of a notice; raises AgencyError when no notice has this number."""
    if slip is None:
        raise AgencyError(Code.NOT_FOUND, "NOTICE_UNKNOWN", "no notice has this number", field="notice_number")
    return slip


def share_of(price: int, per_mille: int) -> int:
    """A share of a price, rounded to the whole đồng, halves up."""
    return (price * per_mille + 500) // 1000


def decided(slip: Slip, at: datetime, scans: Iterable[tuple[bytes, str]]) -> Slip:
    """The slip with its notice, or refused; ``scans`` are content and SHA-256 of each document of its dossier."""
    documents = list(scans)
    if not documents or any(hashlib.sha256(content).hexdigest() != sha256 for content, sha256 in documents):
        return refused(slip, "DOSSIER_NOT_READABLE")
    if slip.price < LOWEST_PRICE * slip.area:
        return refused(slip, "PRICE_TOO_LOW")
    return replace(
        slip, state=NoticeState.ISSUED, notice_number=_notice_number(at.date()),
        income_tax=share_of(slip.price, INCOME_TAX), registration_fee=share_of(slip.price, REGISTRATION_FEE),
        pay_by=micros_of(at + timedelta(days=_DAYS_TO_PAY)),
    )  # fmt: skip


def refused(slip: Slip, reason: str) -> Slip:
    """The refused slip."""
    return replace(slip, state=NoticeState.REFUSED, reason=reason)


def owed(slip: Slip) -> int:
    """What is still to be paid."""
    return 0 if slip.paid_at else slip.amount


def is_debt(slip: Slip, now: int) -> bool:
    """Whether what is owed is recorded as a debt."""
    return bool(slip.pay_by) and not slip.paid_at and now > slip.pay_by


def paid(slip: Slip, amount: int, receipt: str, now: int) -> Slip:
    """The slip whose notice is paid; raises AgencyError when it was before, or the amount is another."""
    receipt = read_text(receipt, "receipt", _LONGEST_NUMBER)
    if slip.paid_at:
        raise failed_precondition("NOTICE_PAID", "the notice was paid before", "notice_number")
    if amount != slip.amount:
        raise invalid_argument("AMOUNT_DIFFERS", "amount must be all that is owed, no more and no less", "amount")
    return replace(slip, paid_at=now, receipt=receipt)


def _notice_number(day: date) -> str:
    """Cannot be guessed: whoever knows it may ask what is owed."""
    return new_code("TB", day)
