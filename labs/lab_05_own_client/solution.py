"""What a pupil does in lab 5."""

import json
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import grpc
import httpx

from ndxp.health_insurance.v1.health_insurance_pb2 import CheckInRequest
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import GetCitizenRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_GET = "/ndxp.population.v1.PopulationService/GetCitizen"


def solve(place: Workplace) -> None:
    """Runs both clients: one over gRPC, one over HTTP."""
    _in_python(place)
    _over_http(place)


def _in_python(place: Workplace) -> None:
    values = place.values
    who = {"citizen_number": values["number"], "full_name": values["name"], "birth_date": values["birth"]}
    with place.connect(retries=True) as connection:
        population = PopulationServiceStub(connection.channel)
        population.GetCitizen(
            GetCitizenRequest(**who),
            metadata=[("x-ndxp-purpose", "treatment"), ("x-ndxp-user-id", values["officer"])],
        )
        with suppress(grpc.RpcError):
            population.VerifyCitizen(VerifyCitizenRequest(**who), timeout=1)
        HealthInsuranceServiceStub(connection.channel).CheckIn(
            CheckInRequest(request_id=str(uuid4()), facility="01001", **who)
        )


def _over_http(place: Workplace) -> None:
    me = place.subsystems["web"]
    secret = json.loads((place.run_folder / "credentials.json").read_text(encoding="utf-8"))[me]
    patients = (place.folder / "patients.jsonl").read_text(encoding="utf-8").splitlines()
    with httpx.Client(base_url=place.doors, timeout=10, trust_env=False) as doors:
        form = {"grant_type": "client_credentials"}
        token = doors.post("/token", auth=(me, secret), data=form).raise_for_status().json()["access_token"]
        for line in patients:
            answer = _asked(doors, token, json.loads(line))
            if answer.is_error:
                (place.folder / "refused.json").write_text(answer.text, encoding="utf-8")


def _asked(doors: httpx.Client, token: str, question: dict[str, Any]) -> httpx.Response:
    """The answer to a question, which is sent again while the exchange says when to come back."""
    headers = {
        "Authorization": f"Bearer {token}", "x-ndxp-purpose": "treatment", "x-ndxp-message-id": str(uuid4()),
        "Connect-Timeout-Ms": "3000",
    }  # fmt: skip
    for _ in range(3):
        answer = doors.post(_GET, headers=headers, json=question)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(float(answer.headers.get("retry-after", "1")))
    return answer
