"""The adapter: calls of the gateway become HTTP requests of an ordinary service, and its answers come back."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import grpc
import msgspec
import pytest
import pytest_asyncio

from gateway.core.endpoints import CONTRACT
from gateway.core.registry import Member, Registry, Service
from gateway.core.transaction import new_transaction_id
from gateway.registry_store import RegistryStore
from gateway.rest.known import Known
from gateway.rest.rest_services import fields, target
from gateway.rest.rest_services.adapter import Adapter
from gateway.rest.rest_services.target import CHUNK
from gateway.store import connect
from ndxp.rest.v1 import rest_pb2 as pb
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, key_of, message_mark, sign
from ndxp.wire.status import Failure, decode
from tests.support.clinic import LARGE, Clinic, running_clinic
from tests.support.fakes import until
from tests.support.stores import Valkey

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDER, OTHER, CLIENT = "VN/GOV/H26/clinic", "VN/GOV/H26/other", "VN/GOV/H30/one-stop"
SECRET = "the secret of the provider"
MOST = len(LARGE) + CHUNK
MEMBERS = [
    Member("VN/GOV/H26", "Hà Nội", subsystems=["clinic", "other"]),
    Member("VN/GOV/H30", "2", subsystems=["one-stop"]),
]


@dataclass
class Answered:
    """What came back: the head, the chunks of the body, or the failure."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def reason(self) -> str:
        return self.failure.reason if self.failure else ""


@dataclass
class House:
    """The adapter with its store and the clinic behind it; it is called as the gateway calls."""

    registry: RegistryStore
    clinic: Clinic
    channel: grpc.aio.Channel

    def assertion(self, path: str, **said: Any) -> str:
        fields = {
            "client": CLIENT, "provider": PROVIDER, "method": f"{CONTRACT}/Get",
            "transaction_id": new_transaction_id(), "message": message_mark(sha256(path.encode()).digest()),
        }  # fmt: skip
        return sign(Assertion(**{**fields, **said}), key_of(SECRET))

    def begin(
        self, method: str, path: str, /, *messages: pb.RestRequest, pairs: Iterable[tuple[str, str]] = (),
        timeout: float | None = None, **said: Any,
    ) -> Any:  # fmt: skip
        """The call of a method that is under way."""
        ask: Any = self.channel.stream_stream(
            f"/{CONTRACT}/{method}", pb.RestRequest.SerializeToString, pb.RestResponse.FromString
        )
        assertion = self.assertion(path, **{"method": f"{CONTRACT}/{method}", **said})
        sent = [(metadata.PATH, path), (metadata.ASSERTION, assertion), *pairs]
        return ask(iter(messages), metadata=sent, timeout=timeout)

    async def call(
        self, method: str, path: str, /, *, query: str = "", headers: Iterable[tuple[str, str]] = (), body: bytes = b"",
        **how: Any,
    ) -> Answered:  # fmt: skip
        messages = [head(query, headers), *(chunk(body[at : at + CHUNK]) for at in range(0, len(body), CHUNK))]
        return await answered(self.begin(method, path, *messages, **how))

    async def change(self, **services: dict[str, str]) -> None:
        """Registers REST services, by the last part of their provider's name."""
        offered = [Service(f"VN/GOV/H26/{name}", CONTRACT, "127.0.0.1:1", rest=rest) for name, rest in services.items()]
        await self.registry.change(lambda r: msgspec.structs.replace(r, members=MEMBERS, services=offered))


def head(query: str = "", headers: Iterable[tuple[str, str]] = ()) -> pb.RestRequest:
    fields = [pb.HeaderField(name=name, value=value) for name, value in headers]
    return pb.RestRequest(head=pb.RequestHead(query=query, headers=fields))


def chunk(data: bytes) -> pb.RestRequest:
    return pb.RestRequest(chunk=data)


