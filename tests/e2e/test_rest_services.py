"""An ordinary HTTP service on the exchange: registered, granted by path, called over gRPC and over HTTP, recorded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.core.endpoints import CONTRACT
from gateway.http.server import listen, serve
from gateway.registry_store import RegistryStore
from gateway.rest import failures
from gateway.rest.call import Calls
from gateway.rest.failures import Failed
from gateway.rest.known import Known
from gateway.rest.rest_services.forward import forward
from gateway.rest.rest_services.target import CHUNK
from gateway.rest.traffic import Traffic
from gateway.settings import RestSettings
from gateway.store import connect
from ndxp.exchange.v1.exchange_pb2 import ListMyGrantsRequest, ListServicesRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.rest.v1 import rest_pb2 as pb
from ndxp.rpc import Lanes
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.wire.streams import keep_status
from tests.e2e.conftest import code_of, failure_of, fresh_channel, known, transaction, transaction_id_of, transactions
from tests.support.clinic import LARGE, Clinic, running_clinic
from tests.support.fakes import until
from tests.support.tricks import TRICKS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVIDER, DOCTOR, CLERK = "VN/COM/clinics/app", "VN/COM/doctors/app", "VN/COM/clerks/app"
GRANTS = {
    "doctor": (DOCTOR, ["*"], ["/clinic/**"]),
    "clerk": (CLERK, ["Get", "Head"], ["/clinic/patients/*"]),
}
Ask = Callable[..., Any]


def grant(exchange: RunningExchange, name: str, paths: list[str] | None = None) -> None:
    consumer, methods, usual = GRANTS[name]
    body = {
        "id": f"clinic-{name}",
        "consumer": consumer,
        "provider": PROVIDER,
        "contract": CONTRACT,
        "methods": methods,
    }
    exchange.admin.delete(f"grants/clinic-{name}")
    exchange.admin.post("grants", json={**body, "paths": usual if paths is None else paths}).raise_for_status()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clinic_service(exchange: RunningExchange) -> AsyncIterator[Clinic]:
    for name in (PROVIDER, DOCTOR, CLERK):
        member, _, subsystem = name.rpartition("/")
        body = {"id": member, "name": member, "subsystems": [subsystem]}
        exchange.admin.post("members", json=body).raise_for_status()
    async with running_clinic() as clinic:
        body = {"provider": PROVIDER, "code": "clinic", "url": clinic.url}
        exchange.admin.put("services/rest", json=body).raise_for_status()
        for name in GRANTS:
            grant(exchange, name)
        await known(exchange)
        yield clinic
        exchange.admin.delete("services", params={"provider": PROVIDER, "contract": CONTRACT}).raise_for_status()


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(clinic_service: Clinic) -> AsyncIterator[Clinic]:
    clinic_service.asked.clear()
    clinic_service.release.clear()
    yield clinic_service
    clinic_service.release.set()


@pytest_asyncio.fixture(loop_scope="session")
async def ask(exchange: RunningExchange, clinic: Clinic) -> AsyncIterator[Ask]:
    """Calls a method of a REST service as a subsystem."""
    tokens = {name: exchange.tokens(name).blocking() for name in (DOCTOR, CLERK)}
    async with fresh_channel(exchange.gateway) as channel:

        def call(client: str, method: str, path: str | None, body: bytes = b"", pairs: Iterable[Any] = ()) -> Any:
            callable_: Any = channel.stream_stream(
                f"/{CONTRACT}/{method}", pb.RestRequest.SerializeToString, pb.RestResponse.FromString
            )
            chunks = [pb.RestRequest(chunk=body[at : at + CHUNK]) for at in range(0, len(body), CHUNK)]
            own = [] if path is None else [(metadata.PATH, path)]
            said = [(metadata.AUTHORIZATION, f"Bearer {tokens[client]}"), (metadata.SERVICE, PROVIDER), *own, *pairs]
            return keep_status(callable_(iter([pb.RestRequest(head=pb.RequestHead()), *chunks]), metadata=said))

        yield call


async def answer_of(call: Any) -> tuple[int, bytes]:
    """The status and the body of an answer."""
    found = [response async for response in call]
    return found[0].head.status, b"".join(response.chunk for response in found[1:])


async def test_a_rest_service_is_called_by_whom_the_path_is_granted_to(ask: Ask, clinic: Clinic) -> None:
    for client in (DOCTOR, CLERK):
        assert await answer_of(ask(client, "Get", "/clinic/patients/7")) == (200, b"{}")
        assert clinic.last.all(metadata.CLIENT) == [client]
    assert await answer_of(ask(DOCTOR, "Get", "/clinic/visits/9")) == (200, b"{}")
    for method, path in (
        ("Get", "/clinic/visits/9"),
        ("Get", "/clinic/patients/7/notes"),
        ("Get", "/clinic/patients/"),
    ):
        failure = await failure_of(ask(CLERK, method, path))
        assert failure.reason == "ACCESS_DENIED"
        assert "its grant clinic-clerk is for the paths /clinic/patients/*" in failure.message
    assert (await failure_of(ask(CLERK, "Delete", "/clinic/patients/7"))).reason == "ACCESS_DENIED"
    assert len(clinic.asked) == 3


async def test_ten_megabytes_go_up_and_come_down(ask: Ask, clinic: Clinic) -> None:
    status, _ = await answer_of(ask(DOCTOR, "Put", "/clinic/files", LARGE))
    assert (status, clinic.last.size) == (201, len(LARGE))
    assert await answer_of(ask(DOCTOR, "Get", "/clinic/large")) == (200, LARGE)


async def test_the_status_of_the_service_is_its_own_and_the_call_is_recorded(
    ask: Ask, exchange: RunningExchange
) -> None:
    call = ask(CLERK, "Get", "/clinic/patients/404")
    assert (await answer_of(call))[0] == 404
    records = transaction(exchange, await transaction_id_of(call))
    assert [record["phase"] for record in records] == ["request", "outcome"]
    outcome = records[-1]
    assert (outcome["client"], outcome["service"], outcome["method"]) == (CLERK, PROVIDER, f"{CONTRACT}/Get")
    assert (outcome["status_code"], outcome["grant"]) == (0, "clinic-clerk")


async def test_no_trick_reaches_the_service(ask: Ask, clinic: Clinic) -> None:
    tricks = {name: path for name, path in TRICKS.items() if path.isascii() and path.isprintable()}
    assert len(tricks) > 40
    for name, path in tricks.items():
        failure = await failure_of(ask(DOCTOR, "Get", path))
        assert (failure.reason, failure.details.get("key")) == ("INVALID_METADATA", metadata.PATH), name
    assert clinic.asked == []


async def test_a_call_needs_one_path_and_a_known_service(ask: Ask, clinic: Clinic) -> None:
    assert (await failure_of(ask(DOCTOR, "Get", None))).reason == "INVALID_METADATA"
    twice = ask(DOCTOR, "Get", "/clinic/x", pairs=[(metadata.PATH, "/clinic/y")])
    assert (await failure_of(twice)).reason == "INVALID_METADATA"
    unknown = await failure_of(ask(DOCTOR, "Get", "/labs/x"))
    assert (unknown.reason, "it has clinic" in unknown.message) == ("UNKNOWN_SERVICE", True)
    assert clinic.asked == []


async def test_a_call_of_another_contract_may_not_state_a_path(exchange: RunningExchange) -> None:
    token = exchange.tokens(DOCTOR).blocking()
    async with fresh_channel(exchange.gateway) as channel:
        listing: Any = channel.unary_unary("/ndxp.exchange.v1.ExchangeService/ListMembers")
        said = ((metadata.AUTHORIZATION, f"Bearer {token}"), (metadata.PATH, "/clinic/x"))
        assert (await failure_of(listing(b"", metadata=said))).reason == "INVALID_METADATA"


async def test_the_directory_shows_codes_and_paths_and_no_base_url(exchange: RunningExchange, clinic: Clinic) -> None:
    with exchange.connect(CLERK) as own:
        stub = ExchangeServiceStub(own.channel)
        [granted] = [g for g in stub.ListMyGrants(ListMyGrantsRequest()).grants if g.provider == PROVIDER]
        services = stub.ListServices(ListServicesRequest(page_size=500)).services
    assert list(granted.paths) == ["/clinic/patients/*"]
    [service] = [service for service in services if service.provider == PROVIDER]
    assert list(service.rest) == ["clinic"]
    assert clinic.url.split("/")[2] not in str(service)


async def test_a_call_under_way_ends_when_its_path_is_granted_no_more(
    ask: Ask, clinic: Clinic, exchange: RunningExchange
) -> None:
    call = ask(DOCTOR, "Get", "/clinic/chunked")
    responses = aiter(call)
    assert (await anext(responses)).head.status == 200
    grant(exchange, "doctor", ["/clinic/patients/*"])
    try:
        assert await code_of(call) is grpc.StatusCode.PERMISSION_DENIED
        await until(lambda: clinic.last.gone)
    finally:
        grant(exchange, "doctor")
        await known(exchange)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(exchange: RunningExchange, clinic_service: Clinic) -> AsyncIterator[str]:
    """A door for HTTP that knows one provider; the path of a request is that of the call."""
    store = connect(exchange.state.processes[0].environment["NDXP_REDIS_URL"])
    known_here = Known(RegistryStore(store))
    await known_here.first()
    lanes = Lanes(exchange.gateway, 1, agent="test")
    calls = Calls(lanes, known_here, RestSettings(), Traffic(known_here))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        pairs, path = calls.pairs(request.headers), scope["raw_path"].decode()
        try:
            response: Response = await forward(calls, request, provider=PROVIDER, path=path, pairs=pairs, patience=20)
        except Failed as failed:
            response = failures.problem(failed.failure)
        await response(scope, receive, send)

    server, socket = serve(answer, None), listen("127.0.0.1:0")
    serving = asyncio.create_task(server.serve([socket]))
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.stop()
    await serving
    lanes.close()
    await store.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def doctor(exchange: RunningExchange, door: str, clinic: Clinic) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {exchange.tokens(DOCTOR).blocking()}"}
    async with httpx.AsyncClient(base_url=door, headers=headers, timeout=20, trust_env=False) as client:
        yield client


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 100_000):
        yield data[at : at + 100_000]


async def test_every_http_method_goes_through_and_back(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        body = None if method in ("GET", "HEAD", "OPTIONS") else b"text"
        answer = await doctor.request(method, "/clinic/x?q=%C3%A0", content=body, headers={"cookie": "a=1"})
        assert (answer.is_success, answer.headers["x-own"]) == (True, "1") or method in ("POST", "PUT", "PATCH")
        assert (clinic.last.method, clinic.last.target) == (method, "/api/x?q=%C3%A0")
        assert clinic.last.size == len(body or b"")
        assert clinic.last.all("cookie") == clinic.last.all("authorization") == []
        assert clinic.last.all(metadata.CLIENT) == [DOCTOR]
        assert clinic.last.all(metadata.TRANSACTION_ID) == [answer.headers[metadata.TRANSACTION_ID]]


async def test_ten_megabytes_go_up_and_come_down_over_http(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    answer = await doctor.put("/clinic/files", content=pieces(LARGE))
    assert (answer.status_code, answer.json()["size"]) == (201, len(LARGE))
    answer = await doctor.put("/clinic/files", content=LARGE)
    assert (answer.status_code, clinic.last.all("content-length")) == (201, [str(len(LARGE))])
    assert (await doctor.get("/clinic/large")).content == LARGE


async def test_what_the_service_says_passes_over_http(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    answer = await doctor.get("/clinic/patients/404")
    assert (answer.status_code, answer.json()) == (404, {"error": "no such patient"})
    assert (await doctor.get("/clinic/broken")).status_code == 500
    assert (await doctor.get("/clinic/moved")).headers["location"] == f"{clinic.url}/elsewhere"
    assert len(clinic.asked) == 3
    answer = await doctor.send(doctor.build_request("GET", "/clinic/headers"), stream=True)
    assert [value for name, value in answer.headers.raw if name == b"x-latin"] == [b"H\xe0"]
    assert answer.headers.get_list("date") == [answer.headers["date"]]
    await answer.aclose()


async def test_pieces_come_over_http_when_the_service_sends_them(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    async with doctor.stream("GET", "/clinic/chunked") as answer:
        body = answer.aiter_raw()
        assert await anext(body) == b"first"
        clinic.release.set()
        assert [piece async for piece in body] == [b"second"]


async def test_an_answer_that_breaks_off_has_no_end_for_an_http_caller_either(doctor: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await doctor.get("/clinic/cut")


@pytest.mark.parametrize("path", ["/clinic/slow", "/clinic/chunked"])
async def test_the_service_is_left_when_an_http_caller_goes_away(
    doctor: httpx.AsyncClient, clinic: Clinic, path: str
) -> None:
    asking = asyncio.create_task(doctor.get(path))
    await until(lambda: clinic.asked)
    asking.cancel()
    await until(lambda: clinic.last.gone)


async def test_no_trick_of_an_http_caller_reaches_the_service(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    sent = 0
    for name, path in TRICKS.items():
        target = path.encode()
        if not path.startswith("/") or not all(0x21 <= byte <= 0x7E for byte in target) or set("?#") & set(path):
            continue  # no request target of HTTP, or the end of the path
        sent += 1
        answer = await doctor.send(doctor.build_request("GET", "/", extensions={"target": target}))
        assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_METADATA"), name
    assert sent > 40
    assert clinic.asked == []


async def test_an_http_caller_cannot_name_another_path_or_provider(doctor: httpx.AsyncClient, clinic: Clinic) -> None:
    for key, value in ((metadata.PATH, "/clinic/y"), (metadata.SERVICE, "VN/GOV/G01/population")):
        answer = await doctor.get("/clinic/x", headers={key: value})
        assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_METADATA")
    assert clinic.asked == []


async def test_a_refusal_comes_before_the_body_is_there_and_is_recorded(
    exchange: RunningExchange, door: str, clinic: Clinic
) -> None:
    tokens = {"TOKEN_MISSING": "", "TOKEN_INVALID": "nonsense", "ACCESS_DENIED": exchange.tokens(CLERK).blocking()}
    for reason, token in tokens.items():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(door.rpartition(":")[2]))
        head = f"POST /clinic/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(LARGE)}\r\n"
        own = f"Authorization: Bearer {token}\r\n" if token else ""
        writer.write(f"{head}{own}\r\n".encode() + LARGE[:1000])
        assert reason.encode() in await reader.readuntil(b"hop")
        writer.close()
    assert clinic.asked == []
    [record] = transactions(exchange, client=CLERK, method=f"{CONTRACT}/Post")
    assert record["reason"] == "ACCESS_DENIED"
