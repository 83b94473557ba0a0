"""An exchange is upgraded while it is called: process after process, and with a registry of newer software."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from drills.upgrade import ORDER
from gateway.registry_store import REGISTRY, VERSION
from ndxp.testing import RunningExchange
from tests.e2e.conftest import VISITOR, Visitor, fresh_channel
from tests.e2e.workers import worker
from tests.echo import Echo, Request
from tests.fakes import until
from tests.stores import Valkey

HERE = Path(__file__).parents[2]


def test_callers_who_repeat_feel_nothing_of_an_upgrade(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    words = map(str, ("--seed", 4, "--json", figures))
    ran = subprocess.run(
        [sys.executable, "-m", "drills.upgrade", *words], cwd=HERE, env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(figures.read_text())
    assert [step["process"] for step in shown["steps"]] == list(ORDER)
    assert all(step["calls"] > 0 for step in shown["steps"])
    assert not list(tmp_path.glob("ndxp-upgrade-*"))


def registry_of_newer_software(known: bytes) -> bytes:
    document: dict[str, Any] = msgspec.json.decode(known)
    for grant in document["grants"]:
        grant["only_on_fridays"] = True
    return msgspec.json.encode(document)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gateway_goes_on_with_the_registry_that_it_understands(
    members: RunningExchange, echo: Echo, valkey: Valkey
) -> None:
    with redis.Redis.from_url(members.state.processes[0].environment["NDXP_REDIS_URL"]) as theirs:
        kept = {key: theirs.dump(key) for key in theirs.keys("ndxp:*") if theirs.type(key) != b"stream"}
    with redis.Redis.from_url(valkey.url) as store:
        for key, value in kept.items():
            store.restore(key, 0, value, replace=True)
        async with worker(members, "older", redis_url=valkey.url) as older, fresh_channel(older.target) as channel:
            visitor = Visitor(members, VISITOR, channel)
            await visitor.call("Echo")(Request(payload=b"before"))
            store.set(REGISTRY, registry_of_newer_software(store.get(REGISTRY)))
            store.incr(VERSION)
            log = members.folder / "logs" / "older.log"
            await until(lambda: "of newer software" in log.read_text())
            await visitor.call("Echo")(Request(payload=b"after"))
            assert older.process.returncode is None