async def answered(call: Any) -> Answered:
    """Reads a whole answer."""
    found = Answered()
    try:
        async for response in call:
            if response.HasField("head"):
                found.status = response.head.status
                found.headers = [(field.name, field.value) for field in response.head.headers]
            else:
                found.chunks.append(response.chunk)
    except grpc.aio.AioRpcError as error:
        found.failure = decode(error)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    valkey = Valkey(tmp_path_factory.mktemp("store"))
    valkey.start()
    store = connect(valkey.url)
    registry = RegistryStore(store)
    await registry.change(lambda _: Registry("VN", MEMBERS))
    await registry.put_secrets({name: key_of(SECRET).hex() for name in (PROVIDER, OTHER)})
    known = Known(RegistryStore(store))
    await known.first()
    adapter = Adapter(known, most_bytes=MOST)
    port = await adapter.start("127.0.0.1:0")
    async with running_clinic() as clinic, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        house = House(registry, clinic, channel)
        await house.change(clinic={"clinic": clinic.url, "dead": "http://127.0.0.1:1"})
        yield house
        clinic.release.set()
        await adapter.stop()
    await store.aclose()
    valkey.kill()


@pytest_asyncio.fixture(loop_scope="module")
async def house(running: House) -> AsyncIterator[House]:
    running.clinic.asked.clear()
    running.clinic.release.clear()
    yield running
    running.clinic.release.set()


async def test_a_request_arrives_as_it_was_made_and_the_answer_comes_back(house: House) -> None:
    answer = await house.call("Get", "/clinic/patients/7", query="name=H%c3%a0&x='", headers=[("Accept", "text/plain")])
    assert (answer.status, answer.body, answer.all("x-own"), answer.reason) == (200, b"{}", ["1"], "")
    asked = house.clinic.last
    assert (asked.method, asked.target) == ("GET", "/api/patients/7?name=H%c3%a0&x='")
    assert asked.all("accept") == ["text/plain"]
    assert asked.all("host") == [house.clinic.url.split("/")[2]]
    assert (asked.all("content-length"), asked.all("transfer-encoding")) == ([], [])


@pytest.mark.parametrize("path", ["/clinic/a%20b/x:y@z/H%C3%A0!$&'()*+,=", "/clinic/%22%5B%5D%7C%7B%7D", "/clinic/x/"])
async def test_a_path_is_sent_in_the_form_in_which_it_was_decided(house: House, path: str) -> None:
    assert (await house.call("Get", path)).status == 200
    assert house.clinic.last.target == "/api/" + path.removeprefix("/clinic/")


async def test_the_root_of_a_service_is_its_base_url(house: House) -> None:
    assert (await house.call("Get", "/clinic/")).status == 200
    assert house.clinic.last.target == "/api"


@pytest.mark.parametrize("method", ["Post", "Put", "Patch", "Delete"])
async def test_ten_megabytes_pass_in_pieces(house: House, method: str) -> None:
    answer = await house.call(method, "/clinic/files", body=LARGE)
    assert (house.clinic.last.method, house.clinic.last.size) == (method.upper(), len(LARGE))
    assert house.clinic.last.digest == hashlib.sha256(LARGE).hexdigest()
    if method != "Delete":
        assert json.loads(answer.body)["size"] == len(LARGE)


async def test_an_answer_of_ten_megabytes_comes_in_pieces(house: House) -> None:
    answer = await house.call("Get", "/clinic/large")
    assert answer.body == LARGE
    assert max(map(len, answer.chunks)) <= CHUNK


async def test_an_answer_in_chunks_has_no_length_besides() -> None:
    said = [("Content-Length", "99"), ("Transfer-Encoding", "chunked"), ("x-own", "1")]
    assert fields.to_caller(said) == [("x-own", "1")]
    assert fields.to_caller(said[:1]) == [("content-length", "99")]


async def test_a_stated_length_is_kept(house: House) -> None:
    assert (await house.call("Post", "/clinic/x", headers=[("Content-Length", "3")], body=b"abc")).status == 201
    assert house.clinic.last.all("content-length") == ["3"]
    assert house.clinic.last.all("transfer-encoding") == []


