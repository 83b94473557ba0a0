"""The insurer's records: the world's cards with those issued since, and visits."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_subject
from ndxp.world import World
from ndxp.world.registers.health_insurance import HealthInsurance, InsuranceCard
from ndxp.world.registers.social_insurance import SocialInsurance

CARD = "card"
CARD_NUMBER = "card-number"
VISIT = "visit"

_LAST_SOCIAL_INSURANCE_NUMBER = 9_999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit to a facility; ``recorded_at`` is in µs since 1970 (UTC)."""

    visit_id: str
    citizen_number: str
    facility: str
    recorded_at: int
    purpose: str


_encode = msgspec.json.Encoder().encode
_decode_card = msgspec.json.Decoder(InsuranceCard).decode
_decode_visit = msgspec.json.Decoder(Visit).decode


class Insurer:
    """Cards and visits of citizens; who is looked up is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def card(self, documents: Documents, citizen_number: str) -> InsuranceCard | None:
        """A citizen's card, the world's or one issued at run time."""
        card = self._world.entry(HealthInsurance, citizen_number)
        if card is None and (body := documents.get(CARD, citizen_number)):
            card = _decode_card(body)
        self._name(citizen_number, known=card is not None)
        return card

    def card_by_number(self, documents: Documents, number: str) -> InsuranceCard | None:
        """The card with a number of 10 digits or 15 characters, or of the citizen with one of 12 digits."""
        if len(number) == 12:
            return self.card(documents, number)
        holder = self._holder(documents, number[-10:])
        card = self.card(documents, holder) if holder else None
        return card if card and number in (card.number, card.old_number) else None

    def social_insurance_number(self, documents: Documents, citizen_number: str) -> str:
        """A citizen's number, which the world's citizens have already; otherwise one that nobody has.

        Counts down from the last number and steps over the world's.
        """
        if known := self._world.identifier(SocialInsurance, citizen_number):
            return known
        while True:
            number = f"{_LAST_SOCIAL_INSURANCE_NUMBER - next_count(documents, 'social-insurance'):010d}"
            if self._world.resolve(SocialInsurance, number) is None:
                return number

    def add_card(self, documents: Documents, card: InsuranceCard) -> None:
        """Stores an issued card."""
        documents.put(CARD, card.citizen_number, _encode(card))
        documents.put(CARD_NUMBER, card.number, card.citizen_number.encode())

    def add_visit(self, documents: Documents, visit: Visit) -> None:
        """Stores a visit."""
        documents.put(VISIT, visit.visit_id, _encode(visit), owner=visit.citizen_number)

    def visits(
        self, documents: Documents, citizen_number: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, Visit]]:
        """A citizen's visits with their places, the latest first, from ``before`` on (0: the latest)."""
        found = documents.of(VISIT, citizen_number, before=before or None, limit=limit)
        self._name(citizen_number, known=bool(found))
        return [(document.seq, _decode_visit(document.body)) for document in found]

    def _name(self, citizen_number: str, *, known: bool) -> None:
        """Whoever exists is a subject, known to the insurer or not: that there is no card is told of them too."""
        if known or self._world.exists(citizen_number):
            names_subject(citizen_number)

    def _holder(self, documents: Documents, social_insurance_number: str) -> str | None:
        if holder := self._world.resolve(SocialInsurance, social_insurance_number):
            return holder
        body = documents.get(CARD_NUMBER, social_insurance_number)
        return body.decode() if body else None
