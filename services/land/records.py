"""The land registry's records: the world's parcels with those registered since, and transfers."""

from dataclasses import dataclass, replace
from enum import IntEnum

import msgspec

from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_existing
from ndxp.world import World
from ndxp.world.registers.land_parcels import LandParcel, LandParcels

TRANSFER = "transfer"
BY_DOSSIER = "by-dossier"
BY_SLIP = "by-slip"
PARCEL = "parcel"
OPEN = "open"
"""By certificate: the transfer that is under way, which stands in the way of every other one."""

_SERIES = "ZZ"
"""Letters of the certificates issued at run time; the world's begin with A to E."""

_GIVEN_UP = b"null"


class State(IntEnum):
    """Where a transfer is; numbers as in the contract."""

    RECEIVED = 1
    AT_TAX = 2
    PAYMENT = 3
    SUPPLEMENT = 4
    PAID = 5
    REGISTERED = 6
    REFUSED = 7


class Kind(IntEnum):
    """What a one-stop system is told; numbers as in the contract."""

    TRANSFERRED = 1
    SUPPLEMENT_WANTED = 2
    TAX_RESULT = 3
    TAX_REFUSES = 4
    FINISHED = 5


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer, as stated."""

    citizen_number: str
    full_name: str
    birth_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer as stored; ``notices`` are what the one-stop system is told, with times in µs since 1970 (UTC).

    ``traceparent`` is that of the call that brought it.
    """

    code: str
    dossier_code: str
    certificate_number: str
    seller: Party
    buyer: Party
    price: int
    traceparent: str
    state: State = State.RECEIVED
    reason: str = ""
    notice_number: str = ""
    amount: int = 0
    new_certificate_number: str = ""
    notices: tuple[tuple[Kind, int], ...] = ()

    @property
    def slip_number(self) -> str:
        """The number of its slip."""
        return f"PC-{self.code}"

    @property
    def has_slip(self) -> bool:
        """Whether its slip is at the tax agency, or on its way there."""
        return any(kind is Kind.TRANSFERRED for kind, _ in self.notices)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Transfer).decode
_decode_parcel = msgspec.json.Decoder(LandParcel | None).decode


class LandRegistry:
    """Parcels and transfers; owner, seller and buyer are named as subjects of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def parcel(self, documents: Documents, certificate_number: str) -> LandParcel | None:
        """The parcel with a certificate that is good today."""
        if body := documents.get(PARCEL, certificate_number):
            given: LandParcel | None = _decode_parcel(body)
            return given
        owner = self._world.resolve(LandParcels, certificate_number)
        return self._world.entry(LandParcels, owner) if owner else None

    def name(self, *citizen_numbers: str) -> None:
        """Names those who exist as subjects."""
        names_existing(self._world.exists, *citizen_numbers)

    def transfer(self, documents: Documents, code: str) -> Transfer | None:
        """A transfer of the caller's."""
        return self._named(documents.own(TRANSFER, code))

    def of_dossier(self, documents: Documents, dossier_code: str) -> Transfer | None:
        """The transfer of a dossier of the calling body."""
        code = documents.get(BY_DOSSIER, dossier_code)
        return self.transfer(documents, code.decode()) if code else None

    def of_slip(self, documents: Documents, slip_number: str) -> Transfer | None:
        """The transfer whose slip has a number, for the tax agency that got it."""
        code = documents.get(BY_SLIP, slip_number)
        return self._named(documents.get(TRANSFER, code.decode())) if code else None

    def for_work(self, documents: Documents, code: str) -> Transfer | None:
        """A transfer, whosever it is, for the registry's own work."""
        body = documents.get(TRANSFER, code)
        return _decode(body) if body else None

    def store(self, documents: Documents, transfer: Transfer) -> None:
        """Stores a transfer as it is now; one that has ended stands in no other's way."""
        documents.put(TRANSFER, transfer.code, _encode(transfer))
        documents.put(BY_DOSSIER, transfer.dossier_code, transfer.code.encode())
        if transfer.has_slip:
            documents.put(BY_SLIP, transfer.slip_number, transfer.code.encode())
        if transfer.state in (State.REGISTERED, State.REFUSED) and self.blocks(documents, transfer):
            documents.put(OPEN, transfer.certificate_number, b"")
        self.name(transfer.seller.citizen_number, transfer.buyer.citizen_number)

    def blocks(self, documents: Documents, transfer: Transfer) -> bool:
        """Whether a transfer is the one that is under way for its parcel."""
        return documents.get(OPEN, transfer.certificate_number) == transfer.code.encode()

    def block(self, documents: Documents, transfer: Transfer) -> bool:
        """Makes a transfer the one that is under way for its parcel; False when there is another."""
        if documents.get(OPEN, transfer.certificate_number) and not self.blocks(documents, transfer):
            return False
        documents.put(OPEN, transfer.certificate_number, transfer.code.encode())
        return True

    def register(self, documents: Documents, transfer: Transfer, parcel: LandParcel) -> str:
        """Gives the parcel to the buyer, under a new certificate whose number it returns."""
        number = f"{_SERIES} {next_count(documents, 'certificates') + 1:06d}"
        buyer = transfer.buyer
        owned = replace(parcel, number=number, owner_number=buyer.citizen_number, owner_name=buyer.full_name)
        documents.put(PARCEL, transfer.certificate_number, _GIVEN_UP)
        documents.put(PARCEL, number, _encode(owned))
        return number

    def _named(self, body: bytes | None) -> Transfer | None:
        transfer = _decode(body) if body else None
        if transfer:
            self.name(transfer.seller.citizen_number, transfer.buyer.citizen_number)
        return transfer