@pytest.mark.parametrize("method", ["Head", "Options", "Delete", "Post", "Put", "Patch"])
async def test_a_request_without_a_body_has_none(house: House, method: str) -> None:
    answer = await house.call(method, "/clinic/x")
    assert answer.status in (200, 201)
    assert (house.clinic.last.method, house.clinic.last.size) == (method.upper(), 0)
    if method == "Head":
        assert answer.chunks == []


@pytest.mark.parametrize(
    ("path", "code", "body"),
    [("/clinic/patients/404", 404, b'{"error":"no such patient"}'), ("/clinic/broken", 500, b"Traceback")],
)
async def test_a_status_of_the_service_is_an_answer(house: House, path: str, code: int, body: bytes) -> None:
    answer = await house.call("Get", path)
    assert (answer.status, answer.body, answer.reason) == (code, body, "")


async def test_a_redirect_is_passed_on_and_not_followed(house: House) -> None:
    answer = await house.call("Get", "/clinic/moved")
    assert (answer.status, answer.all("location")) == (302, [f"{house.clinic.url}/elsewhere"])
    assert len(house.clinic.asked) == 1


async def test_pieces_of_an_answer_come_when_the_service_sends_them(house: House) -> None:
    call = house.begin("Get", "/clinic/chunked", head())
    responses = aiter(call)
    assert (await anext(responses)).head.status == 200
    assert (await anext(responses)).chunk == b"first"
    house.clinic.release.set()
    assert [response.chunk async for response in responses] == [b"second"]


async def test_what_is_about_one_connection_or_is_secret_does_not_reach_the_service(house: House) -> None:
    dropped = {
        "Connection": "keep-alive, X-Hop", "X-Hop": "1", "Keep-Alive": "5", "TE": "trailers", "Upgrade": "h2c",
        "Transfer-Encoding": "gzip", "Trailer": "x", "Proxy-Authorization": "secret", "Proxy-Connection": "close",
        "Authorization": "Bearer secret", "Cookie": "a=secret", "Host": "evil.example", "Expect": "100-continue",
        "X-Forwarded-For": "10.0.0.1",
        "X_Forwarded_Proto": "https", "X-Forwarded-Prefix": "/admin", "Forwarded": "for=x", "X-Real-IP": "10.0.0.1",
        "X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE",
        "X-Original-URL": "/admin", "X-Rewrite-URL": "/admin",
        "X-Ndxp-Client": "VN/GOV/G01/forged", "X_Ndxp_Client": "VN/GOV/G01/forged", "X-Ndxp-Assertion": "x",
        "X-Ndxp-Anything": "1", "X-Road-Client": "VN/GOV/G01/forged", "X-Road-Request-Id": "forged",
    }  # fmt: skip
    kept = {"X-Road-Id": "7", "X-Road-UserId": "u", "Content-Type": "text/plain", "X-Api-Key": "k", "User-Agent": "me"}
    assert (await house.call("Get", "/clinic/x", headers=[*dropped.items(), *kept.items()])).status == 200
    arrived = dict(house.clinic.last.headers)
    assert {name: arrived.get(name.lower()) for name in kept} == kept
    own = {metadata.CLIENT: CLIENT, "x-road-client": CLIENT}
    assert own.items() <= arrived.items()
    assert arrived.keys() - {name.lower() for name in kept} == {"host", metadata.TRANSACTION_ID, *own}
    assert "secret" not in str(house.clinic.last.headers)
    assert "forged" not in str(house.clinic.last.headers)
    assert arrived["host"] != "evil.example"


async def test_a_service_gets_one_trace_that_of_the_call(house: House) -> None:
    trace, other = (f"00-{digit * 32}-{digit * 16}-01" for digit in "ab")
    await house.call("Get", "/clinic/x", headers=[("Traceparent", other)], pairs=[(metadata.TRACEPARENT, trace)])
    assert house.clinic.last.all("traceparent") == [trace]


