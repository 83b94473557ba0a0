"""An exchange is upgraded while it is called: process after process, and with a registry of newer software."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drills.upgrade import ORDER
from gateway.registry_store import REGISTRY, VERSION
from ndxp.testing import RunningExchange
from tests.e2e.conftest import VISITOR, Visitor, fresh_channel
from tests.support.echo import Echo, Request
from tests.support.fakes import until
from tests.support.stores import Valkey
from tests.support.workers import worker

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]


def test_callers_who_repeat_see_no_failure_during_an_upgrade(short_path: Path) -> None:
    figures = short_path / "figures.json"
    words = map(str, ("--seed", 4, "--json", figures))
    ran = subprocess.run(
        [sys.executable, "-m", "drills.upgrade", *words], cwd=HERE, env={**os.environ, "TMPDIR": str(short_path)},
        capture_output=True, encoding="utf-8", check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(figures.read_text(encoding="utf-8"))
    assert [step["process"] for step in shown["steps"]] == list(ORDER)
    assert all(step["calls"] > 0 for step in shown["steps"])
    assert not list(short_path.glob("ndxp-upgrade-*"))


def registry_of_newer_software(known: bytes) -> bytes:
    document: dict[str, Any] = msgspec.json.decode(known)
    for grant in document["grants"]:
        grant["only_on_fridays"] = True
    return msgspec.json.encode(document)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gateway_goes_on_with_the_registry_that_it_understands(
    members: RunningExchange, echo: Echo, valkey: Valkey, copied: Any
) -> None:
    async with worker(members, "older", redis_url=valkey.url) as older, fresh_channel(older.target) as channel:
        visitor = Visitor(members, VISITOR, channel)
        await visitor.call("Echo")(Request(payload=b"before"))
        copied.set(REGISTRY, registry_of_newer_software(copied.get(REGISTRY)))
        copied.incr(VERSION)
        log = members.folder / "logs" / "older.log"
        await until(lambda: "of newer software" in log.read_text(encoding="utf-8"))
        await visitor.call("Echo")(Request(payload=b"after"))
        assert older.process.returncode is None


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gateway_that_starts_with_a_registry_of_newer_software_says_so_once_and_waits_for_one_it_understands(
    members: RunningExchange, valkey: Valkey, copied: Any
) -> None:
    understood = copied.get(REGISTRY)
    copied.set(REGISTRY, registry_of_newer_software(understood))
    log = members.folder / "logs" / "restarted.log"

    def times_looked() -> int:
        return int(copied.info("commandstats")["cmdstat_get"]["calls"])

    async def back() -> None:
        await until(lambda: log.exists() and "of newer software" in log.read_text(encoding="utf-8"))
        looked = times_looked()
        await until(lambda: times_looked() > looked + 3)
        copied.set(REGISTRY, understood)
        copied.incr(VERSION)

    going_back = asyncio.create_task(back())
    async with worker(members, "restarted", redis_url=valkey.url):
        await going_back
        said = log.read_text(encoding="utf-8")
        assert said.index("of newer software") < said.index("takes calls on")
        assert said.count("of newer software") == 1
        assert "Traceback" not in said
