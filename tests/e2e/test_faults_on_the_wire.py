"""Each fault with each kind of call: what three clients see and what the ledger has, as docs/faults.md says."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from gateway.core.effects import Effects
from ndxp.errors import Code, code_name
from ndxp.http2 import ErrorCode
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.wire.grpc_http2 import code_of_reset
from tests.e2e.conftest import Visitor, fresh_channel, transactions
from tests.support.contracts import PROTOS
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.peers import Exchanged, RawCaller, message

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE = Path(__file__).parents[2]
PAGE = (HERE / "docs/faults.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]
EFFECTS = {cells[0].strip("`"): cells[1:] for cells in ROWS}
KINDS = {"unary": "Look", "client stream": "Collect", "server stream": "Repeat", "both ways": "Converse"}
UNREADABLE = "OK, unreadable"
BROKEN = ("drop", "reset", "cut")
"""Effects that end a call without trailers."""

SENT = [Request(payload=b"hello" + bytes([number])) for number in range(3)]
ONE = Request(payload=b"hello", count=3)


def patience(effect: str) -> float:
    """Seconds of the call's deadline; a stalled answer waits for it."""
    return 2.0 if effect.startswith("stall") else 20.0


def cell(effect: str, kind: str) -> str:
    """What the page says."""
    return EFFECTS[effect][[*KINDS].index(kind)]


def agrees(seen: str, said: str) -> bool:
    """Whether a status and a number of messages are what the page says; it may leave the number open."""
    return said in (seen, seen.partition(" ")[0]) or (said == UNREADABLE and seen.startswith("OK "))


def named(effect: str, kind: str, client: str) -> tuple[tuple[str, str], ...]:
    """The metadata that asks for the effect, and names the call in the ledger."""
    return (metadata.FAULT, effect), (metadata.MESSAGE_ID, f"{client} {kind} {effect}")


async def with_grpcio(visitor: Visitor, effect: str, kind: str) -> str:
    method = KINDS[kind]
    async with fresh_channel(visitor.exchange.gateway) as channel:
        given = Visitor(visitor.exchange, visitor.name, channel).call(method)
        call = given(
            iter(SENT) if method in ("Collect", "Converse") else ONE,
            pairs=named(effect, kind, "grpcio"),
            timeout=patience(effect),
        )
        got = 0
        with suppress(grpc.aio.AioRpcError):
            if method in ("Look", "Collect"):
                await call
                got = 1
            else:
                async for _ in call:
                    got += 1
        trailing = dict(await call.trailing_metadata() or ())
        code = await call.code()
    if not effect.startswith("stall"):  # the caller's own deadline may be first, without a word of the gateway
        assert trailing.get(metadata.FAULT) == (None if effect.startswith(BROKEN) else "caller")
    return f"{code.name} {got}"


async def with_raw_http2(visitor: Visitor, effect: str, kind: str) -> str:
    messages = SENT if KINDS[kind] in ("Collect", "Converse") else [ONE]
    data = [message(request.SerializeToString()) for request in messages]
    async with RawCaller(visitor.exchange.gateway) as caller:
        pairs = named(effect, kind, "raw"), ("grpc-timeout", f"{int(patience(effect) * 1000)}m")
        call = caller.call(f"{CONTRACT.name}/{KINDS[kind]}", visitor.identity, *pairs[0], pairs[1], data=data)
        ended = await caller.ended(call)
    got = len(list(whole(ended.data)))
    single = KINDS[kind] in ("Look", "Collect")
    code = code_of(ended)
    return f"{code.name} {0 if single and code is not Code.OK else got}"  # a library drops the answer of a failed call


def code_of(call: Exchanged) -> Code:
    if call.end == "ended":
        return Code(int(call.trailers["grpc-status"]))
    if call.end == "lost":
        return Code.UNAVAILABLE
    return code_of_reset(ErrorCode(int(call.end.removeprefix("reset "))))


def whole(data: bytes) -> Iterable[bytes]:
    """The complete messages in the data of an answer."""
    while len(data) >= 5 and len(data) >= 5 + (length := int.from_bytes(data[1:5], "big")):
        yield data[5 : 5 + length]
        data = data[5 + length :]


async def test_the_page_has_every_effect_but_those_that_need_a_provider_of_their_own() -> None:
    said = {name.partition("=")[0] for effect in EFFECTS for name in effect.split(",")}
    known = {field.name for field in fields(Effects)} - {"words", "retry_after", "skew", "to"}
    assert said == known | {"lose"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("client", [with_grpcio, with_raw_http2], ids=["grpcio", "raw HTTP 2"])
async def test_callers_see_what_the_page_says(visitor: Visitor, client: Any, kind: str) -> None:
    seen = await asyncio.gather(*(client(visitor, effect, kind) for effect in EFFECTS))
    wrong = {
        effect: (got, cell(effect, kind))
        for effect, got in zip(EFFECTS, seen, strict=True)
        if not agrees(got, cell(effect, kind))
    }
    assert not wrong


@pytest.mark.parametrize("kind", KINDS)
async def test_the_ledger_has_what_the_page_says(visitor: Visitor, kind: str) -> None:
    await asyncio.gather(*(with_raw_http2(visitor, effect, kind) for effect in EFFECTS))
    recorded = {}
    for effect in EFFECTS:
        found = transactions(visitor.exchange, message_id=f"raw {kind} {effect}")
        latest = max(found, key=lambda record: record["transaction_id"])
        assert latest["fault"] == "caller"
        recorded[effect] = f"{code_name(latest['status_code'])} {latest['reason']}".strip() + f", {latest['attempts']}"
    assert recorded == {effect: cells[-1] for effect, cells in EFFECTS.items()}


async def test_a_provider_that_checks_the_signature_notices_another_clock(exchange: RunningExchange) -> None:
    request = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
    with exchange.connect("VN/GOV/H26/one-stop") as connection:
        verify = PopulationServiceStub(connection.channel).VerifyCitizen
        assert verify(request, metadata=[(metadata.FAULT, "skew=20s")]).matched
        with pytest.raises(grpc.RpcError) as raised:
            verify(request, metadata=[(metadata.FAULT, "skew=10m")])
    failure = status.decode(raised.value)
    assert (failure.code, failure.reason, failure.origin) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY", "provider")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A folder with @grpc/grpc-js and the script that calls with it."""
    folder = tmp_path_factory.mktemp("grpc-js")
    shutil.copy(HERE / "drills/interop/package.json", folder)
    shutil.copy(Path(__file__).with_name("faults.mjs"), folder)
    shutil.copy(PROTOS / "echo.proto", folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--silent"]
    environment = {**os.environ, "PATH": path}
    try:
        await asyncio.to_thread(
            subprocess.run, install, cwd=folder, env=environment, capture_output=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        pytest.skip("the packages of npm cannot be had here")
    yield folder


@pytest.mark.long
async def test_callers_with_grpc_js_see_what_the_page_says(visitor: Visitor, echo: Echo, node: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TOKEN": visitor.identity[1], "EFFECTS": json.dumps([*EFFECTS])}
    command = ["node", "faults.mjs", visitor.exchange.gateway]
    ran = await asyncio.to_thread(
        subprocess.run, command, cwd=node, env=environment, capture_output=True, encoding="utf-8", timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    wrong = {
        (effect, kind): (seen[effect][method], cell(effect, kind))
        for effect in EFFECTS
        for kind, method in KINDS.items()
        # This library decodes before it says how the call has ended.
        if not agrees(seen[effect][method], cell(effect, kind).replace(UNREADABLE, "INTERNAL"))
    }
    assert not wrong
