"""What every register of the nation is: what it knows of a citizen, worked out from the citizen and never stored."""

from abc import ABC, abstractmethod
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from ndxp.world.nation import Person

if TYPE_CHECKING:
    from ndxp.world.registers import Registers

_Entry = TypeVar("_Entry")


class Register(ABC, Generic[_Entry]):
    """One register. A person and a citizen number that go together are given to its methods.

    What a register leaves to chance it takes from ``key`` or ``draw``: so a new register changes nothing of the others.
    """

    name: ClassVar[str]
    """What the register is called; no two have the same name."""

    def __init__(self, registers: "Registers") -> None:
        self._registers = registers
        self._nation = registers.nation

    @cached_property
    def key(self) -> bytes:
        """32 bytes of the nation's seed for this register alone."""
        return self._nation.key(f"register {self.name}")

    def draw(self, citizen_number: str) -> int:
        """64 uniform bits for a citizen, this register's own."""
        return int.from_bytes(blake2b(citizen_number.encode(), key=self.key, digest_size=8).digest(), "little")

    @abstractmethod
    def entry(self, person: Person, citizen_number: str) -> _Entry | None:
        """What the register has of a citizen; None for nothing."""

    @abstractmethod
    def number(self, person: Person, citizen_number: str) -> str:
        """The number by which the register knows a citizen; empty when it does not."""

    @abstractmethod
    def by_number(self, value: str) -> Person | None:
        """Whom the register knows by a number, which may be any text."""


class Numbers(Register[str]):
    """A register that has nothing of a citizen but a number."""

    def entry(self, person: Person, citizen_number: str) -> str | None:
        """The number; None for who has none."""
        return self.number(person, citizen_number) or None
