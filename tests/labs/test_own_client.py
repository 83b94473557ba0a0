"""Lab 5: attempts that do not belong together, and a refusal that was invented or sent again, are found."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import grpc
import httpx

from ndxp.health_insurance.v1.health_insurance_pb2 import CheckInRequest
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.labs import Workplace
from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing, why

GET = "/ndxp.population.v1.PopulationService/GetCitizen"


def ask(exchange: RunningExchange, place: Workplace, question: Mapping[str, Any], message: str = "") -> httpx.Response:
    """One attempt over HTTP."""
    token = exchange.tokens(place.subsystems["web"]).blocking()
    headers = {"Authorization": f"Bearer {token}", "x-ndxp-purpose": "treatment"}
    named = {"x-ndxp-message-id": message} if message else {}
    return httpx.post(f"{place.doors}{GET}", headers={**headers, **named}, json=question, trust_env=False)


def patients(place: Workplace) -> list[dict[str, Any]]:
    lines = (place.folder / "patients.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_questions_that_were_sent_again_without_a_message_id_do_not_count(
    begin: Begin, exchange: RunningExchange
) -> None:
    course = begin("5")
    place = course.workplace()
    readable = [patient for patient in patients(place) if isinstance(patient["citizenNumber"], str)]
    answers = [ask(exchange, place, patient).status_code for patient in [readable[0], *readable]]
    assert answers == [503, 200, 200, 200, 200]
    assert "4 of 4 patients have no answer" in why(course, "http")


def test_a_check_in_that_was_called_twice_by_hand_is_no_second_attempt(begin: Begin) -> None:
    course = begin("5")
    place = course.workplace()
    values = place.values
    visit = CheckInRequest(
        request_id="by-hand", citizen_number=values["number"], full_name=values["name"], birth_date=values["birth"],
        facility="01001",
    )  # fmt: skip
    with place.connect() as connection:
        for _ in range(2):
            with suppress(grpc.RpcError):
                HealthInsuranceServiceStub(connection.channel).CheckIn(visit)
    assert place.calls(method="CheckIn").codes == ["UNAVAILABLE", "OK"]
    assert "no CheckIn was answered at a second attempt" in why(course, "again")


def test_a_refusal_that_the_exchange_never_gave_is_none(begin: Begin, exchange: RunningExchange) -> None:
    course = begin("5")
    course.solve()
    place = course.workplace()
    kept = place.folder / "refused.json"
    refusal = json.loads(kept.read_text(encoding="utf-8"))
    other = exchange.admin.get("transactions", params={"limit": 1}).json()[0]["transaction_id"]
    for invented in ({**refusal, "transaction_id": other}, {"reason": "REQUEST_MALFORMED"}, "refused"):
        kept.write_text(json.dumps(invented), encoding="utf-8")
        assert missing(course) == ["refused"]


def test_what_was_refused_and_is_sent_again_is_found(begin: Begin, exchange: RunningExchange) -> None:
    course = begin("5")
    place = course.workplace()
    wrong = next(patient for patient in patients(place) if not isinstance(patient["citizenNumber"], str))
    for _ in range(2):
        answer = ask(exchange, place, wrong, "again-1")
        assert answer.status_code == httpx.codes.BAD_REQUEST
    (place.folder / "refused.json").write_text(answer.text, encoding="utf-8")
    assert "sent again what was refused" in why(course, "refused")
