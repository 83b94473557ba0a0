"""What is known of usage: calls as the exchange has counted them, and the members that made them."""

from dataclasses import dataclass
from enum import IntEnum

from ndxp.identifiers import member_of


class Kind(IntEnum):
    """How calls ended; numbers as in the contract."""

    ANSWERED = 1
    FAILED = 2
    REFUSED = 3


class Group(IntEnum):
    """Who is ranked; numbers as in the contract."""

    PROVINCES = 1
    MINISTRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The calls of one subsystem to one service on one day (yyyy-MM-dd), by how they ended."""

    day: str
    client: str
    service: str
    counts: dict[Kind, int]

    @property
    def member(self) -> str:
        """Whose subsystem called."""
        return member_of(self.client)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the exchange."""

    identifier: str
    name: str
