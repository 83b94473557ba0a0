"""The provider that is checked: one contract of one subsystem, and what is needed to call it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.contract import Contract
from ndxp.wire.tls import Tls

PATIENCE = 10.0
"""Seconds that an agency has for an answer."""

WITHOUT_LIMIT = 3600.0
"""Seconds instead, when a debugger is attached to the agency."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a method: a subsystem with a grant for it, and a purpose that the grant names, if any."""

    client: str
    purpose: str = ""


Examples = Callable[[MethodDescriptor, Asker, int], Sequence[Message] | None]
"""Gives the valid requests of one call of a method, by the number of the call; None when it knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A contract of a provider.

    ``contract`` is as the exchange knows it. ``key`` signs assertions to the subsystem, ``subjects`` hashes subjects.
    ``askers`` are by the names of methods; methods without a grant have none. ``changes`` says whether methods that may
    change something are called with valid requests. ``tries`` is how many wrong requests a method gets. ``patience`` is
    in seconds. ``stop`` ends the agency's process and returns what it did wrong meanwhile; None where the agency is no
    process of this machine by itself. ``disturb`` lets the agency's own calls to others fail with an effect;
    None where that is not wanted.
    """

    subsystem: str
    address: str
    key: bytes
    subjects: bytes
    contract: Contract
    askers: Mapping[str, Asker]
    examples: Examples
    exists: Callable[[str], bool]
    tls: Tls | None = None
    changes: bool = True
    tries: int = 50
    seed: int = 0
    patience: float = PATIENCE
    stop: Callable[[], str] | None = None
    disturb: Callable[[str], AbstractContextManager[None]] | None = None

    @property
    def name(self) -> str:
        """Full name of the contract."""
        return str(self.contract.service.full_name)

    @property
    def methods(self) -> Sequence[MethodDescriptor]:
        """The methods of the contract."""
        return list(self.contract.service.methods)

    def place(self, method: MethodDescriptor) -> str:
        """The method as results name it: "package.Service/Method"."""
        return f"{self.name}/{method.name}"

    def callable(self, method: MethodDescriptor) -> bool:
        """Whether the method may be called with requests that could change something."""
        return self.changes or self.contract.read_only(method)

    def example(self, method: MethodDescriptor, number: int = 0) -> Sequence[Message] | None:
        """The valid requests of one call of a method."""
        asker = self.askers.get(method.name)
        return self.examples(method, asker, number) if asker else None
