"""Commands that speak HTTP/2 without gRPC (h2load, nghttp, curl), and requests that are not gRPC."""

import asyncio
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from drills.interop.result import Failed, Result, Results, judged
from drills.interop.site import Counted, Site
from tests.support.interop import CONTRACT, SimpleRequest, SimpleResponse

_CALLS = 4000
_SIZE = 100
_GRPC = ("content-type: application/grpc", "te: trailers")
_PRIOR = "--http2-prior-knowledge"
_PATIENCE = 10


async def cases(site: Site) -> Results:
    """One call made by hand with each command, and thousands with h2load."""
    async with Counted() as server:
        await site.provide(f"127.0.0.1:{server.port}")
        with TemporaryDirectory(prefix="ndxp-interop-") as folder:
            by_hand = _ByHand(site, Path(folder))
            todo: dict[tuple[str, str], Callable[[], Awaitable[str | None]]] = {
                ("h2load", "64 streams at once"): partial(by_hand.h2load, 64, server),
                ("h2load", "256 streams at once"): partial(by_hand.h2load, 256, server),
                ("nghttp", "a call"): by_hand.nghttp,
                ("curl", "a call"): by_hand.curl,
                ("curl", "JSON is no gRPC: 415"): partial(by_hand.refused, "POST", "content-type: application/json"),
                ("curl", "GET is no gRPC: 415"): partial(by_hand.refused, "GET", *_GRPC),
                ("curl", "HTTP/1.1 is hung up on"): by_hand.old,
            }
            for (command, case), run in todo.items():
                if shutil.which(command) is None:
                    yield Result(command, case, note=f"there is no {command} here", skipped=True)
                else:
                    yield await judged(command, case, run())


class _ByHand:
    """A call whose message, headers and address are made by hand; ``folder`` is for the files that commands read."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._folder = folder
        self._url = f"http://{site.state.gateway}/{CONTRACT.name}/UnaryCall"
        self._headers = (*_GRPC, f"authorization: Bearer {site.client_token}")
        message: bytes = SimpleRequest(response_size=_SIZE).SerializeToString()
        self._message = folder / "message"
        self._message.write_bytes(bytes(1) + len(message).to_bytes(4, "big") + message)

    async def h2load(self, streams: int, server: Counted) -> str:
        """Thousands of calls over one connection: the provider must take, and h2load must get, every one."""
        before = server.taken
        words = ("-n", str(_CALLS), "-c", "1", "-m", str(streams), "-d", str(self._message))
        output = await _output("h2load", *words, *_each("-H", self._headers), self._url)
        taken = server.taken - before
        if f"{_CALLS} succeeded, 0 failed" not in output or f"{_CALLS} 2xx" not in output or taken != _CALLS:
            lines = [line for line in output.splitlines() if line.startswith(("requests", "status"))]
            raise Failed(f"{' '.join(lines)}; the provider has taken {taken}")
        return f"{_CALLS} calls"

    async def nghttp(self) -> None:
        """One call; nghttp prints every frame."""
        output = await _output("nghttp", "-v", "-d", str(self._message), *_each("-H", self._headers), self._url)
        if ":status: 200" not in output or "grpc-status: 0" not in output:
            raise Failed(output[-300:])

    async def curl(self) -> None:
        """One call: message and trailers must be right."""
        answer, headers = self._folder / "answer", self._folder / "headers"
        message = ("--data-binary", f"@{self._message}")
        await self._curl(_PRIOR, *message, "-o", str(answer), "-D", str(headers), *_each("-H", self._headers))
        received = headers.read_text(encoding="utf-8")
        if "grpc-status: 0" not in received or "x-ndxp-transaction-id" not in received:
            raise Failed(received)
        if len(SimpleResponse.FromString(answer.read_bytes()[5:]).payload.body) != _SIZE:
            raise Failed("the answer has another size")

    async def refused(self, method: str, *headers: str) -> None:
        """A request that is not gRPC must get an HTTP status."""
        words = ("-X", method, "-o", "/dev/null", "-w", "%{http_code}", *_each("-H", headers))
        if (output := await self._curl(_PRIOR, *words)) != "415":
            raise Failed(f"curl says {output}")

    async def old(self) -> None:
        """HTTP/1.1 gets the settings of HTTP/2, which curl reads as HTTP/0.9 or does not see, and then the end."""
        try:
            output = await self._curl("--http1.1", "--max-time", str(_PATIENCE), *_each("-H", self._headers))
        except Failed as failed:
            if any(sign in str(failed) for sign in ("HTTP/0.9", "Empty reply", "reset by peer")):
                return
            raise
        raise Failed(f"curl says {output}")

    async def _curl(self, *words: str) -> str:
        return await _output("curl", "-sS", *words, self._url)


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


async def _output(*command: str) -> str:
    """The output of a command; raises Failed when it fails."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    text = output.decode(errors="replace")
    if process.returncode:
        raise Failed(f"{command[0]} ended with {process.returncode}: {text[-300:]}")
    return text
