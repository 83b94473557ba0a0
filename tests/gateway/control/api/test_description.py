"""The description of the admin API (``/openapi.json``): every request and answer has its type, and keeps to it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import jsonschema_rs
import pytest

from ndxp.exchange.v1.exchange_pb2 import RequestGrantRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange

PREFIX = "/admin/v1"
JSON = "application/json"
CITIZEN = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979"}
MEMBER = {"id": "VN/COM/described", "name": "Described", "subsystems": ["app"]}
SERVICE = {"provider": "VN/COM/described/app", "contract": "described.v1.Service", "address": "127.0.0.1:9"}
REST_SERVICE = {
    "provider": "VN/COM/described/app", "code": "clinic", "url": "http://127.0.0.1:9",
    "openapi": '{"openapi": "3.1.0"}',
}  # fmt: skip
NAMED = {"provider": SERVICE["provider"], "contract": SERVICE["contract"]}
GRANT = {"id": "described", "consumer": "VN/GOV/H26/one-stop", "methods": ["*"], **NAMED}
Operations = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def operations(exchange: RunningExchange) -> Operations:
    """The operations below /admin/v1, by verb and path without that prefix."""
    described = httpx.get(f"{exchange.control_url}/openapi.json").json()
    return {
        (verb.upper(), path.removeprefix(PREFIX)): whole(operation, described)
        for path, verbs in described["paths"].items()
        for verb, operation in verbs.items()
        if path.startswith(PREFIX)
    }


def whole(part: Any, described: dict[str, Any]) -> Any:
    """A part of the description with its references resolved."""
    if isinstance(part, list):
        return [whole(each, described) for each in part]
    if not isinstance(part, dict):
        return part
    if isinstance(reference := part.get("$ref"), str):
        kind = reference.removeprefix("#/components/schemas/")
        return whole(described["components"]["schemas"][kind], described)
    return {key: whole(value, described) for key, value in part.items()}


def answer(operation: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status of success, and what is answered then by kind of content."""
    [(status, good)] = [(int(code), what) for code, what in operation["responses"].items() if code.startswith("2")]
    return status, good.get("content", {})


def untyped(schema: dict[str, Any], place: str) -> Iterator[str]:
    """The places in a schema where anything may be."""
    kinds = schema.get("anyOf") or schema.get("oneOf")
    if kinds:
        for kind in kinds:
            yield from untyped(kind, place)
    elif "const" in schema or "enum" in schema:
        return
    elif schema.get("type") == "object" and "properties" in schema:
        for name, value in schema["properties"].items():
            yield from untyped(value, f"{place}.{name}")
    elif schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield from untyped(schema["additionalProperties"], f"{place}.*")
    elif schema.get("type") == "array" and ("items" in schema or "prefixItems" in schema):
        for item in [*schema.get("prefixItems", []), *([schema["items"]] if schema.get("items") else [])]:
            yield from untyped(item, f"{place}[]")
    elif schema.get("type") in (None, "object", "array"):
        yield place


def test_every_request_and_every_answer_of_the_admin_api_has_a_typed_schema(operations: Operations) -> None:
    for (verb, path), operation in operations.items():
        status, content = answer(operation)
        assert content or status == 204, f"{verb} {path}"
        for kind, what in content.items():
            assert kind != JSON or list(untyped(what["schema"], "answer")) == [], f"{verb} {path}"
        for what in operation.get("requestBody", {}).get("content", {}).values():
            assert list(untyped(what["schema"], "request")) == [], f"{verb} {path}"


def test_every_failure_is_described_as_it_is(operations: Operations, exchange: RunningExchange) -> None:
    for operation in operations.values():
        assert [code for code in operation["responses"] if not code.startswith("2")] == ["default"]
    problem = operations["GET", "/members"]["responses"]["default"]["content"]["application/problem+json"]["schema"]
    refused = exchange.admin.put("members", json={"id": "nonsense"})
    assert refused.status_code == 422
    jsonschema_rs.validator_for(problem).validate(refused.json())


