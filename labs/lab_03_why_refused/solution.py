"""What a pupil does in lab 3."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import grpc

from ndxp.labs import Workplace
from ndxp.one_stop.v1.one_stop_pb2 import GetPunctualityRequest
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_WHO = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979-07-20"}
_SERVICE = ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService")
_PRESS = [("x-ndxp-purpose", "press accreditation")]


def solve(place: Workplace) -> None:
    """Makes each call as it is refused, repairs what is wrong, and makes it again."""
    _as_the_province(place)
    with place.connect("hospital") as connection:
        people = PopulationServiceStub(connection.channel)
        _refused(people.GetCitizen, population.GetCitizenRequest(**_WHO))
        people.GetCitizen(population.GetCitizenRequest(**_WHO), metadata=[("x-ndxp-purpose", "treatment")])
    with place.connect("press") as connection:
        people = PopulationServiceStub(connection.channel)
        _refused(people.VerifyCitizen, population.VerifyCitizenRequest(**_WHO))
        _refused(people.GetCitizen, population.GetCitizenRequest(**_WHO), metadata=_PRESS)
        place.grant("press", *_SERVICE, ["VerifyCitizen"])
        place.grant("press", *_SERVICE, ["GetCitizen"], purposes=["press accreditation"], valid_until="2030-12-31")
        place.settle()
        people.VerifyCitizen(population.VerifyCitizenRequest(**_WHO))
        people.GetCitizen(population.GetCitizenRequest(**_WHO), metadata=_PRESS)
    with place.connect("busy") as connection:
        people = PopulationServiceStub(connection.channel)
        for _ in range(2):
            _refused(people.VerifyCitizen, population.VerifyCitizenRequest(**_WHO))
        place.quota("busy", rate=100, burst=100)
        place.settle()
        people.VerifyCitizen(population.VerifyCitizenRequest(**_WHO))


def _as_the_province(place: Workplace) -> None:
    values = place.values
    with place.connect() as connection:
        people, offices = PopulationServiceStub(connection.channel), PassportServiceStub(connection.channel)
        one_stop = OneStopServiceStub(connection.channel)
        _refused(connection.channel.unary_unary("/ndxp.population.v1.PopulationService/VerifyCitizn"), b"")
        people.VerifyCitizen(population.VerifyCitizenRequest(**_WHO))
        _refused(one_stop.GetPunctuality, GetPunctualityRequest())
        one_stop.GetPunctuality(GetPunctualityRequest(), metadata=[("x-ndxp-service", "VN/GOV/H26/one-stop")])
        _refused(people.VerifyCitizen, population.VerifyCitizenRequest(**{**_WHO, "birth_date": "20-07-1979"}))
        people.VerifyCitizen(population.VerifyCitizenRequest(**_WHO))
        _refused(offices.GetApplication, passports.GetApplicationRequest(application_id="unknown"))
        made = offices.SubmitApplication(
            passports.SubmitApplicationRequest(
                request_id="lab-3", citizen_number=values["number"], full_name=values["name"],
                birth_date=values["birth"], delivery_address="Hà Nội",
            )
        )  # fmt: skip
        offices.GetApplication(passports.GetApplicationRequest(application_id=made.application.application_id))
        household = population.ListHouseholdRequest(citizen_number=_WHO["citizen_number"])
        _refused(people.ListHousehold, household)
        place.admin.send("DELETE", f"/faults/{values['fault']}")
        place.settle()
        people.ListHousehold(household)
        _refused(people.GetCitizen, population.GetCitizenRequest(**_WHO), timeout=0.3)
        people.GetCitizen(population.GetCitizenRequest(**_WHO))


def _refused(call: Callable[..., Any], request: object, **options: Any) -> None:
    with suppress(grpc.RpcError):
        call(request, **options)
