"""The agencies' processes: what they print, how they stop, and what a mistake in starting them looks like."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from ndxp.agency.database import Access, Database
from ndxp.clock import real_now
from services.__main__ import main
from tests.ndxp.cli.command import captured
from tests.support.agencies import PARTS, passports
from tests.support.fakes import until

ROOT = Path(__file__).parents[2]
Environment = Callable[..., dict[str, str]]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """The environment of agencies on free ports, with what differs."""

    def environment(**different: str) -> dict[str, str]:
        free = {subsystem: "127.0.0.1:0" for part in PARTS.values() for subsystem in part.subsystems}
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NDXP_ADDRESSES": json.dumps(free),
            "NDXP_DATABASE_URL": f"sqlite:///{tmp_path}/{{name}}.db",
            **different,
        }

    return environment


async def start(module: str, *arguments: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, *arguments, env=env, stdout=pipe, stderr=pipe
    )


_STRAY = "no call can be let in"
"""In the log when somebody calls: a gateway of another test, whose agency had this port before."""


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, list[str]]:
    """Exit code, standard output, and the lines of standard error."""
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), [line for line in err.decode().splitlines() if _STRAY not in line]


async def told(process: asyncio.subprocess.Process) -> str:
    """The next line of its log."""
    assert process.stderr
    while _STRAY in (line := (await process.stderr.readline()).decode()):
        pass
    return line


async def test_all_agencies_of_one_process_say_where_they_serve_and_stop_when_told(environment: Environment) -> None:
    process = await start("services", env=environment())
    assert len(PARTS) > 2
    for part in PARTS.values():
        line = await told(process)
        [subsystem, *_], [contract, *_] = part.subsystems, part.contracts
        assert re.search(rf"{part.name} \({subsystem}.*\) serves {contract}.* on 127\.0\.0\.1:\d+", line)
    process.send_signal(signal.SIGTERM)
    assert await ended(process) == (0, "", [])


async def test_one_agency_alone_serves_and_stops(environment: Environment) -> None:
    process = await start("services", "passports", env=environment())
    assert "passports (VN/GOV/G01/passports) serves" in await told(process)
    process.send_signal(signal.SIGTERM)
    assert await ended(process) == (0, "", [])


async def test_an_agency_serves_on_ipv6(environment: Environment) -> None:
    own = {passports.subsystem: "[::1]:0"}
    process = await start(
        "services", "passports", env=environment(NDXP_ADDRESSES=json.dumps(own), NDXP_GATEWAY="[::1]:45901")
    )
    line = await told(process)
    at = re.search(r" on (\[::1\]:\d+)", line)
    assert at, line
    async with grpc.aio.insecure_channel(at[1]) as channel:
        answer = await HealthStub(channel).Check(HealthCheckRequest(), wait_for_ready=True)  # type: ignore[attr-defined]
    assert answer.status == HealthCheckResponse.SERVING
    process.send_signal(signal.SIGTERM)
    assert await ended(process) == (0, "", [])


async def test_an_agency_cuts_its_access_log_by_itself(environment: Environment) -> None:
    env = environment(NDXP_ACCESS_LOG_KEEP_DAYS="1")
    database = Database(env["NDXP_DATABASE_URL"].replace("{name}", passports.name))
    times = {"old": real_now() - 2 * 86_400 * 1_000_000, "new": real_now()}
    with database.transaction() as transaction:
        transaction.log([Access(name, "c", "", "", "m", 0, at) for name, at in times.items()])
    process = await start("services", "passports", env=env)

    def kept() -> bool:
        with database.reading() as reader:
            return [access.transaction_id for _, access in reader.accesses()] == ["new"]

    await until(kept)
    database.close()
    process.send_signal(signal.SIGTERM)
    code, _, err = await ended(process)
    assert (code, len(err)) == (0, 1)


def fails(monkeypatch: pytest.MonkeyPatch, name: str, environment: dict[str, str]) -> tuple[int, str, list[str]]:
    """How an agency ends that cannot start, in the test's own process, as ``ended`` gives it."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    ran = captured(lambda: sys.exit(main([name])), "services")
    return ran.code, ran.out, ran.err.splitlines()


def test_an_unknown_agency_is_one_line_and_exit_2(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = fails(monkeypatch, "pasports", environment())
    assert (code, out, len(err)) == (2, "", 1)
    assert "'pasports'" in err[0]
    assert ", ".join(PARTS) in err[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"NDXP_POPULATION": "abc"},
        {"NDXP_POPULATION": "0"},
        {"NDXP_PASSPORTS_PROGRESS": "soon"},
        {"NDXP_PASSPORTS_STEP_SECONDS": "0"},
        {"NDXP_ADDRESSES": "nonsense"},
        {"NDXP_ADDRESSES": '{"VN/GOV/G01/passports": "unix:1234"}'},
        {"NDXP_ADDRESSES": '{"VN/GOV/G01/passports": ":99999"}'},
        {"NDXP_GATEWAY": "unix:1234"},
        {"NDXP_GATEWAY": "a@b:80"},
        {"NDXP_GATEWAY": "localhost:0"},
        {"NDXP_METRICS_ADDRESS": "9464"},
        {"NDXP_LOG_FORMAT": "xml"},
        {"NDXP_ACCESS_LOG_KEEP_DAYS": "0.01"},
        {"NDXP_ACCESS_LOG_KEEP_ENTRIES": "-1"},
        {"NDXP_DATABASE_URL": "mysql://agency:secret@host/name"},
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_exit_2(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    code, out, [line] = fails(monkeypatch, "passports", environment(**wrong))
    assert (code, out) == (2, "")
    (name,) = wrong
    assert name.removeprefix("NDXP_").lower() in line.lower() or "people" in line


async def test_a_variable_that_nothing_reads_is_named(environment: Environment) -> None:
    process = await start("services", "passports", env=environment(NDXP_DATABASE_ULR="sqlite://"))
    line = await told(process)
    assert line.endswith("nothing reads the variable NDXP_DATABASE_ULR; is NDXP_DATABASE_URL meant?\n")
    await told(process)
    process.send_signal(signal.SIGTERM)
    assert await ended(process) == (0, "", [])


async def test_a_taken_port_is_one_line_and_exit_1(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        addresses = json.dumps({passports.subsystem: address})
        code, out, err = await ended(await start("services", "passports", env=environment(NDXP_ADDRESSES=addresses)))
    assert (code, out) == (1, "")
    assert address in err[-1]
    assert len(err) == 1


def test_a_taken_port_for_metrics_is_one_line_that_names_the_setting_and_exit_1(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, out, err = fails(monkeypatch, "passports", environment(NDXP_METRICS_ADDRESS=address))
    assert (code, out) == (1, "")
    assert err[-1].startswith(f"services: cannot show metrics on {address}")
    assert "NDXP_METRICS_ADDRESS" in err[-1]


async def test_the_log_is_json_when_asked(environment: Environment) -> None:
    process = await start("services", "passports", env=environment(NDXP_LOG_FORMAT="json"))
    line = json.loads(await told(process))
    assert (line["process"], line["level"]) == ("services", "info")
    assert line["message"].startswith("passports (VN/GOV/G01/passports) serves")
    process.send_signal(signal.SIGTERM)
    assert await ended(process) == (0, "", [])


def test_a_database_that_cannot_be_opened_is_one_line_and_exit_1(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "sqlite:////nowhere/{name}.db"
    code, out, err = fails(monkeypatch, "passports", environment(NDXP_DATABASE_URL=url))
    assert (code, out, len(err)) == (1, "", 1)
    assert "NDXP_DATABASE_URL" in err[0]
