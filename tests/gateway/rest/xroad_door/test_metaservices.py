"""Metaservices in X-Road's own form: lists of clients and of services."""

import asyncio
import math

import httpx
import pytest
from openapi_spec_validator import validate
from starlette.requests import Request
from starlette.types import Message as Event

from gateway.registry_store import RegistryStore
from gateway.rest.call import Calls
from gateway.rest.known import Known
from gateway.rest.traffic import Traffic
from gateway.rest.xroad_door import directory, metaservices
from gateway.rest.xroad_door.directory import Directory
from gateway.rest.xroad_door.message import Message
from gateway.settings import RestSettings
from gateway.store import connect
from ndxp.rpc import Lanes
from ndxp.testing import RunningExchange
from ndxp.wire.metadata import Pair
from tests.e2e.conftest import transaction, transactions
from tests.gateway.rest.conftest import ONE_STOP
from tests.gateway.rest.xroad_door.conftest import POPULATION, asking

DIRECTORY = "ndxp.exchange.v1.ExchangeService"
HOSPITAL = "VN/GOV/H26/hospital"


def endpoints(answer: httpx.Response) -> dict[str, list[str]]:
    """The paths of each service of an answer."""
    return {each["service_code"]: [at["path"] for at in each["endpoint_list"]] for each in answer.json()["service"]}


def test_list_clients_names_every_member_and_every_subsystem(exchange: RunningExchange, r1: httpx.Client) -> None:
    answer = r1.get("/listClients")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json;charset=utf-8")
    found = answer.json()["member"]
    ids = [each["id"] for each in found]
    member = {"xroad_instance": "VN", "member_class": "GOV", "member_code": "H26", "object_type": "MEMBER"}
    assert {"id": member, "name": "Hà Nội"} in found
    one_stop = {**member, "object_type": "SUBSYSTEM", "subsystem_code": "one-stop"}
    assert {"id": one_stop, "name": "Hà Nội"} in found
    known = exchange.admin.get("members").json()
    assert sum(each["object_type"] == "MEMBER" for each in ids) == len(known)
    assert sum(each["object_type"] == "SUBSYSTEM" for each in ids) == sum(len(each["subsystems"]) for each in known)


def test_list_clients_needs_a_token_and_no_client(r1: httpx.Client) -> None:
    del r1.headers["x-road-client"]
    assert r1.get("/listClients").status_code == 200
    del r1.headers["authorization"]
    answer = r1.get("/listClients")
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.missing_header")


@pytest.mark.parametrize(("instance", "status"), [("VN", 200), ("FI", 400)])
def test_list_clients_of_another_instance_are_not_known(r1: httpx.Client, instance: str, status: int) -> None:
    assert r1.get("/listClients", params={"xRoadInstance": instance}).status_code == status


def test_list_methods_names_services_and_endpoints(r1: httpx.Client) -> None:
    answer = r1.get(f"{POPULATION}/listMethods")
    assert answer.headers["x-road-service"] == "VN/GOV/G01/population/listMethods"
    service = next(each for each in answer.json()["service"] if each["service_code"] == "PopulationService")
    listed = service.pop("endpoint_list")
    assert service == {
        "xroad_instance": "VN", "member_class": "GOV", "member_code": "G01", "subsystem_code": "population",
        "object_type": "SERVICE", "service_code": "PopulationService", "service_type": "OPENAPI",
    }  # fmt: skip
    assert {"method": "POST", "path": "/RegisterBirth"} in listed


def test_allowed_methods_are_those_that_the_caller_has_grants_for(exchange: RunningExchange, r1: httpx.Client) -> None:
    own = endpoints(r1.get(f"{POPULATION}/allowedMethods"))
    assert set(own) == {"PopulationService"}
    assert "/ChangeAddress" in own["PopulationService"]
    assert "/RegisterBirth" not in own["PopulationService"]
    with asking(exchange, HOSPITAL) as hospital:
        theirs = endpoints(hospital.get(f"{POPULATION}/allowedMethods"))
    assert "/GetCitizen" in theirs["PopulationService"]
    assert "/ChangeAddress" not in theirs["PopulationService"]


def test_a_grant_that_is_not_valid_now_allows_nothing(exchange: RunningExchange) -> None:
    grant = {
        "id": "former", "consumer": HOSPITAL, "provider": "VN/GOV/G01/population", "methods": ["RegisterBirth"],
        "contract": "ndxp.population.v1.PopulationService", "valid_until": "2020-01-01",
    }  # fmt: skip
    exchange.admin.post("grants", json=grant).raise_for_status()
    try:
        with asking(exchange, HOSPITAL) as hospital:
            allowed = endpoints(hospital.get(f"{POPULATION}/allowedMethods"))
    finally:
        exchange.admin.delete("grants/former").raise_for_status()
    assert "/RegisterBirth" not in allowed["PopulationService"]


