"""The question that container engines ask beside every process."""

import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from gateway import front
from gateway.healthcheck import main

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def stated() -> Any:
    """What a gRPC server says of itself."""
    return health.HealthServicer()


@pytest.fixture
def served(stated: Any) -> Iterator[str]:
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        health_pb2_grpc.add_HealthServicer_to_server(stated, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"grpc://127.0.0.1:{port}"
        server.stop(None).wait()


class Page(BaseHTTPRequestHandler):
    """/readyz is ready, every other page is not."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "code"), [(SERVING, 0), (NOT_SERVING, 1)])
def test_a_grpc_server_is_believed(stated: Any, served: str, status: Any, code: int) -> None:
    stated.set("", status)
    assert main([served]) == code


@pytest.mark.parametrize(("page", "code"), [("/readyz", 0), ("/elsewhere", 1)])
def test_an_http_server_has_to_answer_200(site: str, page: str, code: int) -> None:
    assert main([f"{site}{page}"]) == code


def test_an_https_server_on_this_machine_has_to_answer_whatever_its_certificate_says(tmp_path: Path) -> None:
    front.make(tmp_path / "authority", tmp_path, ["console.example"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        here = f"https://127.0.0.1:{server.server_port}"
        codes = [main([f"{here}/readyz"]), main([f"{here}/elsewhere"])]
        server.shutdown()
        thread.join()
    assert codes == [0, 1]


def test_a_proxy_is_for_other_places_than_the_process_beside_it(
    stated: Any, served: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated.set("", SERVING)
    for variable in ("http_proxy", "HTTP_PROXY", "grpc_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert [main([f"{site}/readyz"]), main([served])] == [0, 0]


def test_a_server_that_does_not_speak_http_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as threads:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"220 ready\r\n\r\n")

        threads.submit(answer)
        assert main([f"http://127.0.0.1:{listening.getsockname()[1]}/readyz"]) == 1
    assert "does not speak HTTP" in capsys.readouterr().err


def test_a_file_has_to_be_touched_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    assert main([file.as_uri()]) == 1
    file.touch()
    assert main([file.as_uri()]) == 0
    os.utime(file, (0, 0))
    assert main([file.as_uri()]) == 1


def test_one_place_that_does_not_serve_is_enough(
    stated: Any, served: str, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stated.set("", SERVING)
    assert main([served, f"{site}/elsewhere"]) == 1
    assert "/elsewhere" in capsys.readouterr().err


def test_a_place_without_a_server_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grpc://127.0.0.1:1"]) == 1
    assert "UNAVAILABLE" in capsys.readouterr().err


def test_the_places_may_be_in_the_environment(
    stated: Any, served: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stated.set("", SERVING)
    monkeypatch.delenv("NDXP_HEALTH", raising=False)
    assert main([]) == 2
    assert "NDXP_HEALTH" in capsys.readouterr().err
    monkeypatch.setenv("NDXP_HEALTH", served)
    assert main([]) == 0


def test_what_is_no_place_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ftp://127.0.0.1"]) == 2
    assert "grpc://HOST:PORT" in capsys.readouterr().err
