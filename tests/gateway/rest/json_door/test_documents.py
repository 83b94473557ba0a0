"""OpenAPI documents at the door, and calls by paths that a contract names."""

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ndxp.testing import RunningExchange
from tests.gateway.rest.conftest import POPULATION


def test_every_contract_of_the_exchange_has_a_valid_document(exchange: RunningExchange, door: httpx.Client) -> None:
    services = exchange.admin.get("services").raise_for_status().json()
    contracts = {service["contract"] for service in services}
    assert len(contracts) > 18
    for contract in sorted(contracts):
        document = door.get(f"/openapi/{contract}.json").raise_for_status().json()
        assert not list(OpenAPIV31SpecValidator(document).iter_errors()), contract
        assert document["info"]["title"] == contract


def test_a_document_has_the_comments_of_the_contract(door: httpx.Client) -> None:
    document = door.get(f"/openapi/{POPULATION}.json").json()
    operation = document["paths"][f"/{POPULATION}/VerifyCitizen"]["post"]
    assert "033" in operation["description"]
    assert document["components"]["securitySchemes"]


@pytest.mark.parametrize("name", ["ndxp.population.v1.Nothing", "x", "..%2f..%2fetc"])
def test_there_is_no_document_of_what_is_no_contract(door: httpx.Client, name: str) -> None:
    assert door.get(f"/openapi/{name}.json").status_code == 404
