"""Runs the benchmark of the doors: ``python -m benchmarks.doors [--rounds N] [--at-once N | --rate R] [--json FILE]``.

The same unary call under the same token, by gRPC to the gateway, in JSON through the door, and in JSON through Envoy's
transcoder, both before the same gateway; in one run, interleaved round by round. CPU is that of each side's processes
from /proc. The cost of a door is its own process's; only the ratios within one run count.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor

from benchmarks.gateway.__main__ import (
    CLIENT,
    REQUEST,
    Load,
    Side,
    pid_of,
    report,
    run,
    show,
    start_envoy,
    start_gateway,
    start_peer,
)
from loadtest.http_lanes import HttpLanes
from ndxp.client import Credentials, Tokens
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.rpc import Answer, Lanes
from ndxp.sandbox.ports import free_port
from ndxp.sandbox.state import State

_METHOD = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["VerifyCitizen"]
_PATH = f"/{_METHOD.containing_service.full_name}/{_METHOD.name}"
_DOOR, _TRANSCODER = "JSON, the door", "JSON, Envoy's transcoder"


async def offer(side: Side, token: str, load: Load) -> list[float]:
    """Makes the calls of a round: by gRPC over one connection, by HTTP over as many as there are calls at once."""
    lanes: Any = HttpLanes(side.target, {_PATH: _METHOD}, None) if "://" in side.target else Lanes(side.target, 1)
    await lanes.open()
    request, pairs = [REQUEST.SerializeToString()], (("authorization", f"Bearer {token}"),)
    turns, taken = iter(range(load.calls)), list[float]()

    async def call() -> None:
        ended: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        lanes.ask(CLIENT, _PATH, request, pairs, 10.0, ended.set_result)
        answer = await ended
        if answer.code is not Code.OK:
            raise SystemExit(f"{side.name}: {answer.code.name} {answer.text}")
        taken.append(time.perf_counter() - began)

    async def caller() -> None:
        for _ in turns:
            await call()

    async with asyncio.TaskGroup() as group:
        if load.rate:
            began = time.perf_counter()
            for turn in turns:
                await asyncio.sleep(max(0.0, began + turn / load.rate - time.perf_counter()))
                group.create_task(call())
        else:
            for _ in range(load.at_once):
                group.create_task(caller())
    lanes.close()
    return taken


@contextmanager
def sides(folder: Path) -> Iterator[list[Side]]:
    """Starts the agency, an exchange with its door, and Envoy before the same gateway."""
    with ExitStack() as stack:
        agency, envoy = free_port(), free_port()
        start_peer(stack, "agency", agency)
        state = start_gateway(stack, folder, agency)
        (folder / "contract.pb").write_bytes(_described(pb.DESCRIPTOR).SerializeToString())
        ports = {"LISTEN": envoy, "GATEWAY": int(state.gateway.rpartition(":")[2])}
        envoy_pid = start_envoy(stack, folder, Path(__file__).with_name("envoy.yaml"), ports)
        worker, door = pid_of(state, "gateway.dataplane"), pid_of(state, "gateway.rest")
        yield [
            Side("gRPC, no door", state.gateway, {"worker": worker}),
            Side(_DOOR, state.rest_url, {"door": door, "worker": worker}),
            Side(_TRANSCODER, f"http://127.0.0.1:{envoy}", {"envoy": envoy_pid, "worker": worker}),
        ]


def _described(file: FileDescriptor) -> descriptor_pb2.FileDescriptorSet:
    """A contract's file with all that it imports, each after what it needs."""
    found: dict[str, FileDescriptor] = {}

    def add(each: FileDescriptor) -> None:
        for needed in each.dependencies:
            add(needed)
        found.setdefault(each.name, each)

    add(file)
    files = descriptor_pb2.FileDescriptorSet()
    for each in found.values():
        each.CopyToProto(files.file.add())
    return files


def main() -> None:
    """Measures, prints the table and what the doors alone cost, and writes the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ndxp-bench-") as temporary, sides(Path(temporary)) as measured:
        state = State.running(Path(temporary))
        token = Tokens(state.control_url, Credentials.load(state.credentials, CLIENT)).blocking()
        run(measured, token, Load(options.calls, options.at_once, options.rate), options.rounds, offer)
        found = report(measured, "gRPC, no door", "benchmarks.doors")
    show(found)
    rows: Any = found["sides"]
    door, envoy = rows[_DOOR]["by_process_us"]["door"], rows[_TRANSCODER]["by_process_us"]["envoy"]
    print(f"the door alone {door} us, Envoy alone {envoy} us: {door / envoy:.2f} of it")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
