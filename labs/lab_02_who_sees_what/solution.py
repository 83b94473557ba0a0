"""What a pupil does in lab 2."""

from contextlib import suppress

import grpc

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_WHO = GetCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")


def solve(place: Workplace) -> None:
    """Asks as each office, and grants the broadcaster one field."""
    _ask(place, "hospital")
    _ask(place, "hospital", "treatment")
    _ask(place, "province")
    _ask(place, "tax", "tax refund")
    sizes = {role: place.records(role)[-1]["response_size"] for role in ("hospital", "province", "tax")}
    place.answers["least"] = min(sizes, key=lambda role: sizes[role])
    _ask(place, "press", "press accreditation")
    place.grant(
        "press", "VN/GOV/G01/population", "ndxp.population.v1.PopulationService", ["GetCitizen"],
        purposes=["press accreditation"], fields=["citizen.full_name"], valid_until="2030-12-31",
    )  # fmt: skip
    place.settle()
    _ask(place, "press", "press accreditation")


def _ask(place: Workplace, role: str, purpose: str = "") -> None:
    metadata = [("x-ndxp-purpose", purpose)] if purpose else []
    with place.connect(role) as connection, suppress(grpc.RpcError):
        PopulationServiceStub(connection.channel).GetCitizen(_WHO, metadata=metadata)
