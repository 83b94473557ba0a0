"""What a pupil does in lab 8."""

from contextlib import suppress

import grpc

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import GetCitizenRequest, ListHouseholdRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_WHO = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979-07-20"}


def solve(place: Workplace) -> None:
    """Waits too short, waits long enough, and lets the client send again what failed."""
    with place.connect() as connection:
        population = PopulationServiceStub(connection.channel)
        with suppress(grpc.RpcError):
            population.GetCitizen(GetCitizenRequest(**_WHO), timeout=0.5)
        population.GetCitizen(GetCitizenRequest(**_WHO))
    with place.connect(retries=True) as connection:
        population = PopulationServiceStub(connection.channel)
        population.VerifyCitizen(VerifyCitizenRequest(**_WHO))
        with suppress(grpc.RpcError):
            population.ListHousehold(ListHouseholdRequest())
