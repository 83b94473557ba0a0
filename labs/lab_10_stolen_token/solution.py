"""What a pupil does in lab 10."""

import json
import time
from base64 import urlsafe_b64decode
from contextlib import suppress

import grpc

from ndxp import proxies
from ndxp.exchange.v1.exchange_pb2 import ListMyGrantsRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.calls import records_of

_GET = "ndxp.population.v1.PopulationService/GetCitizen"
_OPEN_SECONDS = 1.0


def solve(place: Workplace) -> None:
    """Uses the stolen token, changes key and secret, and dismisses the company while it waits for an answer."""
    token = (place.folder / "stolen-token").read_text(encoding="utf-8")
    _steal(place, token)
    _steal(place, token, "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn", {})
    part = token.split(".")[1]
    claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    place.answers["limits"] = str(claims["exp"] - claims["iat"])
    place.admin.send("POST", "/keys", body={"leaked": False})
    _steal(place, token)
    place.admin.send("POST", "/members/rotate", body={"member": place.subsystems["me"]})
    place.settle()
    _steal(place, token)
    with place.connect() as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(VerifyCitizenRequest(**_who(place)))
    _dismiss(place)
    place.admin.send("POST", "/members/enable", body={"member": place.values["member"]})
    place.settle()
    with place.connect("company") as connection:
        ExchangeServiceStub(connection.channel).ListMyGrants(ListMyGrantsRequest())


def _who(place: Workplace) -> dict[str, str]:
    values = place.values
    return {"citizen_number": values["number"], "full_name": values["name"], "birth_date": values["birth"]}


def _steal(place: Workplace, token: str, method: str = _GET, request: dict[str, str] | None = None) -> None:
    """Calls as a thief does, who has the token and nothing else."""
    with proxies.client(base_url=place.values["http"], trust_env=False) as http:
        identity = {"Authorization": f"Bearer {token}"}
        http.post(f"/{method}", headers=identity, json=_who(place) if request is None else request)


def _dismiss(place: Workplace) -> None:
    """Disables the company while a call of it is open, and reads from the ledger how long the call went on."""
    with place.connect("company", deadline=30) as connection:
        stub = PopulationServiceStub(connection.channel)
        call = stub.VerifyCitizen.future(VerifyCitizenRequest(**_who(place)))
        time.sleep(_OPEN_SECONDS)
        place.admin.send("POST", "/members/disable", body={"member": place.values["member"]})
        with suppress(grpc.RpcError):
            call.result()
    ended = place.records("company")[-1]["response_out_ts"]
    disabled = next(
        record
        for record in records_of(place.admin, "admin/operator", place.since)
        if record["issue"] == f"member={place.values['member']}"
    )
    place.answers["dismiss"] = str(round((ended - disabled["request_in_ts"]) / 1000))
