"""Packages of npm through the gateway: @grpc/grpc-js as client and provider, and Connect's gRPC transport."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf import descriptor_pb2

from drills.interop.grpcio import published
from drills.interop.result import Failed, Result, Results
from drills.interop.site import Counted, Site
from tests.support.contracts import PROTOS
from tests.support.interop import CONTRACT

_HERE = Path(__file__).parent
_PROTO = "interop.proto"
_INSTALL = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--silent")
_PATIENCE = 300.0
_AGE, _SECONDS = "1", "4"
"""Seconds after which a gateway's connections end; and for how long calls go on across such ends."""


async def cases(site: Site) -> Results:
    """All of them, with the packages that package.json names, in a folder that is removed at the end."""
    if shutil.which("npm") is None:
        yield Result("npm packages", "all", note="there is no npm here", skipped=True)
        return
    with TemporaryDirectory(prefix="ndxp-interop-npm-") as folder:
        try:
            scripts = await _Scripts.install(Path(folder), site)
        except (Failed, TimeoutError) as error:
            yield Result("npm packages", "install", error=str(error) or f"no end after {_PATIENCE:.0f} s")
            return
        async with Counted() as server:
            await site.provide(f"127.0.0.1:{server.port}")
            gateway = site.state.gateway
            async for result in scripts.run("@grpc/grpc-js client", "grpc_js_client.mjs", gateway, _PROTO):
                yield result
            async for result in scripts.run("connect-node client", "connect_client.mjs", gateway, "interop.binpb"):
                yield result
            async with site.gateway(NDXP_MAX_CONNECTION_AGE=_AGE) as old:
                async for result in scripts.run("@grpc/grpc-js client", "grpc_js_client.mjs", old, _PROTO, _SECONDS):
                    yield result
        async with scripts.provider() as port, site.client() as client:
            await site.provide(f"127.0.0.1:{port}")
            async for result in published("@grpc/grpc-js provider", client):
                yield result
            words = ("grpc_js_client.mjs", site.state.gateway, _PROTO)
            async for result in scripts.run("@grpc/grpc-js client and provider", *words):
                yield result


class _Scripts:
    """The scripts next to this file, in a folder with the packages that they import."""

    def __init__(self, folder: Path, site: Site) -> None:
        self._folder = folder
        self._environment = {**os.environ, "INTEROP_TOKEN": site.client_token}

    @classmethod
    async def install(cls, folder: Path, site: Site) -> "_Scripts":
        """Installs the packages. Raises Failed when npm fails."""
        for file in (*_HERE.glob("*.mjs"), _HERE / "package.json", PROTOS / _PROTO):
            shutil.copy(file, folder)
        described = descriptor_pb2.FileDescriptorProto()
        CONTRACT.pool.FindFileByName(_PROTO).CopyToProto(described)
        files = descriptor_pb2.FileDescriptorSet(file=[described])
        (folder / "interop.binpb").write_bytes(files.SerializeToString())
        process = await asyncio.create_subprocess_exec(*_INSTALL, cwd=folder, stdout=PIPE, stderr=STDOUT)
        async with asyncio.timeout(_PATIENCE):
            line, _ = await process.communicate()
        if process.returncode:
            raise Failed(f"npm install: {line.decode(errors='replace')[-300:]}")
        return cls(folder, site)

    async def run(self, peer: str, *words: str) -> Results:
        """Yields a result for each case that a script runs."""
        process = await self._start(*words)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        async for line in process.stdout:
            case = json.loads(line)
            yield Result(peer, case["name"], case["error"] or "")
        if await process.wait():
            yield Result(peer, "end", error=f"{words[0]} ended with {process.returncode}")

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[int]:
        """Runs the provider; yields its port."""
        process = await self._start("grpc_js_provider.mjs", _PROTO)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield int(await process.stdout.readline())
        finally:
            process.terminate()
            await process.wait()

    async def _start(self, *words: str) -> Process:
        return await asyncio.create_subprocess_exec(
            "node", *words, cwd=self._folder, env=self._environment, stdin=DEVNULL, stdout=PIPE
        )
