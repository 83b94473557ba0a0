"""An ordinary HTTP service that knows nothing of the exchange, and remembers what it was asked."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from gateway.http.server import listen, serve

LARGE = bytes(range(256)) * 4096 * 10
"""10 MiB."""


@dataclass
class Asked:
    """One request as the service got it: its URL as it stood on the wire, and the body's pieces."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    size: int = 0
    digest: str = ""
    gone: bool = False

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Clinic:
    """The service; ``/slow`` answers when ``release`` is set, ``/chunked`` sends its second piece then."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        asked = Asked(scope["method"], target, headers)
        self.asked.append(asked)
        digest, more = hashlib.sha256(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                asked.gone = True
                return
            digest.update(message.get("body", b""))
            asked.size += len(message.get("body", b""))
            more = message.get("more_body", False)
        asked.digest = digest.hexdigest()
        await self._answer(scope["path"].removeprefix("/api"), asked, receive, send)

    async def _answer(self, path: str, asked: Asked, receive: Receive, send: Send) -> None:
        status, headers, pieces = 200, [("content-type", "application/json"), ("x-own", "1")], [b"{}"]
        if path == "/patients/404":
            status, pieces = 404, [b'{"error":"no such patient"}']
        elif path == "/broken":
            status, pieces = 500, [b"Traceback"]
        elif path == "/moved":
            status, headers, pieces = 302, [("location", f"{self.url}/elsewhere")], [b""]
        elif path == "/large":
            pieces = [LARGE[at : at + 100_000] for at in range(0, len(LARGE), 100_000)]
        elif path == "/headers":
            headers += [
                ("connection", "x-private"), ("x-private", "1"), ("keep-alive", "timeout=5"), ("set-cookie", "a=1"),
                ("x-ndxp-transaction-id", "forged"), ("x-road-error", "forged"), ("x-two", "1"), ("x-two", "2"),
                ("x-latin", "H\xe0"), ("content-encoding", "gzip"),
            ]  # fmt: skip
        elif path in ("/slow", "/chunked", "/cut"):
            await self._wait(path, asked, receive, send)
            return
        elif asked.method in ("POST", "PUT", "PATCH"):
            status, pieces = 201, [json.dumps({"size": asked.size, "sha256": asked.digest}).encode()]
        await _begin(send, status, headers)
        for piece in pieces if asked.method != "HEAD" else []:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _wait(self, path: str, asked: Asked, receive: Receive, send: Send) -> None:
        if path != "/slow":
            await _begin(
                send, 200, [("content-type", "text/plain"), *([("content-length", "9")] if path == "/cut" else [])]
            )
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
        if path == "/cut":
            raise ConnectionError("the service dies")
        released = asyncio.create_task(self.release.wait())
        left = asyncio.create_task(_left(receive))
        await asyncio.wait((released, left), return_when=asyncio.FIRST_COMPLETED)
        asked.gone = left.done()
        for task in (released, left):
            task.cancel()
        if not asked.gone:
            if path == "/slow":
                await _begin(send, 200, [])
            await send({"type": "http.response.body", "body": b"second"})


async def _begin(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def running_clinic() -> AsyncIterator[Clinic]:
    """The service on a free port, below ``/api``."""
    clinic = Clinic()
    server = serve(clinic, None)
    socket = listen("127.0.0.1:0")
    clinic.url = f"http://127.0.0.1:{socket.getsockname()[1]}/api"
    running = asyncio.create_task(server.serve([socket]))
    try:
        yield clinic
    finally:
        clinic.release.set()
        server.stop()
        await running
