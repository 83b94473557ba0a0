"""The department's records: the world's vehicles, with the registrations that were withdrawn since."""

from dataclasses import dataclass

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_existing, names_subject
from ndxp.world import World
from ndxp.world.registers.vehicles import Vehicle, Vehicles

WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The end of a registration; ``at`` is in µs since 1970 (UTC)."""

    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A vehicle, and the end of its registration if that was withdrawn."""

    vehicle: Vehicle
    withdrawal: Withdrawal | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Withdrawal).decode


class VehicleRegister:
    """Registrations by plate and by owner; the owner is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def by_plate(self, documents: Documents, plate: str) -> Registration | None:
        """The registration of the vehicle with a plate."""
        owner = self._world.resolve(Vehicles, plate)
        return self._of(documents, owner) if owner else None

    def of_citizen(self, documents: Documents, citizen_number: str) -> list[Registration]:
        """The registrations of a citizen, who is a subject also when there are none."""
        self.name(citizen_number)
        registration = self._of(documents, citizen_number)
        return [registration] if registration else []

    def withdraw(self, documents: Documents, registration: Registration) -> None:
        """Stores a withdrawal."""
        documents.put(WITHDRAWAL, registration.vehicle.plate, _encode(registration.withdrawal))

    def name(self, citizen_number: str) -> None:
        """Names a citizen of whom a vehicle is confirmed or denied, if there is one with this number."""
        names_existing(self._world.exists, citizen_number)

    def _of(self, documents: Documents, owner: str) -> Registration | None:
        vehicle = self._world.entry(Vehicles, owner)
        if vehicle is None:
            return None
        names_subject(owner)
        body = documents.get(WITHDRAWAL, vehicle.plate)
        return Registration(vehicle, _decode(body) if body else None)
