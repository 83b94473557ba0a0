"""What the wallet decides: who has an account, what of an agency's answer is a document, what becomes of a report."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any

from ndxp.agency.claim import Claim, read_text
from ndxp.driving_licences.v1 import driving_licences_pb2 as licences
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.vehicles.v1 import vehicles_pb2 as vehicles
from ndxp.world import Citizen
from services.wallet.records import Report

PURPOSE = "wallet"
"""For what the agencies are asked."""

GOOD_SECONDS = 300
"""Seconds for which a presentation is good."""

_CARD_THERE = ("000", "003", "004", "050")
_NO_CARD = "010"
_MOST_CLAIMS = 30
_LONGEST_AUDIENCE, _NONCE_LENGTHS = 200, range(8, 201)
_LONGEST_TEXT, _LONGEST_ANSWER = 1_000, 500
_REPORTS_A_DAY = 10
_SHA256 = re.compile(r"[0-9a-f]{64}")

Claims = Mapping[str, str]
"""A document: the values of its claims by their names."""


class Kind(IntEnum):
    """Kinds of documents; numbers as in the contract."""

    HEALTH_INSURANCE = 1
    PASSPORT = 2
    VEHICLE = 3
    DRIVING_LICENCE = 4
    RESIDENCE = 5


class ReportState(IntEnum):
    """Where a report is; numbers as in the contract."""

    RECEIVED = 1
    IN_PROCESS = 2
    DONE = 3
    REJECTED = 4


_NEXT = {
    ReportState.RECEIVED: {ReportState.IN_PROCESS, ReportState.DONE, ReportState.REJECTED},
    ReportState.IN_PROCESS: {ReportState.DONE, ReportState.REJECTED},
}


class ResultDiffers(Exception):
    """An agency answered that it has the citizen otherwise; ``reason`` is a word for programs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def account_of(claim: Claim, holder: Citizen | None) -> Citizen:
    """The holder of the account; raises AgencyError when there is none of level 2, or it is not the claimant's."""
    if holder is None:
        raise failed_precondition(
            "ACCOUNT_LEVEL", "the citizen with this number has no account of level 2", "citizen_number"
        )
    if not claim.agrees_with(holder.full_name, holder.birth_date):
        raise failed_precondition(
            "HOLDER_DIFFERS", "name and birth date are not those of the account's holder", "citizen_number"
        )
    if holder.deceased:
        raise failed_precondition("HOLDER_DECEASED", "the holder of the account died", "citizen_number")
    return holder


def read_kinds(kinds: Sequence[int]) -> list[Kind]:
    """The kinds that are asked for, all of them for none; raises AgencyError for one that there is not."""
    return sorted({read_kind(kind, "kinds") for kind in kinds}) or list(Kind)


def read_kind(kind: int, field: str = "kind") -> Kind:
    """A kind; raises AgencyError for one that there is not."""
    try:
        return Kind(kind)
    except ValueError:
        raise invalid_argument("KIND_UNKNOWN", f"{field} must be kinds of documents that there are", field) from None


def insurance_cards(answer: insurance.GetCardResponse) -> list[Claims]:
    """The health-insurance card; raises ResultDiffers when the insurer has another name or birth date."""
    if answer.result_code == _NO_CARD:
        return []
    if answer.result_code not in _CARD_THERE:
        raise ResultDiffers(f"RESULT_{answer.result_code}")
    card = answer.card
    return [
        {
            "card_number": card.card_number, "full_name": card.full_name, "birth_date": card.birth_date,
            "valid_from": card.valid_from, "valid_to": card.valid_to, "first_facility": card.first_facility,
            "benefit_percent": str(card.benefit_percent), "result_code": answer.result_code,
        }
    ]  # fmt: skip


def passport_documents(answer: passports.ListPassportsResponse) -> list[Claims]:
    """The passports."""
    return [
        {
            "passport_number": passport.passport_number, "full_name": passport.full_name,
            "issued_on": passport.issued_on, "expires_on": passport.expires_on, "valid": _yes(passport.valid),
        }
        for passport in answer.passports
    ]  # fmt: skip


def vehicle_documents(answer: vehicles.ListRegistrationsResponse) -> list[Claims]:
    """The registrations of vehicles that the holder has taken into the wallet."""
    return [
        {
            "plate": vehicle.plate, "owner_name": vehicle.owner_name,
            "vehicle_kind": _word(vehicles.VehicleKind, vehicle.kind), "make": vehicle.make,
            "model_year": str(vehicle.model_year), "engine": _word(vehicles.EngineKind, vehicle.engine),
            "colour": vehicle.colour, "registered_on": vehicle.registered_on,
            "state": _word(vehicles.RegistrationState, vehicle.state),
        }
        for vehicle in answer.registrations
        if vehicle.in_wallet
    ]  # fmt: skip


def licence_documents(answer: licences.ListLicencesResponse) -> list[Claims]:
    """The driving licences that the holder has taken into the wallet; each class is a claim of its own."""
    return [
        {
            "licence_number": licence.licence_number, "full_name": licence.full_name,
            "birth_date": licence.birth_date, "issuer": licence.issuer,
            "state": _word(licences.LicenceState, licence.state),
            **{
                f"class_{number}": " ".join(
                    (_word(licences.LicenceClass, held.licence_class), held.issued_on, held.expires_on)
                ).strip()
                for number, held in enumerate(licence.classes, 1)
            },
        }
        for licence in answer.licences
        if licence.in_wallet
    ]  # fmt: skip


