"""Runs the benchmark of the step "fault": ``python -m benchmarks.faults [--rounds N]``.

Two exchanges with the same agency answer the same call, in one run, interleaved round by round: one has no rule, the
other has 100 rules that do not match. CPU is that of the gateway's worker from /proc. What the step costs without rules
is the time of its tests, measured in this process, beside the CPU of a whole call.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from timeit import repeat
from typing import Any

import httpx

from benchmarks.gateway.__main__ import CLIENT, Load, Side, offer, pid_of, report, run, show, start_gateway, start_peer
from gateway.core.registry import Registry, Snapshot
from gateway.core.transaction import Call
from ndxp.client import Credentials, Tokens
from ndxp.sandbox import life
from ndxp.sandbox.ports import free_port
from ndxp.sandbox.state import State
from ndxp.wire import metadata

_NONE, _MANY = "no rule", "100 rules that do not match"
_RULES = 100
_TIMES = 200_000
_TESTS = """
if faults or FAULT in headers: pass
if call.fault: pass
if call.fault and call.effects: pass
for effect in call.effects.words: pass
if call.fault: pass
"""
"""What a call without faults passes in pipeline, relay, answer and traffic."""


def _rules() -> Iterator[dict[str, Any]]:
    """A third for another consumer, a third for another method, a third for a purpose that the call does not state."""
    for number in range(_RULES):
        condition = ({"consumer": "VN/GOV/H29"}, {"methods": ["Get*"]}, {"purpose": f"p{number}"})[number % 3]
        yield {"id": f"f{number}", "do": "code=ABORTED", "valid_until": "2099-12-31", **condition}


@contextmanager
def _sides(folder: Path) -> Iterator[list[Side]]:
    with ExitStack() as stack:
        agency = free_port()
        start_peer(stack, "agency", agency)
        sides = []
        for name in (_NONE, _MANY):
            (folder / name).mkdir()
            state = start_gateway(stack, folder / name, agency)
            sides.append(Side(name, state.gateway, {"worker": pid_of(state, "gateway.dataplane")}))
        secret = Credentials.load(state.credentials, "admin").secret
        url, headers = f"{state.control_url}/admin/v1/faults", {"Authorization": f"Bearer {secret}"}
        httpx.post(url, headers=headers, json=[*_rules()], timeout=30).raise_for_status()
        while not life.same_registry(state):
            pass
        yield sides


def _tests_ns() -> float:
    """The time of the tests that every call passes, in ns."""
    snapshot, call = Snapshot(Registry("VN"), {}), Call("demo.v1.Demo/Get")
    known = {"faults": snapshot.faults, "headers": {}, "call": call, "FAULT": metadata.FAULT}
    return min(repeat(_TESTS, globals=known, number=_TIMES)) / _TIMES * 1e9


def main() -> None:
    """Measures, and prints the table and both shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=3000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ndxp-bench-") as temporary, _sides(Path(temporary)) as measured:
        states = {side.name: State.running(Path(temporary) / side.name) for side in measured}
        tokens = {
            name: Tokens(state.control_url, Credentials.load(state.credentials, CLIENT)).blocking()
            for name, state in states.items()
        }

        async def make(side: Side, _: str, load: Load) -> list[float]:
            return await offer(side, tokens[side.name], load)

        run(measured, "", Load(options.calls, 16, 0.0), options.rounds, make)
        found = report(measured, _NONE, "benchmarks.faults")
    show(found)
    rows: Any = found["sides"]
    tests, whole = _tests_ns(), rows[_NONE]["cpu_us"]
    print(f"without rules: {tests:.0f} ns of a call's {whole} us: {tests / whole / 10:.2f} %")


if __name__ == "__main__":
    main()
