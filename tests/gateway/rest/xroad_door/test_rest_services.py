"""REST services at the X-Road door: an ordinary HTTP service, called by two members with different rights."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha512

import httpx
import pytest
import pytest_asyncio

from gateway.core.endpoints import CONTRACT
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.e2e.conftest import transaction
from tests.gateway.rest.xroad_door.conftest import asking
from tests.support.clinic import LARGE, Clinic, running_clinic
from tests.support.fakes import until, until_now
from tests.support.tricks import TRICKS

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDER, DOCTOR, VISITOR = "VN/COM/practice/app", "VN/COM/practice/doctor", "VN/COM/practice/visitor"
R1 = f"/r1/{PROVIDER}"
DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "Practice", "version": "1"},
    "paths": {"/patients": {"get": {}, "post": {}, "summary": "patients"}, "/patients/{id}": {"get": {}}},
}  # fmt: skip
SENDABLE = re.compile(r"/clinic/[!->@-~]*")
"""What a request line can hold, and the door reads as a path of the service: no space, and no query."""


@dataclass(frozen=True, slots=True)
class Practice:
    """The service, and HTTP as the two members that call it."""

    exchange: RunningExchange
    clinic: Clinic
    doctor: httpx.AsyncClient
    visitor: httpx.AsyncClient


def client(exchange: RunningExchange, name: str) -> httpx.AsyncClient:
    with asking(exchange, name) as known:
        return httpx.AsyncClient(base_url=known.base_url, headers=known.headers, timeout=60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(exchange: RunningExchange) -> AsyncIterator[Practice]:
    admin = exchange.admin
    member = {"id": "VN/COM/practice", "name": "practice", "subsystems": ["app", "doctor", "visitor"]}
    admin.put("members", json=member).raise_for_status()
    grants = [
        {"id": "r-doctor", "consumer": DOCTOR, "methods": ["*"]},
        {"id": "r-visitor", "consumer": VISITOR, "methods": ["Get", "Head"], "paths": ["/clinic/patients/*"]},
    ]
    async with running_clinic() as clinic:
        services = [("clinic", clinic.url, json.dumps(DOCUMENT)), ("dead", "http://127.0.0.1:1", "")]
        for code, url, document in services:
            service = {"provider": PROVIDER, "code": code, "url": url, "openapi": document}
            admin.put("services/rest", json=service).raise_for_status()
        for grant in grants:
            admin.post("grants", json={**grant, "provider": PROVIDER, "contract": CONTRACT}).raise_for_status()
        await until(lambda: life.same_registry(exchange.state))
        async with client(exchange, DOCTOR) as doctor, client(exchange, VISITOR) as visitor:
            await until(lambda: _served(doctor))
            yield Practice(exchange, clinic, doctor, visitor)
    admin.delete("services", params={"provider": PROVIDER, "contract": CONTRACT}).raise_for_status()
    for grant in grants:
        admin.delete(f"grants/{grant['id']}").raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))


async def _served(doctor: httpx.AsyncClient) -> bool:
    """Whether the door knows the service, too."""
    return (await doctor.get(f"{R1}/clinic/patients/1")).status_code == 200


@pytest_asyncio.fixture(loop_scope="module")
async def practice(running: Practice) -> AsyncIterator[Practice]:
    running.clinic.asked.clear()
    running.clinic.release.clear()
    yield running
    running.clinic.release.set()


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 201), ("PUT", 201), ("DELETE", 200)]
)
async def test_every_http_method_reaches_the_service(practice: Practice, method: str, status: int) -> None:
    answer = await practice.doctor.request(method, f"{R1}/clinic/patients/7?name=%C4%90%20a&x=1")
    assert (answer.status_code, answer.headers["x-own"]) == (status, "1")
    assert (practice.clinic.last.method, practice.clinic.last.target) == (method, "/api/patients/7?name=%C4%90%20a&x=1")
    assert answer.headers["x-road-service"] == f"{PROVIDER}/clinic"
    [*_, record] = transaction(practice.exchange, answer.headers["x-road-request-id"])
    assert record["method"] == f"{CONTRACT}/{method.capitalize()}"
    assert (record["client"], record["service"], record["message_id"]) == (
        DOCTOR,
        PROVIDER,
        answer.headers["x-road-id"],
    )


async def test_a_code_alone_is_the_base_url_of_the_service(practice: Practice) -> None:
    assert (await practice.doctor.get(f"{R1}/clinic")).status_code == 200
    assert practice.clinic.last.target == "/api"


async def test_a_large_upload_is_passed_on_and_hashed_on_its_way(practice: Practice) -> None:
    answer = await practice.doctor.post(f"{R1}/clinic/files", content=LARGE)
    assert answer.json() == {"size": len(LARGE), "sha256": hashlib.sha256(LARGE).hexdigest()}
    made = "".join(f"{name}:{answer.headers[name]}\r\n" for name in ("x-road-id", "x-road-request-id"))
    head = f"POST\r\n{R1}/clinic/files\r\nx-road-client:{DOCTOR}\r\n{made}".encode()
    whole = sha512(sha512(head).digest() + sha512(LARGE).digest())
    assert answer.headers["x-road-request-hash"] == b64encode(whole.digest()).decode()


@pytest.mark.parametrize(("path", "status"), [("patients/404", 404), ("broken", 500), ("moved", 302)])
async def test_an_answer_of_the_service_is_no_error_of_the_exchange(practice: Practice, path: str, status: int) -> None:
    answer = await practice.doctor.get(f"{R1}/clinic/{path}", follow_redirects=False)
    assert answer.status_code == status
    assert "x-road-error" not in answer.headers
    assert answer.headers["x-road-request-hash"]


async def test_a_service_cannot_speak_for_the_exchange(practice: Practice) -> None:
    async with practice.doctor.stream("GET", f"{R1}/clinic/headers") as answer:
        assert "x-road-error" not in answer.headers
        assert answer.headers["x-road-request-id"] == answer.headers["x-ndxp-transaction-id"] != "forged"


async def test_a_service_that_cannot_be_reached_is_a_network_error(practice: Practice) -> None:
    answer = await practice.doctor.get(f"{R1}/dead/x")
    assert (answer.status_code, answer.headers["x-road-error"]) == (500, "server.serverproxy.network_error")
    assert answer.json()["detail"].startswith("SERVICE_UNREACHABLE")


async def test_pieces_of_an_answer_arrive_as_they_come(practice: Practice) -> None:
    async with practice.doctor.stream("GET", f"{R1}/clinic/chunked") as answer:
        pieces = answer.aiter_bytes()
        assert await anext(pieces) == b"first"
        practice.clinic.release.set()
        assert await anext(pieces) == b"second"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "patients/7", 200), ("HEAD", "patients/7", 200), ("POST", "patients/7", 500), ("GET", "files", 500),
        ("GET", "patients/7/files", 500), ("GET", "Patients/7", 500),
    ],
)  # fmt: skip
async def test_a_member_reaches_the_endpoints_that_its_grant_names(
    practice: Practice, method: str, path: str, status: int
) -> None:
    answer = await practice.visitor.request(method, f"{R1}/clinic/{path}")
    assert answer.status_code == status
    assert len(practice.clinic.asked) == (status == 200)
    if status == 500:
        assert answer.headers["x-road-error"] == "server.serverproxy.access_denied"
        [*_, record] = transaction(practice.exchange, answer.headers["x-road-request-id"])
        assert record["reason"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    "trick", [name for name, path in TRICKS.items() if SENDABLE.fullmatch(path) and "?" not in path]
)
async def test_a_path_with_two_meanings_is_refused_and_recorded(practice: Practice, trick: str) -> None:
    target = f"{R1}{TRICKS[trick]}".encode()
    answer = await practice.doctor.get("/", extensions={"target": target})
    assert (answer.status_code, answer.headers["x-road-error"]) == (400, "client.bad_request")
    assert practice.clinic.asked == []
    [*_, record] = transaction(practice.exchange, answer.headers["x-road-request-id"])
    assert record["reason"] == "INVALID_METADATA"


async def test_list_methods_names_the_endpoints_of_the_document_or_all(practice: Practice) -> None:
    answer = await practice.doctor.get(f"{R1}/listMethods")
    found = {each["service_code"]: (each["service_type"], each["endpoint_list"]) for each in answer.json()["service"]}
    endpoints = [("GET", "/patients"), ("POST", "/patients"), ("GET", "/patients/*")]
    assert found == {
        "clinic": ("OPENAPI", [{"method": method, "path": path} for method, path in endpoints]),
        "dead": ("REST", [{"method": "*", "path": "**"}]),
    }


async def test_allowed_methods_are_the_patterns_of_the_grants(practice: Practice) -> None:
    answer = await practice.visitor.get(f"{R1}/allowedMethods")
    [only] = answer.json()["service"]
    assert only["service_code"] == "clinic"
    assert only["endpoint_list"] == [
        {"method": "GET", "path": "/patients/*"}, {"method": "HEAD", "path": "/patients/*"}
    ]  # fmt: skip
    everything = (await practice.doctor.get(f"{R1}/allowedMethods")).json()["service"]
    assert [each["endpoint_list"] for each in everything] == [[{"method": "*", "path": "**"}]] * 2


async def test_get_openapi_gives_the_document_of_a_service(practice: Practice) -> None:
    answer = await practice.visitor.get(f"{R1}/getOpenAPI", params={"serviceCode": "clinic"})
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)
    assert transaction(practice.exchange, answer.headers["x-road-request-id"])


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("", 400, "client.bad_request"), ("?serviceCode=", 400, "client.bad_request"),
        ("?serviceCode=_invalid", 400, "client.bad_request"), ("?serviceCode=dead", 400, "client.bad_request"),
        ("?serviceCode=none", 500, "server.serverproxy.unknown_service"),
    ],
)  # fmt: skip
async def test_get_openapi_of_nothing_is_refused(practice: Practice, query: str, status: int, kind: str) -> None:
    answer = await practice.visitor.get(f"{R1}/getOpenAPI{query}")
    assert (answer.status_code, answer.headers["x-road-error"]) == (status, kind)