def residence_documents(answer: residence.ConfirmResidenceResponse) -> list[Claims]:
    """The confirmation of residence; none for whoever is in no household book."""
    if not answer.HasField("book"):
        return []
    book = answer.book
    return [
        {
            "citizen_number": book.citizen_number, "full_name": book.full_name, "birth_date": book.birth_date,
            "permanent_address": _address(book.permanent_address), "current_address": _address(book.current_address),
            "household_number": book.household_number, "household_head": book.household_head.full_name,
            "relation_to_head": book.relation_to_head,
        }
    ]  # fmt: skip


def not_presentable(source: str, reason: str, *, differs: bool) -> AgencyError:
    """Why a document cannot be presented whose keeper gave no answer, or has the citizen otherwise."""
    if differs:
        message = f"{source} has the citizen otherwise ({reason}); ask there to have the record corrected"
        return failed_precondition("DOCUMENT_DIFFERS", message, "kind")
    return AgencyError(
        Code.UNAVAILABLE, "DOCUMENT_UNAVAILABLE",
        f"{source} gave no answer ({reason}); nothing was stored; retry with the same request_id",
    )  # fmt: skip


def chosen(documents: Sequence[Claims], which: str) -> Claims:
    """The document that is meant; raises AgencyError when there is none, or more than one."""
    found = [document for document in documents if not which or which in document.values()]
    if not found:
        raise AgencyError(
            Code.NOT_FOUND, "DOCUMENT_UNKNOWN", "the holder has no such document in the wallet",
            field="which" if which else "kind",
        )  # fmt: skip
    if len(found) > 1:
        raise failed_precondition(
            "DOCUMENT_AMBIGUOUS", "the holder has several; say in which the number of the one that is meant", "which"
        )
    return found[0]


def read_claims(names: Sequence[str], document: Claims) -> list[str]:
    """The names of claims to disclose, each once; raises AgencyError for one that the document has not."""
    wanted = list(dict.fromkeys(names))
    if not 1 <= len(wanted) <= _MOST_CLAIMS:
        raise invalid_argument("CLAIMS_MISSING", f"claims must name 1 to {_MOST_CLAIMS} claims", "claims")
    if not set(wanted) <= document.keys():
        raise invalid_argument("CLAIM_UNKNOWN", f"this document has the claims {', '.join(document)}", "claims")
    return wanted


def read_audience(audience: str) -> str:
    """For whom a presentation is; raises AgencyError when it is missing or too long."""
    return read_text(audience, "audience", _LONGEST_AUDIENCE)


def read_nonce(nonce: str) -> str:
    """The checker's word; raises AgencyError when it is too short to be new each time, or too long."""
    if len(nonce) not in _NONCE_LENGTHS or not nonce.isprintable():
        message = f"nonce must have {_NONCE_LENGTHS.start} to {_NONCE_LENGTHS.stop - 1} characters, new each time"
        raise invalid_argument("NONCE_MALFORMED", message, "nonce")
    return nonce


def read_report_text(text: str) -> str:
    """What happened; raises AgencyError when it is missing or too long."""
    return read_text(text, "text", _LONGEST_TEXT)


def read_photo(photo_sha256: str) -> str:
    """The hash of a photo, or nothing; raises AgencyError for anything else."""
    if photo_sha256 and not _SHA256.fullmatch(photo_sha256):
        raise invalid_argument(
            "PHOTO_MALFORMED", "photo_sha256 must be 64 hexadecimal digits in small letters", "photo_sha256"
        )
    return photo_sha256


def few_enough(reported_before: int) -> None:
    """Raises AgencyError when somebody has made all the reports of a day."""
    if reported_before >= _REPORTS_A_DAY:
        raise AgencyError(
            Code.RESOURCE_EXHAUSTED, "TOO_MANY_REPORTS", f"a citizen may report {_REPORTS_A_DAY} offences a day",
            field="citizen_number",
        )  # fmt: skip


def a_province(province: str) -> str:
    """The code; raises AgencyError when the caller is no province."""
    if not province:
        raise AgencyError(Code.FAILED_PRECONDITION, "NO_PROVINCE", "only a province has reports that it can list")
    return province


def known(report: Report | None) -> Report:
    """The report; raises AgencyError when there is none for the caller."""
    if report is None:
        raise AgencyError(Code.NOT_FOUND, "REPORT_UNKNOWN", "no report for you has this report_id", field="report_id")
    return report


def answered(report: Report, state: int, answer: str, at: int) -> Report:
    """The report with the province's answer; raises AgencyError when it cannot go there from where it is."""
    text = read_text(answer, "answer", _LONGEST_ANSWER)
    if state not in list(ReportState):
        raise invalid_argument("STATE_UNKNOWN", "state must be IN_PROCESS, DONE or REJECTED", "state")
    before, after = ReportState(report.state), ReportState(state)
    if after not in _NEXT.get(before, set()):
        raise failed_precondition(
            "STATE_NOT_NEXT", f"a report that is {before.name} cannot become {after.name}", "state"
        )
    return replace(report, state=state, answer=text, answered_at=at)


def _word(kinds: Any, value: int) -> str:
    """The name of a value without the name of its kind, in small letters: "b2", "petrol"."""
    prefix: str = kinds.Name(0).removesuffix("UNSPECIFIED")
    name: str = kinds.Name(value)
    return name.removeprefix(prefix).lower()


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _address(address: residence.Address) -> str:
    parts = (address.detail, address.ward, address.district, address.province)
    return ", ".join(part for part in parts if part)
