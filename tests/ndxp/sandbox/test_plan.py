"""The plan of a sandbox: ports, run folder, settings."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import RecorderSettings
from gateway.store import connect
from ndxp.authority import read as certificate
from ndxp.database_url import read_url
from ndxp.sandbox import plan
from ndxp.sandbox.ports import HOST
from ndxp.sandbox.state import Durability, State
from ndxp.scaffold.agency import write


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody else listens at."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_free_ports_are_all_different(few: range) -> None:
    listens = plan.check_ports(0)
    assert set(listens) == set(plan.default_ports())
    assert len(set(listens.values())) == len(listens)
    assert set(listens.values()) <= set(few)


def test_only_what_people_type_has_a_usual_port(few: range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "taken", lambda port: False)
    listens = plan.check_ports(None)
    assert [listens.pop(name) for name in ("gateway", "control", "rest")] == [50051, 8080, 8081]
    assert set(listens) == {"exchange", "adapter", *(part.name for part in plan.agencies())}
    assert set(listens.values()) <= set(few)


def test_a_port_of_one_s_own_is_the_gateway_s_and_the_others_are_free_ones() -> None:
    wanted = plan.check_ports(0)["gateway"]
    ports = plan.check_ports(wanted)
    assert ports["gateway"] == wanted
    assert not set(ports.values()) & (set(plan.default_ports().values()) - {wanted})


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


def socket_of(state: State) -> str:
    """Where the store listens; its clients find it there by the URL they have."""
    store = state.processes[0]
    path = store.command[store.command.index("--unixsocket") + 1]
    assert connect(store.environment["NDXP_REDIS_URL"]).connection_pool.connection_kwargs["path"] == path
    return path


@pytest.mark.parametrize("name", ["d" * 100, "đ" * 50, "ế" * 40], ids=["letters", "two bytes each", "three bytes each"])
def test_the_store_s_socket_is_elsewhere_when_the_folder_s_path_is_too_long_for_one(tmp_path: Path, name: str) -> None:
    planned = plan.make(tmp_path / name, port=0)
    path = socket_of(planned)
    assert len(os.fsencode(path)) <= 107
    assert planned.socket_folder == str(Path(path).parent)
    assert not Path(planned.socket_folder).exists()  # it is made when the exchange starts


@pytest.mark.parametrize("name", ["a#b", "a?b", "100%", "%2F", "%20", "{name}", "{}", "a b", "thư mục", "a'b\""])
def test_every_sign_of_a_folder_s_name_arrives_in_every_url(tmp_path: Path, name: str) -> None:
    planned = plan.make(tmp_path / name, port=0)
    folder = Path(planned.folder)
    assert folder == tmp_path / name
    assert socket_of(planned) == str(folder / "store.sock")
    agencies = next(process for process in planned.processes if process.name == "agencies")
    url = agencies.environment["NDXP_DATABASE_URL"].replace("{name}", "population")
    assert read_url(url).database == str(folder / "population.db")
    assert read_url(RecorderSettings(run_folder=folder).ledger).database == str(folder / "ledger.db")


def test_a_socket_that_fits_nowhere_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("t" * 100)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(plan.PlanFailed, match="107 bytes at most: .*--folder.*TMPDIR"):
        plan.make(tmp_path / ("d" * 100), port=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/run", "file", "run", "/proc/ndxp/run", "n" * 300])
def test_a_folder_that_cannot_be_made_is_one_line_and_leaves_nothing_behind(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "store").touch()  # a file in the way of a folder
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(plan.PlanFailed, match="cannot make the folder .*--folder"):
        plan.make(tmp_path / place, port=0)
    assert sorted(tmp_path.rglob("*")) == before


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


@pytest.mark.parametrize(("tls", "reached"), [(False, False), (True, True)])
def test_other_machines_reach_the_console_with_tls_and_the_gateway_with_tls_alone(
    tmp_path: Path, tls: bool, reached: bool
) -> None:
    state = plan.make(tmp_path / "run", port=0, tls=tls, address="Class.Example.VN")
    processes = {process.name: process.environment for process in state.processes}
    console, port = processes["console"], state.gateway.rpartition(":")[2]
    assert console["NDXP_CONSOLE_ADDRESS"].startswith("0.0.0.0:")
    assert json.loads(console["NDXP_CONSOLE_NAMES"])[0].startswith("class.example.vn:")
    assert "class.example.vn" in certificate_hosts(Path(console["NDXP_CONSOLE_TLS_FOLDER"]) / "tls.crt")
    assert state.gateway.startswith("127.0.0.1:")
    assert state.reached == (f"class.example.vn:{port}" if reached else "")
    listens = processes["gateway"]["NDXP_GATEWAY_ADDRESS"]
    assert listens == f"{'0.0.0.0' if reached else '127.0.0.1'}:{port}"  # noqa: S104
    assert ("class.example.vn" in certificate_hosts(state.tls_folder / "gateway.pem")) is reached


def test_an_address_of_this_machine_is_the_only_one_at_which_the_console_listens(tmp_path: Path) -> None:
    console = plan.console_process(tmp_path, 0, address="127.0.0.1")
    assert console.environment["NDXP_CONSOLE_ADDRESS"].startswith("127.0.0.1:")
    elsewhere = plan.console_process(tmp_path, 0, address="[2001:db8::20]")
    assert elsewhere.environment["NDXP_CONSOLE_ADDRESS"].startswith("[::]:")
    assert json.loads(elsewhere.environment["NDXP_CONSOLE_NAMES"])[0].startswith("[2001:db8::20]:")


def certificate_hosts(path: Path) -> tuple[str, ...]:
    found = certificate(path)
    return found.hosts if found is not None else ()


def test_an_agency_with_the_name_of_one_of_ours_takes_its_place(tmp_path: Path) -> None:
    write("land", tmp_path / "mine")
    planned = plan.make(tmp_path / "run", port=0, beside=[tmp_path / "mine"])
    hosted, beside = (next(p for p in planned.processes if p.name == name) for name in ("agencies", "agencies-land"))
    assert hosted.command[-len(plan.agencies()) + 1 :] == [p.name for p in plan.agencies() if p.name != "land"]
    assert beside.command[-1] == "land"
    assert "VN/GOV/G13/land" not in plan.own_subsystems(planned.beside)
    assert "VN/GOV/G13/land" in plan.own_subsystems()
