"""The hand-written fakes and stand-ins of all tests, and how tests wait for a condition."""

import asyncio
import base64
import inspect
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

_Found = TypeVar("_Found")
PATIENCE = 60.0
_EVERY, _SELDOM = 0.01, 0.1
"""Seconds between two looks: the longer a test has waited the more, because a look keeps others busy."""


async def until(condition: Callable[[], Any], *, patience: float = PATIENCE) -> Any:
    """Waits until the condition, or what it awaits, gives something true, and gives that."""
    began = time.monotonic()
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(_pause(began, patience, condition))


def until_now(condition: Callable[[], _Found], *, patience: float = PATIENCE) -> _Found:
    """Waits like ``until``, in a test without an event loop."""
    began = time.monotonic()
    pause = threading.Event()
    while not (found := condition()):
        pause.wait(_pause(began, patience, condition))
    return found


def _pause(began: float, patience: float, condition: Callable[[], Any]) -> float:
    """How long to wait until the next look; fails when the patience is over."""
    waited = time.monotonic() - began
    assert waited < patience, f"waited {patience} s in vain: {inspect.getsource(condition).strip()}"
    return min(max(_EVERY, waited / 10), _SELDOM)


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder and what is in it; one that somebody takes away meanwhile is passed over."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield path, path.read_bytes()


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


class TokenOffice:
    """``POST /oauth2/token`` over real HTTP: tokens are numbered, or the answer is what the test says."""

    def __init__(self, judge: Callable[[str, str], tuple[int, object]] | None = None) -> None:
        """``judge`` answers client and secret with a status and a body; without it ``answer`` is everybody's."""
        self.answer: tuple[int, object] = (200, {"expires_in": 3600})
        self.asked: list[tuple[str, str]] = []
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                basic = base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
                client, _, secret = basic.partition(":")
                office.asked.append((client, secret))
                code, body = judge(client, secret) if judge else office.answer
                if code == 200 and isinstance(body, dict):
                    body = {"access_token": f"token-{len(office.asked)}", "token_type": "Bearer", **body}
                content = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
