"""The synthetic nation as one object: who exists, who they are, and what other registers hold about them."""

from collections.abc import Iterator
from typing import Any, TypeVar

from ndxp.world.census import CELLS_PER_PROVINCE
from ndxp.world.citizen import Citizen, Household
from ndxp.world.nation import Nation, Person
from ndxp.world.permutation import Permutation
from ndxp.world.personas import PERSONA_KEYS, Persona, Personas
from ndxp.world.provinces import provinces
from ndxp.world.registers import Registers
from ndxp.world.registers.health_insurance import HealthInsurance, Inconsistency
from ndxp.world.registers.households import HouseholdNumbers
from ndxp.world.registers.register import Register

_Entry = TypeVar("_Entry")


class World:
    """A nation of `population` invented citizens, the same in every process that names the same seed.

    Nobody is stored: everything about a citizen is worked out from the number when asked for, in
    microseconds. Methods that take a citizen number answer None (or nothing) when nobody has it.
    Raises ValueError for a population outside 1..105,000,000.
    """

    def __init__(self, seed: int = 2023, population: int = 100_300_000) -> None:
        self.seed = seed
        self.population = population
        self.nation = Nation(seed, population)
        """The machinery below the records, for tests and tools that need ranks and cells."""
        self.registers = Registers(self.nation)
        self._records = self.registers.records
        self._households = self.registers.households
        self._personas = Personas(self)

    def number(self, index: int) -> str:
        """The citizen number of an index 0..population-1; raises IndexError outside."""
        if not 0 <= index < self.population:
            raise IndexError(f"this world has the indices 0..{self.population - 1}, not {index}")
        return self.nation.number(*self.nation.census.place(index))

    def index(self, number: str) -> int | None:
        """The index of a citizen number."""
        person = self.nation.person(number)
        return self.nation.census.index(*person) if person else None

    def exists(self, number: str) -> bool:
        """Whether somebody has this citizen number."""
        return self.nation.person(number) is not None

    def citizen(self, number: str) -> Citizen | None:
        """The full record behind a citizen number; None when it is malformed or nobody has it."""
        person = self.nation.person(number)
        return self._records.citizen(person, number) if person else None

    def spouse(self, number: str) -> str | None:
        """The number of the husband or wife, living or dead."""
        person = self.nation.person(number)
        if person is None:
            return None
        spouse = self.nation.families(person.province).spouse(person.cell, person.rank)
        return self.nation.number(person.province, *spouse) if spouse else None

    def parents(self, number: str) -> tuple[str, str] | None:
        """The numbers of father and mother; None when they are not in the registry."""
        person = self.nation.person(number)
        if person is None:
            return None
        parents = self.nation.families(person.province).parents(person.cell, person.rank)
        if parents is None:
            return None
        father, mother = parents
        return self.nation.number(person.province, *father), self.nation.number(person.province, *mother)

    def children(self, number: str) -> tuple[str, ...]:
        """The numbers of the children, by birth year."""
        person = self.nation.person(number)
        if person is None:
            return ()
        children = self.nation.families(person.province).children(person.cell, person.rank)
        return tuple(self.nation.number(person.province, *child) for child in children)

    def household(self, number: str) -> Household | None:
        """The household a citizen lives in."""
        person = self.nation.person(number)
        if person is None:
            return None
        founder = self._households.founder(person)
        members = tuple(self.nation.number(*member) for member in self._households.members(founder))
        return Household(
            number=self.registers[HouseholdNumbers].founded_by(founder),
            head=members[0],
            members=members,
            address=self._records.current_address(founder),
        )

    def entry(self, register: type[Register[_Entry]], number: str) -> _Entry | None:
        """What a register has of a citizen, ``entry(Passports, number)``; None for nothing, and for nobody."""
        person = self.nation.person(number)
        return self.registers[register].entry(person, number) if person else None

    def identifier(self, register: type[Register[Any]], number: str) -> str | None:
        """The number by which a register knows a citizen; None when it does not (or nobody has the number)."""
        person = self.nation.person(number)
        return (self.registers[register].number(person, number) or None) if person else None

    def resolve(self, register: type[Register[Any]], value: str) -> str | None:
        """The citizen number behind a register's number; for a household, its founder's (see `household`)."""
        person = self.registers[register].by_number(value)
        return self.nation.number(*person) if person else None

    def inconsistency(self, number: str) -> Inconsistency | None:
        """The planted disagreement between population database and insurer; about 0.5 % of citizens have one."""
        person = self.nation.person(number)
        return self.registers[HealthInsurance].inconsistency(person, number) if person else None

    def persona(self, key: str) -> Persona:
        """A documented citizen by key (see PERSONA_KEYS).

        Raises UnknownPersonaError (a KeyError), or PersonaNotFoundError (a LookupError) in a world too small.
        """
        return self._personas.persona(key)

    def personas(self) -> tuple[Persona, ...]:
        """All personas; raises PersonaNotFoundError as `persona` does."""
        return tuple(self._personas.persona(key) for key in PERSONA_KEYS)

    def sample(self, count: int, seed: int = 0, *, alive: bool = False) -> Iterator[Citizen]:
        """`count` distinct citizens, uniformly drawn; the same for the same seed. Fewer when the world is smaller."""
        order = Permutation.covering(self.population, self.nation.key(f"sample {seed}"))
        for turn in range(order.size):
            if count <= 0:
                return
            index = order.forward(turn)
            if index >= self.population:
                continue
            person = Person(*self.nation.census.place(index))
            citizen = self._records.citizen(person, self.nation.number(*person))
            if not (alive and citizen.deceased):
                count -= 1
                yield citizen

    def absent_number(self, i: int) -> str:
        """The i-th of a long row of well-formed citizen numbers that nobody has (i >= 0); distinct for distinct i."""
        cells = CELLS_PER_PROVINCE * len(provinces())
        return self.nation.vacant_number(*divmod(i * _STRIDE % cells, CELLS_PER_PROVINCE), i // cells)


_STRIDE = 7_919
"""Prime to the number of cells, so that neighbouring absent numbers come from all over the country."""