async def test_a_slow_service_takes_so_many_requests_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "_AT_ONCE", 1)
    call = house.begin("Get", "/clinic/slow", head())
    await until(lambda: house.clinic.asked)
    answer = await house.call("Get", "/clinic/x")
    assert answer.failure
    assert (answer.failure.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE.value[0], "SERVICE_BUSY")
    house.clinic.release.set()
    assert (await answered(call)).status == 200
    assert (await house.call("Get", "/clinic/x")).status == 200


async def test_the_service_is_told_who_calls_in_which_transaction_and_what_for(house: House) -> None:
    told = [(metadata.USER_ID, "nurse-7"), (metadata.PURPOSE, "treatment"), (metadata.MESSAGE_ID, "m-1")]
    transaction = new_transaction_id()
    await house.call("Get", "/clinic/x", pairs=told, transaction_id=transaction)
    asked = house.clinic.last
    assert asked.all(metadata.TRANSACTION_ID) == [transaction]
    assert [(key, asked.all(key)) for key, _ in told] == [(key, [value]) for key, value in told]
    assert asked.all(metadata.PATH) == []


async def test_what_is_about_one_connection_or_is_the_exchanges_does_not_come_back(house: House) -> None:
    answer = await house.call("Get", "/clinic/headers")
    names = {name for name, _ in answer.headers}
    assert not names & {
        "connection", "x-private", "keep-alive", "set-cookie", "transfer-encoding", metadata.TRANSACTION_ID,
        "x-road-error",
    }  # fmt: skip
    assert (answer.all("x-two"), answer.all("x-latin"), answer.all("content-encoding")) == (
        ["1", "2"],
        ["Hà"],
        ["gzip"],
    )


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "NO_HEAD"),
        ([chunk(b"x")], "NO_HEAD"),
        ([pb.RestRequest()], "NO_HEAD"),
        ([head(), head()], "NO_CHUNK"),
        ([head(), chunk(b"x"), pb.RestRequest()], "NO_CHUNK"),
        ([head(), chunk(b"x" * (CHUNK + 1))], "NO_CHUNK"),
        ([head("a b")], "QUERY_REFUSED"),
        ([head("a#b")], "QUERY_REFUSED"),
        ([head("a\r\nHost: evil")], "QUERY_REFUSED"),
        ([head("x" * 8001)], "QUERY_REFUSED"),
        ([head(headers=[("a b", "1")])], "HEADERS_REFUSED"),
        ([head(headers=[("", "1")])], "HEADERS_REFUSED"),
        ([head(headers=[(":path", "/admin")])], "HEADERS_REFUSED"),
        ([head(headers=[("a", "1\r\nb: 2")])], "HEADERS_REFUSED"),
        ([head(headers=[("a", "\0")])], "HEADERS_REFUSED"),
        ([head(headers=[("a", "Ệ")])], "HEADERS_REFUSED"),
        ([head(headers=[("content-length", "1, 2")])], "HEADERS_REFUSED"),
        ([head(headers=[("content-length", "1"), ("Content-Length", "2")])], "HEADERS_REFUSED"),
        ([head(headers=[("a", "x" * 40_000)])], "HEADERS_REFUSED"),
        ([head(headers=[("a", "1")] * 101)], "HEADERS_REFUSED"),
        ([head(headers=[("content-length", "3")]), chunk(b"abcd")], "LENGTH_WRONG"),
        ([head(headers=[("content-length", "5")]), chunk(b"abcd")], "LENGTH_WRONG"),
        ([head(headers=[("content-length", "5")])], "LENGTH_WRONG"),
    ],
)
async def test_a_malformed_request_is_refused_with_its_reason(
    house: House, messages: list[pb.RestRequest], reason: str
) -> None:
    answer = await answered(house.begin("Post", "/clinic/x", *messages))
    assert (answer.status, answer.reason) == (0, reason)
    assert answer.failure
    assert answer.failure.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


