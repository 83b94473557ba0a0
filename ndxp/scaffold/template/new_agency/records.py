"""The agency's records: one entry for each citizen."""

from dataclasses import dataclass

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_subject
from ndxp.world import World

ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as stored; ``registered_at`` is in µs since 1970 (UTC)."""

    citizen_number: str
    text: str
    registered_at: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class Register:
    """The entries; whose entry it is, is named as the subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def has_citizen(self, citizen_number: str) -> bool:
        """Whether there is a citizen with this number."""
        exists = self._world.exists(citizen_number)
        if exists:
            names_subject(citizen_number)
        return exists

    def entry(self, documents: Documents, citizen_number: str) -> Entry | None:
        """The entry of a citizen."""
        body = documents.get(ENTRY, citizen_number)
        if body is None:
            return None
        names_subject(citizen_number)
        return _decode(body)

    def store(self, documents: Documents, entry: Entry) -> None:
        """Stores an entry, in the place of the citizen's entry before."""
        documents.put(ENTRY, entry.citizen_number, _encode(entry), owner=entry.citizen_number)
