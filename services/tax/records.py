"""The tax agency's records: slips with their notices and payments."""

from dataclasses import dataclass
from enum import IntEnum

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_existing
from ndxp.world import World

SLIP = "slip"
NOTICE = "notice"


class NoticeState(IntEnum):
    """Where a notice is; numbers as in the contract."""

    WAITING = 1
    ISSUED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A slip with what came of it. Amounts are in đồng, times in µs since 1970 (UTC) of the nation's clock, 0 for none.

    ``traceparent`` is that of the call that brought it.
    """

    slip_number: str
    dossier_code: str
    certificate_number: str
    seller_number: str
    buyer_number: str
    area: int
    price: int
    due_at: int
    traceparent: str
    state: NoticeState = NoticeState.WAITING
    reason: str = ""
    notice_number: str = ""
    income_tax: int = 0
    registration_fee: int = 0
    pay_by: int = 0
    paid_at: int = 0
    receipt: str = ""

    @property
    def amount(self) -> int:
        """What is to be paid."""
        return self.income_tax + self.registration_fee


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Slip).decode


class TaxOffice:
    """Slips; seller and buyer are named as subjects of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def slip(self, documents: Documents, slip_number: str) -> Slip | None:
        """A slip of the caller's."""
        return self._named(documents.own(SLIP, slip_number))

    def slip_for_work(self, documents: Documents, slip_number: str) -> Slip | None:
        """A slip, whosever it is, for the agency's own work."""
        body = documents.get(SLIP, slip_number)
        return _decode(body) if body else None

    def by_notice(self, documents: Documents, notice_number: str) -> Slip | None:
        """The slip whose notice has a number, for whoever knows that number."""
        slip_number = documents.get(NOTICE, notice_number)
        return self._named(documents.get(SLIP, slip_number.decode())) if slip_number else None

    def store(self, documents: Documents, slip: Slip) -> None:
        """Stores a slip as it is now."""
        documents.put(SLIP, slip.slip_number, _encode(slip))
        if slip.notice_number:
            documents.put(NOTICE, slip.notice_number, slip.slip_number.encode())
        self._name(slip)

    def _named(self, body: bytes | None) -> Slip | None:
        slip = _decode(body) if body else None
        if slip:
            self._name(slip)
        return slip

    def _name(self, slip: Slip) -> None:
        names_existing(self._world.exists, slip.seller_number, slip.buyer_number)
