"""What the land registry decides: which transfers are taken, which parcel may be transferred, what follows on what."""

import hashlib
import re
from dataclasses import replace

import msgspec

from ndxp.agency.claim import read_claim
from ndxp.errors import AgencyError, Code, invalid_argument
from ndxp.world import normalise_name
from ndxp.world.registers.land_parcels import LandParcel
from services.land.records import Kind, Party, State, Transfer

_CERTIFICATE = re.compile(r"[A-Z]{2} [0-9]{6}", re.ASCII)
_HIGHEST_PRICE = 10_000_000_000_000


def read_certificate_number(number: str) -> str:
    """The number of a certificate; raises AgencyError when it has not the form of one."""
    if not _CERTIFICATE.fullmatch(number):
        raise invalid_argument(
            "CERTIFICATE_NUMBER_MALFORMED",
            "certificate_number must be two letters, a space and six digits, such as BM 123456",
            "certificate_number",
        )
    return number


def check_sale(seller: Party, buyer: Party, price: int) -> None:
    """Checks the form of what a transfer says; raises AgencyError with the field at fault."""
    for field, party in (("seller", seller), ("buyer", buyer)):
        read_claim(party.citizen_number, party.full_name, party.birth_date, of=field)
    if seller.citizen_number == buyer.citizen_number:
        raise invalid_argument("BUYER_IS_SELLER", "buyer must be another citizen than seller", "buyer.citizen_number")
    if not 0 < price <= _HIGHEST_PRICE:
        raise invalid_argument("PRICE_OUT_OF_RANGE", f"price must be 1 to {_HIGHEST_PRICE} đồng", "price")


def supplementable(transfer: Transfer) -> Transfer:
    """The transfer; raises AgencyError unless it waits for a supplement."""
    if transfer.state is not State.SUPPLEMENT:
        raise AgencyError(
            Code.ALREADY_EXISTS, "TRANSFER_EXISTS", "this dossier has its transfer already; see GetTransfer",
            field="dossier_code",
        )  # fmt: skip
    return transfer


def known(transfer: Transfer | None, field: str = "code") -> Transfer:
    """The transfer; raises AgencyError when there is none for the caller, whoever else may have one."""
    if transfer is None:
        raise AgencyError(Code.NOT_FOUND, "TRANSFER_UNKNOWN", f"none of your transfers has this {field}", field=field)
    return transfer


def known_parcel(parcel: LandParcel | None) -> LandParcel:
    """The parcel; raises AgencyError when no certificate that is good today has its number."""
    if parcel is None:
        raise AgencyError(
            Code.NOT_FOUND, "CERTIFICATE_UNKNOWN", "no certificate that is good today has this number",
            field="certificate_number",
        )  # fmt: skip
    return parcel


def fault_of_parcel(transfer: Transfer, parcel: LandParcel | None) -> str:
    """Why a parcel cannot be transferred by this seller; empty when it can."""
    if parcel is None:
        return "CERTIFICATE_UNKNOWN"
    if parcel.owner_number != transfer.seller.citizen_number:
        return "SELLER_NOT_OWNER"
    return "PARCEL_MORTGAGED" if parcel.mortgaged else ""


def names_agree(transfer: Transfer, parcel: LandParcel) -> bool:
    """Whether the certificate has the seller's name."""
    return normalise_name(transfer.seller.full_name) == normalise_name(parcel.owner_name)


def moved(transfer: Transfer, state: State, at: int, kind: Kind | None = None) -> Transfer:
    """The transfer in another state, with what the one-stop system is told."""
    notices = (*transfer.notices, (kind, at)) if kind else transfer.notices
    return replace(transfer, state=state, notices=notices)


def refused(transfer: Transfer, reason: str, at: int) -> Transfer:
    """The refused transfer."""
    return replace(moved(transfer, State.REFUSED, at, Kind.FINISHED), reason=reason)


def refused_by_tax(transfer: Transfer, reason: str, at: int) -> Transfer:
    """The transfer that the tax agency refused."""
    return refused(moved(transfer, transfer.state, at, Kind.TAX_REFUSES), f"TAX_{reason}", at)


def supplement_wanted(transfer: Transfer, reason: str, at: int) -> Transfer:
    """The transfer that waits for a supplement."""
    return replace(moved(transfer, State.SUPPLEMENT, at, Kind.SUPPLEMENT_WANTED), reason=reason)


def scan(transfer: Transfer) -> tuple[bytes, str]:
    """The scanned contract of sale, and its SHA-256."""
    contract = {
        "certificate_number": transfer.certificate_number, "seller": transfer.seller, "buyer": transfer.buyer,
        "price": transfer.price,
    }  # fmt: skip
    content = msgspec.json.encode(contract)
    return content, hashlib.sha256(content).hexdigest()
