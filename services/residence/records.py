"""The register's records: filings, what was registered of residents, stays, and how many guests a night has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum

import msgspec

from ndxp.agency.day import day_of
from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_subject
from ndxp.world import Address, Relative, World
from ndxp.world.registers.households import HouseholdNumbers
from ndxp.world.registers.old_numbers import OldNumbers
from ndxp.world.registers.passports import Passports

FILING = "filing"
RESIDENT = "resident"
STAY = "stay"
RELATIVE = "relative"
NIGHT = "night"


class Kind(IntEnum):
    """What is filed; the first two are the contract's kinds of residence."""

    PERMANENT = 1
    TEMPORARY = 2
    REMOVAL = 3


class State(IntEnum):
    """Where a filing is; numbers as in the contract."""

    RECEIVED = 1
    DONE = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A registration or a removal as stored; times are in µs since 1970 (UTC), by the nation's clock."""

    code: str
    dossier_code: str
    kind: Kind
    citizen_number: str
    full_name: str
    birth_date: str
    household_member: str = ""
    address: Address | None = None
    due_at: int
    traceparent: str
    user_id: str
    state: State = State.RECEIVED
    reason: str = ""
    decided_at: int = 0
    household_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A household that somebody was registered in."""

    household_number: str
    address: Address
    head: Relative


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """What was registered of one person at run time."""

    permanent: Home | None = None
    temporary: Home | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A notified stay; times are in µs since 1970 (UTC), by the nation's clock."""

    stay_id: str
    full_name: str
    identity_number: str
    reason: str
    arrived_at: int
    leaving_on: date
    address: Address
    host_number: str
    notified_at: int
    due_at: int
    withdrawn: bool = False

    @property
    def late(self) -> bool:
        """Whether it was notified too late."""
        return self.notified_at > self.due_at

    def nights(self) -> list[date]:
        """The days on which its nights begin."""
        first = day_of(self.arrived_at)
        return [first + timedelta(night) for night in range((self.leaving_on - first).days)]


_encode = msgspec.json.Encoder().encode
_decode_filing = msgspec.json.Decoder(Filing).decode
_decode_resident = msgspec.json.Decoder(Resident).decode
_decode_stay = msgspec.json.Decoder(Stay).decode


