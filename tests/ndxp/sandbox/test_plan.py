"""The plan of a sandbox: ports, run folder, settings."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.sandbox import plan
from ndxp.sandbox.ports import HOST
from ndxp.sandbox.state import Durability


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody else listens at."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_free_ports_are_all_different(few: range) -> None:
    listens = plan.check_ports(0)
    assert set(listens) == set(plan.DEFAULT_PORTS)
    assert len(set(listens.values())) == len(listens)
    assert set(listens.values()) <= set(few)


def test_a_port_of_one_s_own_is_the_gateway_s_and_the_others_are_free_ones() -> None:
    wanted = plan.check_ports(0)["gateway"]
    ports = plan.check_ports(wanted)
    assert ports["gateway"] == wanted
    assert not set(ports.values()) & (set(plan.DEFAULT_PORTS.values()) - {wanted})


def test_a_busy_port_is_named_with_what_needs_it_and_what_to_do(tmp_path: Path, busy_port: int) -> None:
    with pytest.raises(plan.PlanFailed) as failed:
        plan.make(tmp_path, port=busy_port)
    assert str(failed.value).startswith(f"port {busy_port} (gateway) is in use")
    assert "`ndxp up --port 0`" in str(failed.value)


@pytest.mark.parametrize("port", [65536, 10**6, -1])
def test_what_is_no_port_is_said_to_be_none(port: int) -> None:
    with pytest.raises(plan.PlanFailed, match=f"{port} is no port"):
        plan.check_ports(port)


def test_a_file_of_members_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(plan.PlanFailed, match=f"there is no file {tmp_path / 'mine.yaml'}"):
        plan.make(tmp_path, port=0, exchange_file=tmp_path / "mine.yaml")


def test_the_run_folder_becomes_private_even_when_it_was_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    plan.make(tmp_path, port=0)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_every_worker_is_a_process_of_its_own_at_the_same_port(tmp_path: Path) -> None:
    workers = [p for p in plan.make(tmp_path, workers=3, port=0).processes if p.name.startswith("gateway")]
    assert [worker.name for worker in workers] == ["gateway-1", "gateway-2", "gateway-3"]
    assert len({worker.environment["NDXP_GATEWAY_ADDRESS"] for worker in workers}) == 1


def test_every_process_of_ours_shows_metrics_on_a_loopback_port_of_its_own(tmp_path: Path) -> None:
    processes = plan.make(tmp_path, workers=3, port=0).processes
    shown = {process.name: process.metrics for process in processes if process.metrics}
    assert shown.keys() == {process.name for process in processes} - {"store"}
    assert len(set(shown.values())) == len(shown)
    assert all(address.startswith("127.0.0.1:") for address in shown.values())


def test_the_store_s_socket_is_elsewhere_when_the_folder_s_path_is_too_long_for_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    store = plan.make(deep, port=0).processes[0]
    path = store.command[store.command.index("--unixsocket") + 1]
    assert len(path) <= 107
    assert store.environment["NDXP_REDIS_URL"] == f"unix://{path}"
    Path(path).parent.rmdir()


@pytest.mark.parametrize(("durability", "synced"), [("everysec", "no"), ("always", "always")])
def test_the_store_writes_before_it_answers_whatever_the_durability(
    tmp_path: Path, durability: Durability, synced: str
) -> None:
    planned = plan.make(tmp_path, port=0, durability=durability)
    store, gateway = planned.processes[0], planned.processes[-1]
    assert store.command[store.command.index("--appendfsync") + 1] == synced
    assert gateway.environment["NDXP_DURABILITY"] == planned.durability == durability


def test_the_processes_do_not_import_from_where_the_user_happens_to_be(tmp_path: Path) -> None:
    python = [p.command for p in plan.make(tmp_path, port=0).processes if p.name != "store"]
    assert python
    assert all(command[1] == "-P" for command in python)
