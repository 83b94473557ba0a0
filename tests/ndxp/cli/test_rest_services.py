"""REST services in the registry: ``ndxp service add --rest``, ``ndxp services``, ``ndxp can --path``, the admin API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.control.api.rest import LONGEST_DOCUMENT
from gateway.core.endpoints import CONTRACT
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp

PROVIDER, CLIENT = "VN/COM/restful/app", "VN/GOV/H26/hospital"
CLINIC = ("service", "add", PROVIDER, "clinic", "--rest", "http://127.0.0.1:8000/api")
DOCUMENT = {"openapi": "3.1.0", "info": {"title": "Phòng khám", "version": "1"}, "paths": {}}


@pytest.fixture(scope="module", autouse=True)
def member(exchange: RunningExchange) -> None:
    body = {"id": "VN/COM/restful", "name": "Restful", "subsystems": ["app"]}
    exchange.admin.post("members", json=body).raise_for_status()


@pytest.fixture(autouse=True)
def nothing_left(exchange: RunningExchange) -> Iterator[None]:
    yield
    exchange.admin.delete("services", params={"provider": PROVIDER, "contract": CONTRACT})
    for grant in exchange.admin.get("grants").json():
        if grant["provider"] == PROVIDER:
            exchange.admin.delete(f"grants/{grant['id']}").raise_for_status()


def registered(exchange: RunningExchange) -> dict[str, str]:
    """The REST services of the provider."""
    found: list[dict[str, Any]] = exchange.admin.get("services").json()
    return next((s["rest"] for s in found if s["provider"] == PROVIDER), {})


def put(exchange: RunningExchange, **fields: Any) -> tuple[int, str]:
    """The status and the detail of the answer to a REST service that is added with these fields."""
    body = {"provider": PROVIDER, "code": "clinic", "url": "http://127.0.0.1:8000", **fields}
    answer = exchange.admin.put("services/rest", json=body)
    return answer.status_code, answer.json().get("detail", "")


def document(exchange: RunningExchange, code: str = "clinic") -> tuple[int, Any]:
    answer = exchange.admin.get("services/rest/openapi", params={"provider": PROVIDER, "code": code})
    return answer.status_code, answer.json()


def test_rest_services_are_added_moved_listed_and_removed(ndxp: Ndxp, exchange: RunningExchange) -> None:
    added = ndxp(*CLINIC)
    assert added.out == f"{PROVIDER} offers clinic at http://127.0.0.1:8000/api; its paths begin with /clinic/.\n"
    assert ndxp("service", "add", PROVIDER, "labs", "--rest", "https://labs.example").code == 0
    assert registered(exchange) == {"clinic": "http://127.0.0.1:8000/api", "labs": "https://labs.example"}
    assert ndxp(*CLINIC[:-1], "http://127.0.0.1:8001", "--json").data["rest"]["clinic"] == "http://127.0.0.1:8001"
    lines = ndxp("services").out.splitlines()
    assert f"  {'clinic':24}http://127.0.0.1:8001" in lines
    assert f"  {'labs':24}https://labs.example" in lines
    assert ndxp("service", "remove", PROVIDER, "clinic").out == f"{PROVIDER} offers clinic no more.\n"
    assert registered(exchange) == {"labs": "https://labs.example"}
    assert ndxp("service", "remove", PROVIDER, "labs").code == 0
    assert registered(exchange) == {}
    assert ndxp("service", "remove", PROVIDER, "labs").code == 1


def test_the_contract_of_rest_services_is_known_at_once(ndxp: Ndxp) -> None:
    assert ndxp(*CLINIC).err == ""
    [told] = [s for s in ndxp("services", "--json").data if s["provider"] == PROVIDER]
    assert told["trouble"] == ""
    assert {name: method["read_only"] for name, method in told["methods"].items()} == {
        "Get": True, "Head": True, "Post": False, "Put": False, "Patch": False, "Delete": False, "Options": True,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_openapi_document_is_kept_until_its_service_goes(
    ndxp: Ndxp, exchange: RunningExchange, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"clinic.{form}"
    text = (
        json.dumps(DOCUMENT)
        if form == "json"
        else 'openapi: "3.1.0"\ninfo: {title: Phòng khám, version: "1"}\npaths: {}'
    )
    file.write_text(text, encoding="utf-8")
    assert ndxp(*CLINIC, "--openapi", file).code == 0
    assert document(exchange) == (200, DOCUMENT)
    assert ndxp(*CLINIC).code == 0
    assert document(exchange) == (200, DOCUMENT)
    assert ndxp("service", "remove", PROVIDER, "clinic").code == 0
    assert document(exchange)[0] == 404
    assert ndxp(*CLINIC).code == 0
    assert document(exchange)[0] == 404


def test_the_documents_of_a_provider_go_with_all_its_rest_services(ndxp: Ndxp, exchange: RunningExchange) -> None:
    assert put(exchange, openapi=json.dumps(DOCUMENT))[0] == 200
    assert ndxp("service", "remove", PROVIDER, CONTRACT).code == 0
    assert put(exchange)[0] == 200
    assert document(exchange)[0] == 404


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"code": "a/b"}, "a code has 1 to 64"),
        ({"code": ""}, "a code has 1 to 64"),
        ({"code": 7}, "Expected `str`"),
        ({"url": "ftp://h/"}, "http:// or https://"),
        ({"url": "http://u:p@h/"}, "may not have a user or a password"),
        ({"url": "http://h/?x=1"}, "may not have a query"),
        ({"url": "http://h/a/../b"}, "not in canonical form"),
        ({"provider": "VN/COM/nobody/app"}, "is not among the members"),
        ({"openapi": "{}"}, "with the version in its field 'openapi'"),
        ({"openapi": '{"openapi": 3}'}, "with the version in its field 'openapi'"),
        ({"openapi": "[]"}, "with the version in its field 'openapi'"),
        ({"openapi": "{"}, "must be the text of a JSON object"),
        ({"openapi": "[" * 100_000}, "must be the text of a JSON object"),
        ({"openapi": DOCUMENT}, "Expected `str`"),
        ({"openapi": json.dumps({"openapi": "3.1.0", "x": "x" * LONGEST_DOCUMENT})}, "has more than"),
        ({"adress": "h:1"}, "adress"),
    ],
    ids=str,
)
def test_a_wrong_rest_service_is_refused_and_nothing_is_stored(
    exchange: RunningExchange, fields: dict[str, Any], detail: str
) -> None:
    status, told = put(exchange, **fields)
    assert status == 422
    assert detail in told
    assert registered(exchange) == {}


@pytest.mark.parametrize(
    "words",
    [
        (PROVIDER, "clinic"),
        (PROVIDER, "clinic", "127.0.0.1:1", "--rest", "http://h"),
        (PROVIDER, "clinic", "--rest", "http://h", "--in-flight", "3"),
        (PROVIDER, "a.v1.B", "127.0.0.1:1", "--openapi", "x.json"),
    ],
)
def test_a_service_is_either_a_grpc_service_or_a_rest_service(ndxp: Ndxp, words: tuple[str, ...]) -> None:
    ran = ndxp("service", "add", *words)
    assert ran.code == 2
    assert "for a REST service give CODE, --rest and perhaps --openapi" in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize(("text", "why"), [("[1]", "must be a JSON or YAML object"), ("a: [", "no valid YAML")])
def test_a_file_that_is_no_document_is_one_line(ndxp: Ndxp, tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    ran = ndxp(*CLINIC, "--openapi", file)
    assert ran.code == 1
    assert why in ran.complaint
    assert "No such file" in ndxp(*CLINIC, "--openapi", tmp_path / "none").complaint


def test_can_knows_the_paths_of_a_grant(ndxp: Ndxp) -> None:
    assert ndxp(*CLINIC).code == 0
    granted = ndxp("grants", "add", CLIENT, PROVIDER, CONTRACT, "Get", "--path", "/clinic/patients/*")
    assert granted.code == 0, granted.err
    assert "    for the paths /clinic/patients/*\n" in granted.out

    def can(*words: str) -> Any:
        return ndxp("can", CLIENT, f"{CONTRACT}/Get", "--provider", PROVIDER, *words, "--json").data

    assert can("--path", "/clinic/patients/7")["allowed"]
    refused = can("--path", "/clinic/visits")
    assert (refused["reason"], refused["grant"]["paths"]) == ("ACCESS_DENIED", ["/clinic/patients/*"])
    assert "is for the paths /clinic/patients/*" in refused["message"]
    assert can("--path", "/clinic/../visits")["reason"] == "INVALID_METADATA"
    assert can()["reason"] == "INVALID_METADATA"
    assert can("--path", "/labs/")["reason"] == "UNKNOWN_SERVICE"


def test_a_grant_for_the_paths_of_an_unknown_service_is_doubted(ndxp: Ndxp) -> None:
    assert ndxp(*CLINIC).code == 0
    granted = ndxp("grants", "add", CLIENT, PROVIDER, CONTRACT, "Get", "--path", "/clinik/**")
    assert f"is for the paths of 'clinik', a REST service that {PROVIDER} does not have; did you mean 'clinic'?" in (
        granted.err
    )
