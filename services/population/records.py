"""The registry's records: the world's citizens, overlaid with what was registered since."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import msgspec

from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_subject
from ndxp.world import (
    Address,
    BloodGroup,
    Citizen,
    CitizenNumber,
    MaritalStatus,
    Relation,
    Relative,
    Sex,
    World,
)
from ndxp.world.registers.old_numbers import OldNumbers

CITIZEN = "citizen"
SERIALS = 1_000_000
"""Serials of a cell, the citizen numbers of one province, sex and birth year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What was registered of one citizen at run time; ``born`` is the record of who is not in the world."""

    born: Citizen | None = None
    death_date: date | None = None
    current_address: Address | None = None

    def over(self, citizen: Citizen) -> Citizen:
        """The record with what was registered."""
        return replace(
            citizen,
            death_date=self.death_date or citizen.death_date,
            current_address=self.current_address or citizen.current_address,
        )


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives together: number and members, the head first, newborns last."""

    number: str
    members: tuple[Citizen, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Registered).decode


class Registry:
    """Citizens by number. Whoever is found is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def of_world(self, number: str) -> Citizen | None:
        """The citizen as the world has him, found by either number, without any look into the database.

        Name and birth date never change, so this is all that verification needs of most people.
        """
        found = self._world.resolve(OldNumbers, number) if len(number) == 9 else number
        return _named(self._world.citizen(found)) if found else None

    def newborn(self, documents: Documents, number: str) -> Citizen | None:
        """The citizen whose birth was registered at run time under this number."""
        registered = _registered(documents, number)
        return _named(registered.over(registered.born)) if registered.born else None

    def citizen(self, documents: Documents, number: str) -> Citizen | None:
        """The record as it is now, found by either number."""
        citizen = self.of_world(number)
        if citizen is None:
            return self.newborn(documents, number)
        return _registered(documents, citizen.number).over(citizen)

    def household(self, documents: Documents, citizen: Citizen) -> Household:
        """The household that a citizen belongs to, with the children registered at run time."""
        home = self._world.household(citizen.head_of_household.number)
        settled = [self.citizen(documents, member) for member in home.members] if home else []
        newborns = [
            _named(registered.over(registered.born))
            for document in reversed(documents.of(CITIZEN, citizen.household_number))
            if (registered := _decode(document.body)).born
        ]
        return Household(citizen.household_number, (*(member for member in settled if member), *newborns))

    def add_newborn(self, documents: Documents, child: Citizen) -> None:
        """Stores a newborn's record."""
        _store(documents, _named(child), Registered(born=child))

    def record_death(self, documents: Documents, citizen: Citizen, death_date: date) -> Citizen:
        """Stores a death and gives the record as it is then."""
        return _store(documents, citizen, replace(_registered(documents, citizen.number), death_date=death_date))

    def record_address(self, documents: Documents, citizen: Citizen, address: Address) -> Citizen:
        """Stores a current address and gives the record as it is then."""
        return _store(documents, citizen, replace(_registered(documents, citizen.number), current_address=address))

    def vacant_number(self, documents: Documents, *, province: str, sex: Sex, birth_year: int) -> str | None:
        """A number of the cell that nobody has, not to be given again; None when the cell is full.

        Counts down from the cell's last serial and steps over the world's citizens.
        """
        cell = f"serial-{province}-{int(sex)}-{birth_year}"
        while (count := next_count(documents, cell)) < SERIALS:
            number = str(CitizenNumber(province, sex, birth_year, SERIALS - 1 - count))
            if not self._world.exists(number):
                return number
        return None


def newborn_record(
    number: str, *, surname: str, middle_name: str, given_name: str, birth_date: date, sex: Sex,
    province: str, mother: Citizen, father: Citizen | None, minor: bool,
) -> Citizen:  # fmt: skip
    """The record of a child who joins the mother's household; origin follows a stated father."""
    her = Relative(mother.number, mother.full_name)
    home = mother.permanent_address
    at_home = home.province == province
    return replace(
        mother,
        number=number, old_number="", surname=surname, middle_name=middle_name, given_name=given_name,
        sex=sex, birth_date=birth_date, death_date=None,
        marital_status=MaritalStatus.SINGLE, blood_group=BloodGroup.UNKNOWN,
        birth_registration=Address(province, home.district if at_home else "", home.ward if at_home else ""),
        place_of_origin=(father or mother).place_of_origin,
        father=Relative(father.number, father.full_name) if father else Relative("", ""),
        mother=her, spouse=None, legal_representative=her if minor else None, relation_to_head=Relation.CHILD,
    )  # fmt: skip


_Found = TypeVar("_Found", Citizen, Citizen | None)


def _named(citizen: _Found) -> _Found:
    if citizen is not None:
        names_subject(citizen.number)
    return citizen


def _registered(documents: Documents, number: str) -> Registered:
    body = documents.get(CITIZEN, number)
    return _decode(body) if body else Registered()


def _store(documents: Documents, citizen: Citizen, registered: Registered) -> Citizen:
    documents.put(CITIZEN, citizen.number, _encode(registered), owner=citizen.household_number)
    return registered.over(citizen)
