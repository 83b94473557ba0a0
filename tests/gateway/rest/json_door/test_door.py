"""The JSON door: one call in every protocol, with one decision and one record; what it refuses, and how it says so."""

import base64
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
import pytest
from connectrpc.client import ConnectClientSync
from connectrpc.compat import google_protobuf_binary_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from google.protobuf import json_format
from google.rpc import error_details_pb2

from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.rpc import frame, unframe
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.world import World
from tests.e2e.conftest import transaction, transactions
from tests.gateway.rest.conftest import ONE_STOP, POPULATION, VERIFY
from tests.support.fakes import until_now
from tests.support.scrape import scrape, total

OFFICER = "cb.nguyen"
CONNECT = {"connect-protocol-version": "1"}
OWN_IN_EVERY_RECORD = {
    "seq", "message_id", "transaction_id", "ordinal", "request_in_ts", "request_out_ts", "response_in_ts",
    "response_out_ts", "request_size", "response_size", "request_hash", "response_hash", "span_id", "trace_id", "node",
    "recorded_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def claim() -> pb.VerifyCitizenRequest:
    world = World()
    citizen = next(iter(world.sample(world.population, 7, alive=True)))
    return pb.VerifyCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=citizen.birth_date.isoformat()
    )


def plain(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found


Way = Callable[[RunningExchange, httpx.Client, pb.VerifyCitizenRequest, str], bool]


def by_grpc(exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest, message_id: str) -> bool:
    with exchange.connect(ONE_STOP) as own:
        stub = PopulationServiceStub(own.channel)
        return bool(
            stub.VerifyCitizen(claim, metadata=((metadata.MESSAGE_ID, message_id), (metadata.USER_ID, OFFICER))).matched
        )


def by_json(exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest, message_id: str) -> bool:
    answer = door.post(VERIFY, json=plain(claim), headers={metadata.USER_ID: OFFICER, metadata.MESSAGE_ID: message_id})
    return bool(answer.raise_for_status().json()["matched"])


def by_gzip(exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest, message_id: str) -> bool:
    body = gzip.compress(json.dumps(plain(claim)).encode())
    headers = {
        metadata.USER_ID: OFFICER,
        metadata.MESSAGE_ID: message_id,
        "content-encoding": "gzip",
        "content-type": "application/json",
    }
    return bool(door.post(VERIFY, content=body, headers=headers).raise_for_status().json()["matched"])


def by_connect_json(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    answer = door.post(
        VERIFY, json=plain(claim), headers={metadata.USER_ID: OFFICER, metadata.MESSAGE_ID: message_id, **CONNECT}
    )
    return bool(answer.raise_for_status().json()["matched"])


def by_connect_client(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    return bool(
        ask(door, claim, ProtocolType.CONNECT, {metadata.USER_ID: OFFICER, metadata.MESSAGE_ID: message_id}).matched
    )


def by_grpc_web_client(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    return bool(
        ask(door, claim, ProtocolType.GRPC_WEB, {metadata.USER_ID: OFFICER, metadata.MESSAGE_ID: message_id}).matched
    )


def by_grpc_web_text(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    body = base64.b64encode(frame([claim.SerializeToString()]))
    headers = {"content-type": "application/grpc-web-text", metadata.MESSAGE_ID: message_id, metadata.USER_ID: OFFICER}
    answer = door.post(VERIFY, content=body, headers=headers)
    message, trailers = web_frames(b"".join(map(base64.b64decode, in_parts(answer.text))))
    assert b"grpc-status: 0" in trailers
    return bool(pb.VerifyCitizenResponse.FromString(message).matched)


def by_x_road(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    headers = {"x-road-client": ONE_STOP, "x-road-id": message_id, "x-road-userid": OFFICER}
    answer = door.post("/r1/VN/GOV/G01/population/PopulationService/VerifyCitizen", json=plain(claim), headers=headers)
    return bool(answer.raise_for_status().json()["matched"])


def by_the_adapter_of_ndxp(exchange: RunningExchange, door: httpx.Client, claim: Any, message_id: str) -> bool:
    asked = {
        "MaYeuCau": message_id, "MaDichVu": "033", "MaCanBo": OFFICER, "SoDinhDanh": claim.citizen_number,
        "HoVaTen": claim.full_name, "NgayThangNamSinh": claim.birth_date.replace("-", ""),
    }  # fmt: skip
    address = "/VXPAdapter/RestService/forward/dancu/033?dstcode=VN:GOV:000.00.00.G01:population"
    answer = door.post(address, json=asked)
    return bool(answer.raise_for_status().json()["TonTai"])


WAYS = [
    by_grpc,
    by_json,
    by_gzip,
    by_connect_json,
    by_connect_client,
    by_grpc_web_client,
    by_grpc_web_text,
    by_x_road,
    by_the_adapter_of_ndxp,
]


def ask(
    door: httpx.Client, claim: pb.VerifyCitizenRequest, protocol: ProtocolType, headers: dict[str, str]
) -> pb.VerifyCitizenResponse:
    """A call with the Connect project's own client, which compresses where it may."""
    method = MethodInfo(
        name="VerifyCitizen", service_name=POPULATION, input=pb.VerifyCitizenRequest, output=pb.VerifyCitizenResponse,
        idempotency_level=IdempotencyLevel.NO_SIDE_EFFECTS, stream_type=StreamType.UNARY,
    )  # fmt: skip
    compression: dict[str, Any] = {} if protocol is ProtocolType.CONNECT else {"send_compression": None}
    client = ConnectClientSync(
        str(door.base_url).rstrip("/"), codec=google_protobuf_binary_codec(), protocol=protocol, **compression
    )
    try:
        own = {"authorization": door.headers["authorization"], **headers}
        return client.execute_unary(request=claim, method=method, headers=own)
    finally:
        client.close()


def in_parts(text: str) -> Iterator[str]:
    """Base64 parts that were encoded one by one: each ends with its padding, or with a whole group."""
    part = ""
    for at in range(0, len(text), 4):
        part += text[at : at + 4]
        if part.endswith("="):
            yield part
            part = ""
    yield part


def web_frames(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[1:5], "big")
    assert data[0] == 0
    assert data[5 + size] == 0x80
    return data[5 : 5 + size], data[10 + size :]


def test_a_call_is_decided_and_recorded_alike_in_every_protocol(
    exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest
) -> None:
    for number, way in enumerate(WAYS):
        assert way(exchange, door, claim, f"one-decision-{number}"), way.__name__
    found = [transactions(exchange, message_id=f"one-decision-{number}") for number in range(len(WAYS))]
    assert [len(each) for each in found] == [1] * len(WAYS)
    records = [{k: v for k, v in each[0].items() if k not in OWN_IN_EVERY_RECORD} for each in found]
    for way, each in zip(WAYS, records, strict=True):
        assert each == records[0], way.__name__
    assert records[0]["client"] == ONE_STOP


def test_a_plain_answer_names_its_transaction_and_what_was_withheld(
    exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest
) -> None:
    answer = door.post(f"/{POPULATION}/GetCitizen", json=plain(claim)).raise_for_status()
    (record,) = transaction(exchange, answer.headers["x-ndxp-transaction-id"])
    assert record["method"] == f"{POPULATION}/GetCitizen"
    assert answer.headers["x-ndxp-grant"] == record["grant"] == "population-one-stop-record"
    assert "citizen.blood_group" in answer.headers["x-ndxp-withheld"].split()
    assert "bloodGroup" not in answer.json()["citizen"]
    assert answer.json()["citizen"]["citizenNumber"] == claim.citizen_number


def test_streams_are_lines_of_json(door: httpx.Client, claim: pb.VerifyCitizenRequest) -> None:
    questions = [{"itemId": str(number), **plain(claim)} for number in range(3)]
    lines = "\n".join(map(json.dumps, questions))
    answer = door.post(
        f"/{POPULATION}/BatchVerifyCitizens", content=lines, headers={"content-type": "application/x-ndjson"}
    ).raise_for_status()
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["itemId"] for line in answer.text.splitlines()] == ["0", "1", "2"]


def test_a_stream_that_fails_says_so_in_its_status_or_its_last_line(door: httpx.Client) -> None:
    answer = door.post(f"/{POPULATION}/WatchChanges", json={"cursor": "of another feed"})
    said = json.loads(answer.text.splitlines()[-1])
    assert said.get("error", said)["code"] == "INVALID_ARGUMENT"


def test_streams_in_the_envelopes_of_connect(door: httpx.Client, claim: pb.VerifyCitizenRequest) -> None:
    questions = [{"itemId": str(number), **plain(claim)} for number in range(3)]
    body = b"".join(
        bytes([0]) + len(data).to_bytes(4, "big") + data for data in (json.dumps(each).encode() for each in questions)
    )
    answer = door.post(
        f"/{POPULATION}/BatchVerifyCitizens", content=body, headers={"content-type": "application/connect+json"}
    )
    flags, messages = zip(*envelopes(answer.content), strict=True)
    assert flags == (0, 0, 0, 2)
    assert [json.loads(message)["itemId"] for message in messages[:-1]] == ["0", "1", "2"]
    assert json.loads(messages[-1])["metadata"]["x-ndxp-transaction-id"]


def envelopes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        end = 5 + int.from_bytes(data[1:5], "big")
        yield data[0], data[5:end]
        data = data[end:]


REFUSED: list[tuple[str, dict[str, str], str, int]] = [
    ("nobody", {"authorization": ""}, "TOKEN_MISSING", 401),
    ("a stranger", {"authorization": "Bearer x"}, "TOKEN_INVALID", 401),
    ("an unknown key", {"x-ndxp-nonsense": "1"}, "INVALID_METADATA", 400),
    ("another's name", {"x-ndxp-client": "VN/GOV/G01/population"}, "INVALID_METADATA", 400),
    ("a letter that is not ASCII", {"x-ndxp-user-id": "é"}, "INVALID_METADATA", 400),
    ("too much metadata", {"x-ndxp-user-id": "x" * 9000}, "INVALID_METADATA", 400),
    ("far too much metadata", {"baggage": "x" * 30_000}, "METADATA_TOO_LARGE", 429),
    ("a provider that is none", {"x-ndxp-service": "VN/GOV/G24/health-insurance"}, "UNKNOWN_PROVIDER", 404),
]


@pytest.mark.parametrize(("headers", "reason", "code"), [each[1:] for each in REFUSED], ids=[e[0] for e in REFUSED])
def test_a_refusal_says_why_where_and_what_to_do(
    exchange: RunningExchange, door: httpx.Client, claim: Any, headers: dict[str, str], reason: str, code: int
) -> None:
    given = {**dict(door.headers), **headers}
    sent = [(key.encode(), value.encode("latin-1")) for key, value in given.items() if value]
    with httpx.Client(base_url=door.base_url, timeout=60) as bare:
        said = bare.post(VERIFY, json=plain(claim), headers=sent)
    problem = said.json()
    assert (said.status_code, problem["status"], problem["reason"]) == (code, code, reason)
    assert said.headers["content-type"] == "application/problem+json"
    assert problem["hop"].startswith("gateway/")
    assert all(problem[name] for name in ("title", "detail", "remedy", "message_vi", "transaction_id"))
    assert problem["transaction_id"] == said.headers["x-ndxp-transaction-id"]
    if reason not in ("TOKEN_MISSING", "METADATA_TOO_LARGE"):  # nobody claimed an identity there
        until_now(lambda: transaction(exchange, problem["transaction_id"]))


def test_metadata_for_which_the_gateway_would_hang_up_on_all_callers_goes_no_further(
    exchange: RunningExchange, door: httpx.Client
) -> None:
    with watching(exchange, door, "neighbour"):
        for many in ([("x-ndxp-a", "b")] * 4500, [("baggage", "x" * 60_000)]):
            for _ in range(4):  # the door has several connections to the gateway
                said = httpx.post(f"{exchange.rest_url}{VERIFY}", json={}, headers=many)
                assert (said.status_code, said.json()["reason"]) == (429, "METADATA_TOO_LARGE")
        assert transactions(exchange, message_id="neighbour") == []  # it is still under way
    until_now(lambda: transactions(exchange, message_id="neighbour"))


def test_no_grant_is_a_403_that_names_the_nearest(exchange: RunningExchange, claim: Any) -> None:
    token = exchange.tokens("VN/GOV/G40/court-assistant").blocking()
    headers = {"authorization": f"Bearer {token}"}
    denied = httpx.post(f"{exchange.rest_url}/{POPULATION}/ListHousehold", json={}, headers=headers)
    assert (denied.status_code, denied.json()["reason"]) == (403, "ACCESS_DENIED")
    unstated = httpx.post(f"{exchange.rest_url}/{POPULATION}/GetCitizen", json=plain(claim), headers=headers)
    assert (unstated.status_code, unstated.json()["reason"]) == (403, "PURPOSE_REQUIRED")
    stated = {**headers, "x-ndxp-purpose": "court proceedings"}
    assert httpx.post(f"{exchange.rest_url}/{POPULATION}/GetCitizen", json=plain(claim), headers=stated).is_success


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"[{},{}]", b"{}{}", b'{"nope": 1}', b'{"citizenNumber": 1}', b'{"citizenNumber": "\xff"}',
        b'{"citizenNumber": "1", "citizenNumber": "2"}', b"NaN", b"[" * 10_000, b'{"citizenNumber": "\\ud800"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, CONNECT], ids=["plain", "connect"])
def test_a_body_that_does_not_fit_is_refused_and_recorded(
    exchange: RunningExchange, door: httpx.Client, body: bytes, headers: dict[str, str]
) -> None:
    said = door.post(VERIFY, content=body, headers={"content-type": "application/json", **headers})
    assert said.status_code == 400
    problem = said.json()
    assert problem["code"].lower() == "invalid_argument"
    assert problem.get("detail") or problem.get("message")
    if not headers:
        (record,) = transaction(exchange, problem["transaction_id"])
        assert record["reason"] == problem["reason"] == "REQUEST_MALFORMED"


def test_an_unknown_method_is_refused_by_the_gateway(exchange: RunningExchange, door: httpx.Client) -> None:
    said = door.post(f"/{POPULATION}/Nope", json={})
    assert (said.status_code, said.json()["reason"]) == (501, "UNKNOWN_SERVICE")
    (record,) = transaction(exchange, said.json()["transaction_id"])
    assert record["reason"] == "UNKNOWN_SERVICE"


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/a/b/c", {"content-type": "application/json"}, 404),
        ("/%C3%A9.S/M", {"content-type": "application/json"}, 404),
        (VERIFY, {"content-type": "text/plain"}, 415),
        (VERIFY, {"content-type": "application/grpc"}, 415),
        (VERIFY, {}, 415),
        (VERIFY, {"content-type": "application/json", "content-encoding": "br"}, 400),
        (VERIFY, {"content-type": "application/json", "content-encoding": "gzip"}, 400),
        (VERIFY, {"content-type": "application/json", "connect-timeout-ms": "soon"}, 400),
    ],
)
def test_what_is_no_call_gets_a_problem(door: httpx.Client, path: str, headers: dict[str, str], code: int) -> None:
    said = door.post(path, content=b"{}", headers=headers)
    assert said.status_code == code
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json()["detail"]


@pytest.mark.parametrize(
    ("path", "kind", "title", "detail"),
    [
        ("/a/b/c", "application/json", "Không tìm thấy", "Lời gọi có dạng POST"),
        (VERIFY, "application/grpc", "gRPC ở chỗ khác", "gRPC được phục vụ"),
        (VERIFY, "text/plain", "Không nhận content-type này", "Hãy gửi"),
        (f"/{POPULATION}/Nope", "application/json", "Không có phương thức này", POPULATION),
        (VERIFY, "application/json", "Tham số không hợp lệ", "yêu cầu không phải JSON"),
    ],
)
def test_a_problem_has_its_title_in_the_language_of_who_asks(
    door: httpx.Client, path: str, kind: str, title: str, detail: str
) -> None:
    asked = {"content-type": kind, "accept-language": "vi-VN,vi;q=0.9,en;q=0.8"}
    said = door.post(path, content=b"{" if path == VERIFY else b"{}", headers=asked).json()
    assert (said["title"], said["type"]) == (title, "about:blank")
    assert said["detail"].startswith(detail)


@pytest.mark.parametrize("stated", [{"connect-timeout-ms": "300"}, {"grpc-timeout": "300m"}])
def test_a_deadline_goes_with_the_call(door: httpx.Client, stated: dict[str, str]) -> None:
    answer = door.post(f"/{POPULATION}/WatchChanges", json={}, headers=stated)
    said = json.loads(answer.text.splitlines()[-1])
    assert said.get("error", said)["code"] == "DEADLINE_EXCEEDED"  # the agency may have begun its answer


def test_a_large_body_is_read_for_a_known_caller_only(exchange: RunningExchange, door: httpx.Client) -> None:
    large = {"citizenNumber": "1" * (1 << 20)}
    said = door.post(VERIFY, json=large)
    assert (said.status_code, said.json()["reason"]) == (400, "CITIZEN_NUMBER_MALFORMED")
    stranger = httpx.post(f"{exchange.rest_url}{VERIFY}", json=large, headers={"authorization": "Bearer x"})
    assert (stranger.status_code, stranger.json()["reason"]) == (401, "TOKEN_INVALID")
    with pytest.raises(httpx.HTTPStatusError) as raised:
        door.post(VERIFY, json={"citizenNumber": "1" * (17 << 20)}).raise_for_status()
    assert raised.value.response.json()["detail"] == "the body is larger than 16777216 bytes"


def test_a_body_that_unpacks_to_too_much_is_refused(door: httpx.Client) -> None:
    bomb = gzip.compress(b"[" + b" " * (20 << 20) + b"]")
    said = door.post(VERIFY, content=bomb, headers={"content-type": "application/json", "content-encoding": "gzip"})
    assert (said.status_code, said.json()["reason"]) == (400, "REQUEST_MALFORMED")
    assert "unpacked, is larger than 16777216 bytes" in said.json()["detail"]


def test_an_agency_s_own_error_comes_with_its_field(door: httpx.Client) -> None:
    said = door.post(VERIFY, json={"citizenNumber": "12"})
    assert said.status_code == 400
    assert (said.json()["origin"], said.json()["field"]) == ("provider", "citizen_number")


def test_connect_s_client_reads_the_details_of_a_refusal(door: httpx.Client, claim: pb.VerifyCitizenRequest) -> None:
    for protocol in (ProtocolType.CONNECT, ProtocolType.GRPC_WEB):
        with pytest.raises(ConnectError) as raised:
            ask(door, claim, protocol, {"x-ndxp-service": "VN/GOV/G24/health-insurance"})
        details = {detail.type_name: detail.message_bytes for detail in raised.value.details}
        assert raised.value.code.value == "not_found"
        assert error_details_pb2.ErrorInfo.FromString(details["google.rpc.ErrorInfo"]).reason == "UNKNOWN_PROVIDER"


def test_web_pages_of_others_may_not_read_unless_they_are_named(door: httpx.Client) -> None:
    asked = door.options(VERIFY, headers={"origin": "https://app.example", "access-control-request-method": "POST"})
    assert "access-control-allow-origin" not in asked.headers
    renamed = door.post(VERIFY, json={}, headers={"host": "evil.example"})
    assert renamed.status_code == 421


def test_a_caller_that_goes_away_cancels_its_call(exchange: RunningExchange, door: httpx.Client) -> None:
    with watching(exchange, door, "gone"):
        pass
    ended = until_now(lambda: transactions(exchange, message_id="gone"))
    assert [each["status_code"] for each in ended] == [Code.CANCELLED]


@contextmanager
def watching(exchange: RunningExchange, door: httpx.Client, message_id: str) -> Iterator[None]:
    """A caller with a call under way that has no end, who then goes away."""
    host, _, port = exchange.rest_url.rpartition("//")[2].rpartition(":")
    head = (
        f"POST /{POPULATION}/WatchChanges HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"authorization: {door.headers['authorization']}\r\n{metadata.MESSAGE_ID}: {message_id}\r\n"
        "content-length: 2\r\n\r\n{}"
    )
    with socket.create_connection((host, int(port))) as caller:
        caller.sendall(head.encode())
        until_now(lambda: under_way(exchange))
        yield


def under_way(exchange: RunningExchange) -> float:
    """How many calls to the population database are under way at all gateways."""
    pages = [scrape(each.metrics) for each in exchange.state.processes if each.name.startswith("gateway")]
    return sum(total(page, "ndxp_provider_calls_in_flight", service="VN/GOV/G01/population") for page in pages)


def test_the_exchange_s_status_is_read_alike_from_grpc_and_from_the_door(
    exchange: RunningExchange, door: httpx.Client, claim: pb.VerifyCitizenRequest
) -> None:
    wrong = pb.VerifyCitizenRequest(citizen_number="12", full_name=claim.full_name, birth_date=claim.birth_date)
    with exchange.connect(ONE_STOP) as own, pytest.raises(grpc.RpcError) as raised:
        PopulationServiceStub(own.channel).VerifyCitizen(wrong)
    failure = status.decode(raised.value)
    problem = door.post(VERIFY, json=plain(wrong)).json()
    assert (problem["code"], problem["reason"], problem["detail"], problem["field"]) == (
        failure.code.name, failure.reason, failure.message, failure.field,
    )  # fmt: skip
    assert unframe(frame([b"x"])) == [b"x"]
