"""The directorate's records: the world's licences, with the withdrawals made since."""

from dataclasses import dataclass
from datetime import date

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_existing, names_subject
from ndxp.world import World
from ndxp.world.registers.licences import Licence, Licences

WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A time in which a licence may not be used; ``at`` is its beginning in µs since 1970 (UTC)."""

    reason: str
    at: int
    last_day: date
    ended: bool = False
    """Whether it was ended before its last day."""

    def holds(self, today: date) -> bool:
        """Whether the licence may not be used on a day."""
        return not self.ended and today <= self.last_day


@dataclass(frozen=True, slots=True)
class Record:
    """A licence with its latest withdrawal, if there was one; that may have ended."""

    licence: Licence
    withdrawal: Withdrawal | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Withdrawal).decode


class LicenceRegister:
    """Licences by number and by holder; the holder is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def by_number(self, documents: Documents, licence_number: str) -> Record | None:
        """The licence with a number."""
        holder = self._world.resolve(Licences, licence_number)
        return self._of(documents, holder) if holder else None

    def of_citizen(self, documents: Documents, citizen_number: str) -> list[Record]:
        """The licences of a citizen, who is a subject also when there are none."""
        self.name(citizen_number)
        record = self._of(documents, citizen_number)
        return [record] if record else []

    def store(self, documents: Documents, record: Record) -> None:
        """Stores the withdrawal of a licence as it is now."""
        documents.put(WITHDRAWAL, record.licence.number, _encode(record.withdrawal))

    def name(self, citizen_number: str) -> None:
        """Names a citizen of whom a licence is confirmed or denied, if there is one with this number."""
        names_existing(self._world.exists, citizen_number)

    def _of(self, documents: Documents, holder: str) -> Record | None:
        licence = self._world.entry(Licences, holder)
        if licence is None:
            return None
        names_subject(holder)
        body = documents.get(WITHDRAWAL, licence.number)
        return Record(licence, _decode(body) if body else None)