def test_metaservices_are_calls_in_the_ledger_under_one_message_id(exchange: RunningExchange, r1: httpx.Client) -> None:
    answer = r1.get(f"{POPULATION}/allowedMethods", headers={"x-road-id": "allowed-1"})
    made = transactions(exchange, client=ONE_STOP, message_id="allowed-1")
    assert {record["method"] for record in made} == {f"{DIRECTORY}/ListMyGrants", f"{DIRECTORY}/ListServices"}
    [*_, last] = transaction(exchange, answer.headers["x-road-request-id"])
    assert (last["message_id"], last["client"]) == ("allowed-1", ONE_STOP)


def test_a_provider_that_offers_nothing_has_an_empty_list(r1: httpx.Client) -> None:
    assert r1.get("/r1/VN/GOV/H26/schools/allowedMethods").json() == {"service": []}


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/r1/VN/GOV/G99/population/listMethods", 500, "server.clientproxy.unknown_member"),
        ("/r1/FI/GOV/G01/population/listMethods", 400, "client.bad_request"),
        (f"{POPULATION}/listMethods/all", 400, "client.bad_request"),
    ],
)
def test_a_metaservice_of_nobody_is_refused(r1: httpx.Client, path: str, status: int, kind: str) -> None:
    answer = r1.get(path)
    assert (answer.status_code, answer.headers["x-road-error"]) == (status, kind)


def test_a_metaservice_is_asked_with_get(r1: httpx.Client) -> None:
    answer = r1.post(f"{POPULATION}/listMethods")
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.bad_request")


@pytest.mark.parametrize("code", ["PopulationService", "AccessLogService"])
def test_get_openapi_describes_a_contract_as_it_is_called_here(r1: httpx.Client, code: str) -> None:
    answer = r1.get(f"{POPULATION}/getOpenAPI", params={"serviceCode": code})
    document = answer.json()
    validate(document)
    listed = {
        each["service_code"]: each["endpoint_list"] for each in r1.get(f"{POPULATION}/listMethods").json()["service"]
    }
    assert set(document["paths"]) == {each["path"] for each in listed[code]}
    [server] = document["servers"]
    assert server["url"] == f"{r1.base_url}".removesuffix("/") + f"{POPULATION}/{code}"


def test_a_call_by_the_document_is_answered(r1: httpx.Client) -> None:
    document = r1.get("/r1/VN/GOV/G22/exchange/getOpenAPI", params={"serviceCode": "ExchangeService"}).json()
    [header] = [each for each in document["paths"]["/ListMyGrants"]["post"]["parameters"] if each.get("required")]
    answer = r1.post(document["servers"][0]["url"] + "/ListMyGrants", json={}, headers={header["name"]: ONE_STOP})
    assert answer.json()["client"] == ONE_STOP


async def _clients(exchange: RunningExchange, pairs: list[Pair]) -> object:
    """The list of clients as a door in this process makes it."""
    store = connect(exchange.state.processes[0].environment["NDXP_REDIS_URL"])
    known = Known(RegistryStore(store))
    await known.first()
    lanes = Lanes(exchange.gateway, 1)

    async def silent() -> Event:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "query_string": b"", "headers": []}, silent)
    calls = Calls(lanes, known, RestSettings(), Traffic(known))
    found = await metaservices.clients(Directory(calls, Message(request), pairs))
    lanes.close()
    await store.aclose()
    return found


def test_a_long_list_is_asked_for_in_pages(
    exchange: RunningExchange, r1: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_PAGE", 40)
    pairs: list[Pair] = [("authorization", r1.headers["authorization"]), ("x-ndxp-message-id", "in-pages")]
    assert asyncio.run(_clients(exchange, pairs)) == r1.get("/listClients").json()
    members = len(exchange.admin.get("members").json())
    assert len(transactions(exchange, message_id="in-pages")) == math.ceil(members / 40) > 1


def test_equal_short_names_of_a_provider_leave_the_full_names() -> None:
    assert metaservices.codes(["a.v1.Service", "b.v1.Service", "b.v1.Other"]) == {
        "a.v1.Service": "a.v1.Service", "b.v1.Service": "b.v1.Service", "Other": "b.v1.Other"
    }  # fmt: skip
