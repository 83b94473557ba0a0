"""The directory of the GovStack Information Mediator, by its public description "IM Service Metadata API", version 1.0.

It describes ``/listClients``, ``listMethods``, ``allowedMethods`` and ``getOpenAPI``: the header field
``X-GovStack-Client``, the names in the answers, and the statuses 200, 400 (error in request) and 500 (internal error).
"""

from collections.abc import Iterator

import httpx
import pytest

from ndxp.testing import RunningExchange
from tests.gateway.rest.conftest import ONE_STOP
from tests.gateway.rest.xroad_door.conftest import POPULATION, asking

CLIENT_ID = {"objectType", "instanceId", "memberClass", "memberCode", "applicationCode"}
SERVICE = {
    "objectType", "serviceType", "instanceId", "memberClass", "memberCode", "applicationCode", "serviceCode",
    "serviceVersion", "endpointList",
}  # fmt: skip
KINDS = {"MEMBER", "APPLICATION", "SERVICE"}


@pytest.fixture
def mediator(exchange: RunningExchange) -> Iterator[httpx.Client]:
    """The door as a client of the mediator meets it."""
    with asking(exchange, ONE_STOP) as http:
        http.headers["x-govstack-client"] = http.headers.pop("x-road-client")
        yield http


def answered(answer: httpx.Response) -> dict[str, object]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    said: dict[str, object] = answer.json()
    return said


@pytest.mark.parametrize("params", [{}, {"instanceId": "VN"}], ids=str)
def test_clients_are_members_and_applications(mediator: httpx.Client, params: dict[str, str]) -> None:
    said = answered(mediator.get("/listClients", params=params))
    assert set(said) == {"member"}
    found = said["member"]
    assert isinstance(found, list)
    for each in found:
        assert set(each) == {"id", "name"}
        assert set(each["id"]) <= CLIENT_ID
        assert each["id"]["objectType"] in KINDS
        assert all(isinstance(value, str) for value in each["id"].values())
    hospital = {
        "objectType": "APPLICATION", "instanceId": "VN", "memberClass": "GOV", "memberCode": "H26",
        "applicationCode": "hospital",
    }  # fmt: skip
    assert {"id": hospital, "name": "Hà Nội"} in found


def test_the_names_of_an_instance_are_enough_to_get_this_form(mediator: httpx.Client) -> None:
    del mediator.headers["x-govstack-client"]
    [first, *_] = mediator.get("/listClients", params={"instanceId": "VN"}).json()["member"]
    assert "instanceId" in first["id"]


def test_clients_of_an_instance_that_does_not_exist_are_an_error_in_the_request(mediator: httpx.Client) -> None:
    assert mediator.get("/listClients", params={"instanceId": "ABC"}).status_code == 400


@pytest.mark.parametrize("name", ["listMethods", "allowedMethods"])
def test_services_have_endpoints(mediator: httpx.Client, name: str) -> None:
    said = answered(mediator.get(f"{POPULATION}/{name}", params={"serviceId": "PopulationService"}))
    assert set(said) == {"member"}
    found = said["member"]
    assert isinstance(found, list)
    for each in found:
        assert set(each) <= SERVICE
        assert (each["objectType"], each["instanceId"], each["applicationCode"]) == ("SERVICE", "VN", "population")
        assert set(each["endpointList"]) == {"member"}
        for endpoint in each["endpointList"]["member"]:
            assert set(endpoint) == {"method", "path"}
    assert "PopulationService" in {each["serviceCode"] for each in found}


def test_allowed_methods_are_fewer_than_all_methods(mediator: httpx.Client) -> None:
    def count(name: str) -> int:
        services = mediator.get(f"{POPULATION}/{name}").json()["member"]
        return sum(len(each["endpointList"]["member"]) for each in services)

    assert 0 < count("allowedMethods") < count("listMethods")


@pytest.mark.parametrize("name", ["listMethods", "allowedMethods", "getOpenAPI?serviceCode=PopulationService"])
@pytest.mark.parametrize(
    "provider",
    ["1nval1d/GOV/G01/population", "VN/1nval1d/G01/population", "VN/GOV/_invalid/population", "VN/GOV/G01/_invalid"],
)
def test_an_invalid_part_of_the_path_is_an_error_in_the_request(
    mediator: httpx.Client, provider: str, name: str
) -> None:
    assert mediator.get(f"/r1/{provider}/{name}").status_code == 400


def test_a_service_has_an_openapi_document(mediator: httpx.Client) -> None:
    document = answered(mediator.get(f"{POPULATION}/getOpenAPI", params={"serviceCode": "PopulationService"}))
    assert str(document["openapi"]).startswith("3.")


@pytest.mark.parametrize("query", ["", "?serviceCode=", "?serviceCode=_invalid", "?serviceId=PopulationService"])
def test_a_document_of_no_service_is_an_error_in_the_request(mediator: httpx.Client, query: str) -> None:
    assert mediator.get(f"{POPULATION}/getOpenAPI{query}").status_code == 400


@pytest.mark.parametrize("name", ["listMethods", "allowedMethods", "getOpenAPI?serviceCode=PopulationService"])
def test_the_client_must_be_named(mediator: httpx.Client, name: str) -> None:
    del mediator.headers["x-govstack-client"]
    assert mediator.get(f"{POPULATION}/{name}").status_code == 400


def test_a_service_is_called_at_its_address(mediator: httpx.Client) -> None:
    path = "/r1/VN/GOV/G22/exchange/ExchangeService/ListMyGrants"
    assert mediator.post(path, json={}).json()["client"] == ONE_STOP