@pytest.mark.parametrize("method", ["Get", "Head", "Options"])
async def test_a_reading_request_has_no_body(house: House, method: str) -> None:
    assert (await house.call(method, "/clinic/x", body=b"x")).reason == "BODY_NOT_ALLOWED"
    assert house.clinic.asked == []


async def test_a_body_that_is_too_large_is_not_passed_on_whole(house: House) -> None:
    answer = await house.call("Post", "/clinic/x", body=bytes(MOST + 1))
    assert answer.reason == "BODY_TOO_LARGE"
    await until(lambda: house.clinic.last.gone)
    assert house.clinic.last.size <= MOST


async def test_a_service_that_cannot_be_reached_is_unavailable_with_a_reason(house: House) -> None:
    answer = await house.call("Get", "/dead/x")
    assert answer.failure
    assert (answer.failure.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE.value[0], "SERVICE_UNREACHABLE")


async def test_an_answer_that_breaks_off_is_unavailable_after_what_came(house: House) -> None:
    answer = await house.call("Get", "/clinic/cut")
    assert (answer.status, answer.body, answer.reason) == (200, b"first", "SERVICE_BROKE_OFF")


@pytest.mark.parametrize("path", ["/clinic/slow", "/clinic/chunked"])
async def test_a_service_is_left_when_the_deadline_has_passed(house: House, path: str) -> None:
    answer = await house.call("Get", path, timeout=0.5)
    assert answer.failure
    assert answer.failure.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    await until(lambda: house.clinic.last.gone)


@pytest.mark.parametrize("path", ["/clinic/slow", "/clinic/chunked"])
async def test_a_service_is_left_when_the_caller_goes_away(house: House, path: str) -> None:
    call = house.begin("Get", path, head())
    await until(lambda: house.clinic.asked)
    call.cancel()
    await until(lambda: house.clinic.last.gone)


async def test_only_the_gateway_gets_through(house: House) -> None:
    for pairs in ([], [(metadata.ASSERTION, "x")], [(metadata.ASSERTION, house.assertion("/clinic/other"))]):
        ask: Any = house.channel.stream_stream(
            f"/{CONTRACT}/Get", pb.RestRequest.SerializeToString, pb.RestResponse.FromString
        )
        answer = await answered(ask(iter([head()]), metadata=[(metadata.PATH, "/clinic/x"), *pairs]))
        assert answer.reason == "GATEWAY_ONLY"
    others: list[dict[str, Any]] = [
        {"provider": OTHER}, {"provider": "VN/GOV/H30/one-stop"}, {"method": f"{CONTRACT}/Post"}, {"message": ""},
    ]  # fmt: skip
    for said in others:
        assert (await house.call("Get", "/clinic/x", **said)).reason == "GATEWAY_ONLY"
    assert house.clinic.asked == []


async def test_an_assertion_is_good_for_one_call(house: House) -> None:
    transaction = new_transaction_id()
    assert (await house.call("Get", "/clinic/x", transaction_id=transaction)).status == 200
    assert (await house.call("Get", "/clinic/x", transaction_id=transaction)).reason == "GATEWAY_ONLY"


async def test_a_service_is_called_as_soon_as_it_is_registered_and_no_more_when_it_is_gone(house: House) -> None:
    await house.change(clinic={"clinic": house.clinic.url}, other={"new": house.clinic.url})
    assert (await house.call("Get", "/new/x", provider=OTHER)).status == 200
    await house.change(
        clinic={"clinic": house.clinic.url, "dead": "http://127.0.0.1:1"}, other={"more": house.clinic.url}
    )
    await until(lambda: _status(house, "/more/x", 200))
    assert (await house.call("Get", "/new/x", provider=OTHER)).reason == "NOT_REGISTERED"


async def _status(house: House, path: str, wanted: int) -> bool:
    return (await house.call("Get", path, provider=OTHER)).status == wanted
