"""Calls of gRPC services in X-Road's protocol: what reaches the gateway, and the form of the answers."""

import gzip
import json
import re
from base64 import b64encode
from hashlib import sha512
from uuid import UUID

import httpx
import pytest

from ndxp.testing import RunningExchange
from ndxp.world import World
from tests.e2e.conftest import transaction
from tests.gateway.rest.conftest import ONE_STOP
from tests.gateway.rest.xroad_door.conftest import POPULATION, VERIFY

POPULATION_SERVICE = "ndxp.population.v1.PopulationService"


@pytest.fixture(scope="module")
def claim() -> dict[str, str]:
    world = World()
    citizen = next(iter(world.sample(world.population, 7, alive=True)))
    return {
        "citizenNumber": citizen.number, "fullName": citizen.full_name, "birthDate": citizen.birth_date.isoformat()
    }  # fmt: skip


def verify(r1: httpx.Client, claim: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
    return r1.post(VERIFY, json=claim, headers=headers)


def recorded(exchange: RunningExchange, answer: httpx.Response) -> dict[str, object]:
    [*_, record] = transaction(exchange, answer.headers["x-road-request-id"])
    return record


def test_an_answer_has_the_header_fields_of_x_road(r1: httpx.Client, claim: dict[str, str]) -> None:
    answer = verify(r1, claim)
    assert (answer.status_code, answer.json()["matched"]) == (200, True)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-road-client"] == ONE_STOP
    assert answer.headers["x-road-service"] == "VN/GOV/G01/population/PopulationService"
    assert UUID(answer.headers["x-road-id"]).version == 4
    assert UUID(answer.headers["x-road-request-id"]).version == 7
    assert answer.headers["x-road-request-id"] == answer.headers["x-ndxp-transaction-id"]
    assert re.fullmatch(r"[A-Za-z0-9+/]{86}==", answer.headers["x-road-request-hash"])
    assert "x-road-error" not in answer.headers


def test_a_caller_can_compute_the_hash_that_ties_the_answer_to_its_request(
    r1: httpx.Client, claim: dict[str, str]
) -> None:
    body = json.dumps(claim).encode()
    headers = {"content-type": "application/json", "x-road-issue": "HS-1", "accept": "*/*"}
    answer = r1.post(f"{VERIFY}?a=%20b", content=body, headers=headers)
    head = (
        f"POST\r\n{VERIFY}?a=%20b\r\nx-road-client:{ONE_STOP}\r\ncontent-type:application/json\r\nx-road-issue:HS-1\r\n"
        f"x-road-id:{answer.headers['x-road-id']}\r\nx-road-request-id:{answer.headers['x-road-request-id']}\r\n"
    )
    whole = sha512(sha512(head.encode()).digest() + sha512(body).digest())
    assert answer.headers["x-road-request-hash"] == b64encode(whole.digest()).decode()


def test_the_header_fields_of_x_road_are_in_the_ledger(
    exchange: RunningExchange, r1: httpx.Client, claim: dict[str, str]
) -> None:
    sent = {
        "x-road-id": "29f4d011-ef17-4f2f-9bb1-0452ce17d3f5", "x-road-userid": "VN001099000001", "x-road-issue": "HS-7",
        "x-road-represented-party": "COM/%39900000009", "x-ndxp-purpose": "treatment",
    }  # fmt: skip
    answer = verify(r1, claim, sent)
    assert answer.headers["x-road-id"] == sent["x-road-id"]
    record = recorded(exchange, answer)
    found = [record[name] for name in ("message_id", "user_id", "issue", "represented_party", "purpose")]
    assert found == [sent["x-road-id"], "VN001099000001", "HS-7", "COM/9900000009", "treatment"]
    assert (record["client"], record["service"]) == (ONE_STOP, "VN/GOV/G01/population")
    assert record["method"] == f"{POPULATION_SERVICE}/VerifyCitizen"


def test_an_id_that_the_exchange_made_is_in_the_ledger_too(
    exchange: RunningExchange, r1: httpx.Client, claim: dict[str, str]
) -> None:
    answer = verify(r1, claim)
    assert recorded(exchange, answer)["message_id"] == answer.headers["x-road-id"]


@pytest.mark.parametrize("code", ["PopulationService", POPULATION_SERVICE, "Population%53ervice"])
def test_a_service_code_is_the_short_or_the_full_name_of_a_contract(
    r1: httpx.Client, claim: dict[str, str], code: str
) -> None:
    assert r1.post(f"{POPULATION}/{code}/VerifyCitizen", json=claim).json()["matched"]


def test_each_part_of_an_identifier_may_be_percent_encoded(r1: httpx.Client, claim: dict[str, str]) -> None:
    client = {"x-road-client": "VN/%47OV/H26/one%2Dstop"}
    answer = r1.post("/r1/V%4E/GOV/G01/popul%61tion/PopulationService/VerifyCitizen", json=claim, headers=client)
    assert answer.json()["matched"]


@pytest.mark.parametrize("client", ["VN%2FGOV%2FH26%2Fone-stop", "VN:GOV:H26:one-stop", "VN/GOV/H26", "%zz", "\xe9"])
def test_a_client_in_any_other_form_does_not_agree_with_the_token(
    exchange: RunningExchange, r1: httpx.Client, claim: dict[str, str], client: str
) -> None:
    answer = r1.post(VERIFY, json=claim, headers=[(b"x-road-client", client.encode("latin-1"))])
    assert (answer.status_code, answer.json()["type"]) == (400, "client.bad_request")
    assert recorded(exchange, answer)["reason"] == "INVALID_METADATA"


@pytest.mark.parametrize(("last", "status"), [(ONE_STOP, 200), ("VN/GOV/H26/hospital", 400)])
def test_the_last_of_several_clients_counts(r1: httpx.Client, claim: dict[str, str], last: str, status: int) -> None:
    fields = [("x-road-client", "VN/GOV/G01/lgsp"), ("x-road-client", last)]
    assert r1.post(VERIFY, json=claim, headers=fields).status_code == status


def test_a_client_in_two_protocols_at_once_is_refused(r1: httpx.Client, claim: dict[str, str]) -> None:
    answer = verify(r1, claim, {"x-ndxp-client": ONE_STOP})
    assert (answer.status_code, answer.json()["message"]) == (400, "x-ndxp-client is given more than once")


def test_without_a_client_nothing_is_called(r1: httpx.Client, claim: dict[str, str]) -> None:
    del r1.headers["x-road-client"]
    answer = verify(r1, claim)
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.missing_header")
    assert list(answer.json()) == ["type", "message", "detail"]
    assert "X-Road-Client" in answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/r1/", "/r1/VN/GOV/G01/population", "/r1/VN/GOV/G01//PopulationService", "/r1/VN/XXX/G01/population/Service",
        "/r1/VN/GOV/G01/popul_ation/Service", "/r1/VN/GOV/G01%2Fpopulation/x/PopulationService",
        "/r1/VN/GOV/G01/popul%ation/PopulationService", "/r1/VN/GOV/G01/population/Population%2FService",
        "/r1/VN/GOV/G01/population/..%2f/VerifyCitizen", "/r1/VN/GOV/G01/%C3%A9/PopulationService",
        f"{VERIFY}/{'x' * 2000}",
    ],
)  # fmt: skip
def test_a_path_that_is_not_in_the_form_of_x_road_is_a_bad_request(r1: httpx.Client, path: str) -> None:
    answer = r1.post(path, json={})
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.bad_request")
    assert answer.json()["type"] == "client.bad_request"


