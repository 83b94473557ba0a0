"""Counts everything under way in this worker, and decides whether there is room for more."""

import time

from gateway.core.circuit import Circuit
from gateway.core.registry import Service, Snapshot
from gateway.core.shedding import Room
from gateway.core.transaction import Call, Origin
from gateway.settings import GatewaySettings
from ndxp.errors import Reason, Refusal
from ndxp.plural import count

_UNDER_WAY = 1.25
"""Calls under way may hold ``max_member_bytes`` this many times: first new calls are refused, then these end too."""


class Holding:
    """The bytes that are kept for one member's calls until they can be passed on."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = 0


class Admission:
    """Counts calls, places at providers' addresses, rooms of unary methods, circuits, and bytes that members hold.

    ``calls`` are under way in this worker, ``at_providers`` how many at each address, ``streams`` how many of these are
    streams; ``rooms`` limit the unary ones by address and method; ``backlog`` is how many journal entries wait for the
    recorder.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self.calls = 0
        self.at_providers: dict[str, int] = {}
        self.streams: dict[str, int] = {}
        self.rooms: dict[tuple[str, str], Room] = {}
        self.circuits: dict[str, Circuit] = {}
        self.backlog = 0
        self._holdings: dict[str, Holding] = {}

    @property
    def journal_full(self) -> bool:
        """Whether too many entries wait for the recorder."""
        return self.backlog > self._settings.max_backlog

    def check(self, snapshot: Snapshot, call: Call, service: Service) -> None:
        """Whether there is room in the worker, for the member's bytes, and at the provider.

        Raises Refusal (OVERLOADED).
        """
        settings = self._settings
        if self.journal_full:
            raise _overloaded(f"{self.backlog} journal entries wait for the recorder", retry_after=1)
        if self.calls >= settings.max_calls:
            raise _overloaded(f"this worker has {count(self.calls, 'call')} under way")
        self._check_held(call.client, settings.max_member_bytes)
        self._check_place(snapshot, call, service)

    def check_held(self, client: str) -> None:
        """Checks whether a call under way may hold its bytes; the limit is a little higher than for new calls.

        Raises Refusal (OVERLOADED).
        """
        self._check_held(client, int(_UNDER_WAY * self._settings.max_member_bytes))

    def enter(self, call: Call) -> None:
        """Lets a call into the worker; ``leave`` ends it."""
        self.calls += 1
        call.admitted = True

    def enter_place(self, snapshot: Snapshot, call: Call, service: Service) -> None:
        """Gives a call its place at the provider, now that it can be forwarded.

        Raises Refusal: OVERLOADED, CIRCUIT_OPEN.
        """
        room = self._check_place(snapshot, call, service)
        address = call.address
        self.circuits.setdefault(address, Circuit()).enter(address, time.monotonic())
        self.at_providers[address] = self.at_providers.get(address, 0) + 1
        if room is None:
            self.streams[address] = self.streams.get(address, 0) + 1
        else:
            room.calls += 1
        call.room, call.placed = room, True

    def leave(self, call: Call) -> None:
        """Ends the call's counts, and tells circuit and room how the provider did."""
        if call.admitted:
            call.admitted = False
            self.calls -= 1
        if call.placed:
            call.placed = False
            self._leave_place(call)
        if circuit := self.circuits.get(call.address):
            if call.origin is Origin.PROVIDER:
                circuit.succeeded()
            elif call.attempts and call.reason == Reason.PROVIDER_UNREACHABLE:
                circuit.failed(time.monotonic())

    def holding(self, client: str) -> Holding:
        """What is kept for a member; only good tokens name one, so there are as many as subsystems."""
        holding = self._holdings.get(client)
        if holding is None:
            holding = self._holdings[client] = Holding()
        return holding

    def keep(self, addresses: set[str]) -> None:
        """Forgets addresses that no provider has any more."""
        self.circuits = {address: circuit for address, circuit in self.circuits.items() if address in addresses}
        self.rooms = {place: room for place, room in self.rooms.items() if place[0] in addresses}
        self.at_providers = {address: count for address, count in self.at_providers.items() if count}
        self.streams = {address: count for address, count in self.streams.items() if count}

    def _check_held(self, client: str, most: int) -> None:
        if self.holding(client).held > most:
            raise _overloaded(f"calls of {client} hold more than {most} bytes in this worker")

    def _check_place(self, snapshot: Snapshot, call: Call, service: Service) -> Room | None:
        """The room of a unary method, None for streams; raises Refusal where there is no place left."""
        address = call.address
        there = self.at_providers.get(address, 0)
        room = self.rooms.get((address, call.method))
        if room is None:
            kind = snapshot.method(call.method)
            if kind is not None and kind.unary:
                room = self.rooms[address, call.method] = Room(self._settings.max_calls, self._settings.max_queueing)
        # Streams get half of the places, so that a few long, quiet streams cannot keep short calls out.
        full = room.full if room else self.streams.get(address, 0) >= (service.in_flight + 1) // 2
        if there >= service.in_flight or full:
            raise Refusal(
                Reason.OVERLOADED,
                f"{service.provider} has as many such calls under way from this worker as it can serve",
                retry_after=0.5,
                metadata={"service": service.provider, "under_way": str(there)},
            )
        return room

    def _leave_place(self, call: Call) -> None:
        self.at_providers[call.address] -= 1
        if call.room is None:
            self.streams[call.address] -= 1
        else:
            took = (call.response_in_ts - call.request_out_ts) / 1e6 if call.origin is Origin.PROVIDER else None
            call.room.leave(took, time.monotonic())


def _overloaded(message: str, *, retry_after: float = 0.5) -> Refusal:
    return Refusal(Reason.OVERLOADED, message, retry_after=retry_after)