def test_what_is_asked_and_answered_keeps_to_the_description(operations: Operations, exchange: RunningExchange) -> None:
    with exchange.connect("VN/GOV/H26/one-stop") as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(VerifyCitizenRequest(**CITIZEN))
    asked = set()

    def ask(verb: str, path: str, query: dict[str, Any] | None = None, body: Any = None, **parts: Any) -> Any:
        operation = operations[verb, path]
        if body is not None:
            [what] = operation["requestBody"]["content"].values()
            jsonschema_rs.validator_for(what["schema"]).validate(body)
        given = exchange.admin.request(verb, path.format(**parts), params=query, json=body)
        status, content = answer(operation)
        assert given.status_code == status, given.text
        [*kinds] = content
        assert [given.headers["content-type"].partition(";")[0]] == kinds or status == 204
        asked.add((verb, path))
        if kinds == [JSON]:
            jsonschema_rs.validator_for(content[JSON]["schema"]).validate(given.json())
            return given.json()
        return None

    ask("PUT", "/members", body=MEMBER)
    ask("POST", "/members/subsystems", body={"member": MEMBER["id"], "subsystems": ["batch"]})
    ask("POST", "/members/subsystems/twin", body={"subsystem": f"{MEMBER['id']}/batch", "name": "twin"})
    ask("DELETE", "/members/subsystems", {"subsystem": f"{MEMBER['id']}/twin"})
    for what in ("disable", "enable", "rotate"):
        ask("POST", f"/members/{what}", body={"member": MEMBER["id"]})
    ask("GET", "/members")
    ask("PUT", "/services", body=SERVICE)
    for what in ("disable", "enable"):
        ask("POST", f"/services/{what}", body=NAMED)
    ask("POST", "/grants", body=GRANT)
    for path in ("/services", "/grants", "/rebuilt", "/doubts", "/quotas", "/totals", "/statistics", "/keys"):
        ask("GET", path)
    ask("PUT", "/quotas", body={"consumer": "VN/COM/described/app", "rate": 5})
    ask("GET", "/decisions", {"client": "VN/GOV/H26/one-stop", "method": "described.v1.Service/Get"})
    ask("GET", "/transactions", {"proof": True})
    [found, *_] = ask("GET", "/transactions", {"client": "VN/GOV/H26/one-stop", "limit": 1})
    for path in ("/transactions/{transaction_id}", "/transactions/{transaction_id}/explanation"):
        ask("GET", path, transaction_id=found["transaction_id"])
    ask("GET", "/ledger/evidence/{transaction_id}", {"salt": True}, transaction_id=found["transaction_id"])
    for path in ("/ledger", "/ledger/derived", "/ledger/keys", "/ledger/checkpoints", "/ledger/records"):
        ask("GET", path)
    ask("GET", "/ledger/subjects/{subject}", subject="0" * 32)
    ask("GET", "/ledger/tiles/{level}/{number}", level=0, number=0)
    ask("GET", "/ledger/consistency", {"old": 1, "new": 2})
    ask("POST", "/ledger/retention", body={"before": 0})
    ask("POST", "/ledger/conformance", body={"sha256": "0" * 64})
    ask("POST", "/keys", body={"leaked": False})
    with exchange.connect("VN/GOV/H26/hospital") as connection:
        directory = ExchangeServiceStub(connection.channel)
        for method in ("Get", "Put"):
            wish = RequestGrantRequest(request_id=str(uuid4()), methods=[method], because="a test", **NAMED)
            directory.RequestGrant(wish)
    granted, declined = [each["id"] for each in ask("GET", "/grant-requests") if each["provider"] == NAMED["provider"]]
    less = {"purposes": ["p"], "valid_until": "2099-12-31", "reason": "for a while"}
    approved = ask("POST", "/grant-requests/{request_id}/approve", body=less, request_id=granted)
    ask("POST", "/grant-requests/{request_id}/decline", body={"reason": "no"}, request_id=declined)
    ask("DELETE", "/grants/{grant_id}", grant_id=approved["grant"])
    ask("DELETE", "/grants/{grant_id}", grant_id=GRANT["id"])
    ask("PUT", "/services/rest", body=REST_SERVICE)
    code = {"provider": REST_SERVICE["provider"], "code": REST_SERVICE["code"]}
    ask("GET", "/services/rest/openapi", code)
    ask("DELETE", "/services/rest", code)
    fault = {"do": "code=ABORTED", "valid_until": "2099-12-31", "consumer": "VN/COM/described/app"}
    [added] = ask("POST", "/faults", body=[fault])
    ask("GET", "/faults")
    ask("DELETE", "/faults/{fault_id}", fault_id=added["id"])
    ask("DELETE", "/faults", {"consumer": "VN/COM/described/app"})
    ask("DELETE", "/services", NAMED)
    ask("DELETE", "/quotas", {"consumer": "VN/COM/described/app"})
    ask("DELETE", "/members", {"member": MEMBER["id"]})
    # Not asked: what would change the ledger's key for the tests that share this exchange, or needs TLS or a loss.
    assert operations.keys() - asked == {
        ("POST", "/members"), ("POST", "/members/certificates"), ("POST", "/ledger/keys"), ("POST", "/ledger/losses")
    }  # fmt: skip