def test_a_path_that_only_decoded_begins_with_r1_is_not_this_door(r1: httpx.Client, claim: dict[str, str]) -> None:
    answer = r1.post(VERIFY.replace("/r1/", "/r1%2F"), json=claim)
    assert answer.status_code == 404
    assert "x-road-id" not in answer.headers


def test_a_method_with_an_encoded_line_feed_is_unknown_to_the_gateway(
    exchange: RunningExchange, r1: httpx.Client
) -> None:
    answer = r1.post(f"{VERIFY}%0A", json={})
    assert (answer.status_code, answer.headers["x-road-error"]) == (500, "server.serverproxy.unknown_service")
    assert recorded(exchange, answer)["reason"] == "UNKNOWN_SERVICE"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_grpc_method_is_called_with_post_only(r1: httpx.Client, method: str) -> None:
    answer = r1.request(method, VERIFY)
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.bad_request")


def test_a_compressed_body_is_hashed_as_it_was_sent(r1: httpx.Client, claim: dict[str, str]) -> None:
    body = gzip.compress(json.dumps(claim).encode())
    answer = r1.post(VERIFY, content=body, headers={"content-encoding": "gzip"})
    assert answer.json()["matched"]
    made = "".join(f"{name}:{answer.headers[name]}\r\n" for name in ("x-road-id", "x-road-request-id"))
    head = f"POST\r\n{VERIFY}\r\nx-road-client:{ONE_STOP}\r\n{made}"
    whole = sha512(sha512(head.encode()).digest() + sha512(body).digest())
    assert answer.headers["x-road-request-hash"] == b64encode(whole.digest()).decode()


def test_an_error_of_the_provider_passes_as_it_is_and_is_no_error_of_the_exchange(r1: httpx.Client) -> None:
    answer = verify(r1, {"citizenNumber": "1"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "CITIZEN_NUMBER_MALFORMED"
    assert answer.json()["origin"] == answer.headers["x-ndxp-error-origin"] == "provider"
    assert answer.headers["x-road-request-hash"]
    assert "x-road-error" not in answer.headers


def test_a_stream_is_answered_line_by_line(r1: httpx.Client, claim: dict[str, str]) -> None:
    items = "".join(json.dumps({**claim, "itemId": str(number)}) for number in range(3))
    answer = r1.post(f"{POPULATION}/PopulationService/BatchVerifyCitizens", content=items)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["itemId"] for line in answer.text.splitlines()] == ["0", "1", "2"]
    assert answer.headers["x-road-request-id"] == answer.headers["x-ndxp-transaction-id"]
    assert answer.headers["x-road-request-hash"]


def test_a_deadline_that_is_no_number_is_an_invalid_request(r1: httpx.Client, claim: dict[str, str]) -> None:
    answer = verify(r1, claim, {"connect-timeout-ms": "soon"})
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.invalid_request")