class Register:
    """Residents and guests; whose data an answer has is named as its subject."""

    def __init__(self, world: World) -> None:
        self._world = world

    def filing(self, documents: Documents, code: str) -> Filing | None:
        """A filing of the caller's by its code."""
        body = documents.own(FILING, code)
        if body is None:
            return None
        filing = _decode_filing(body)
        self.name(documents, filing.citizen_number)
        return filing

    def any_filing(self, documents: Documents, code: str) -> Filing | None:
        """A filing by its code, whoever filed it: for the agency's own work."""
        body = documents.get(FILING, code)
        return _decode_filing(body) if body else None

    def store_filing(self, documents: Documents, filing: Filing) -> None:
        """Stores a filing as it is now."""
        self.name(documents, filing.citizen_number)
        documents.put(FILING, filing.code, _encode(filing), owner=filing.citizen_number)

    def resident(self, documents: Documents, citizen_number: str) -> Resident:
        """What was registered of a person."""
        body = documents.get(RESIDENT, citizen_number)
        return _decode_resident(body) if body else Resident()

    def store_resident(self, documents: Documents, citizen_number: str, resident: Resident) -> None:
        """Stores what is registered of a person now."""
        documents.put(RESIDENT, citizen_number, _encode(resident))

    def home(self, documents: Documents, citizen_number: str) -> Home | None:
        """Where somebody lives permanently: as registered at run time, else as the world has it; None for nobody."""
        if permanent := self.resident(documents, citizen_number).permanent:
            return permanent
        citizen = self._world.citizen(citizen_number)
        if citizen is None:
            return None
        return Home(
            household_number=citizen.household_number, address=citizen.permanent_address, head=citizen.head_of_household
        )

    def new_household_number(self, documents: Documents, province: str) -> str:
        """A number for a household that is founded at run time; no household of the world has it."""
        while True:
            number = f"{province[1:]}{9_999_999 - next_count(documents, f'households-{province}'):07d}"
            if self._world.resolve(HouseholdNumbers, number) is None:
                return number

    def stay(self, documents: Documents, stay_id: str) -> Stay | None:
        """A stay of the caller's by its number."""
        body = documents.own(STAY, stay_id)
        if body is None:
            return None
        stay = _decode_stay(body)
        self._name_guest(documents, stay)
        return stay

    def notified_before(self, documents: Documents, host_number: str, identity_number: str) -> str | None:
        """The number of the stay with which a near relative of the host was notified; None for others."""
        key = self._relative_key(host_number, identity_number)
        body = documents.get(RELATIVE, key) if key else None
        if not body:
            return None
        self.name(documents, key.rpartition("/")[2])
        return body.decode()

    def add_stay(self, documents: Documents, stay: Stay) -> None:
        """Stores a new stay and counts its nights."""
        documents.put(STAY, stay.stay_id, _encode(stay))
        self._count_nights(documents, stay, 1)
        self._note_relative(documents, stay, stay.stay_id)
        self._name_guest(documents, stay)

    def withdraw_stay(self, documents: Documents, stay: Stay) -> Stay:
        """Stores a stay as withdrawn; its nights count no more."""
        withdrawn = replace(stay, withdrawn=True)
        documents.put(STAY, stay.stay_id, _encode(withdrawn))
        self._count_nights(documents, stay, -1)
        self._note_relative(documents, stay, "")
        return withdrawn

    def guests(self, documents: Documents, night: date) -> Mapping[str, int]:
        """How many stays a night has, by the code of the province."""
        counts = {document.key.rpartition("/")[2]: int(document.body) for document in documents.of(NIGHT, str(night))}
        return {province: counts[province] for province in sorted(counts) if counts[province]}

    def name(self, documents: Documents, citizen_number: str) -> None:
        """Names a person as a subject, when there is one with this number."""
        if self._world.exists(citizen_number) or documents.get(RESIDENT, citizen_number):
            names_subject(citizen_number)

    def _name_guest(self, documents: Documents, stay: Stay) -> None:
        for number in (self._citizen_number(stay.identity_number), stay.host_number):
            self.name(documents, number)

    def _note_relative(self, documents: Documents, stay: Stay, stay_id: str) -> None:
        if key := self._relative_key(stay.host_number, stay.identity_number):
            documents.put(RELATIVE, key, stay_id.encode())

    def _relative_key(self, host_number: str, identity_number: str) -> str:
        """Host and guest, by their citizen numbers, when the guest is a near relative of the host; empty for others."""
        guest = self._citizen_number(identity_number)
        return f"{host_number}/{guest}" if host_number and guest in self._near_relatives(host_number) else ""

    def _near_relatives(self, number: str) -> set[str]:
        """Parents, children, husband or wife, as the world has them."""
        world = self._world
        return {*(world.parents(number) or ()), *world.children(number), world.spouse(number) or ""} - {""}

    def _citizen_number(self, identity_number: str) -> str:
        """The citizen number behind an identity document; empty when it is nobody's here, as a foreigner's."""
        match len(identity_number), identity_number.isdigit():
            case 12, True:
                return identity_number
            case 9, True:
                return self._world.resolve(OldNumbers, identity_number) or ""
            case _:
                return self._world.resolve(Passports, identity_number) or ""

    def _count_nights(self, documents: Documents, stay: Stay, change: int) -> None:
        for night in stay.nights():
            key = f"{night}/{stay.address.province}"
            count = int(documents.get(NIGHT, key) or b"0") + change
            documents.put(NIGHT, key, str(count).encode(), owner=str(night))
