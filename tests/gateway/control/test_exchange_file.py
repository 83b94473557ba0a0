"""The exchange to start with: which agencies a file has in it."""

from pathlib import Path

import pytest

from gateway.control.exchange_file import read_exchange, read_exchange_file
from gateway.core.registry import RegistryError
from gateway.settings import ControlSettings
from ndxp.agency.parts import usual_ports
from ndxp.identifiers import member_of
from ndxp.scaffold.agency import write
from tests.support.agencies import PARTS

SERVICES = ControlSettings().agencies_folder
SMALL = "instance: VN\nmembers:\n  - {id: VN/GOV/G01, name: Bộ Công an}\n"
FIRST = next(part for part in PARTS.values() if member_of(part.subsystems[0]) != "VN/GOV/G01")
"""The first agency of a member that the small exchange does not have."""


def written(folder: Path, more: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(SMALL + more, encoding="utf-8")
    return path


def test_the_default_exchange_has_every_agency_at_its_usual_port() -> None:
    services = read_exchange(ControlSettings()).services
    offered = {(s.provider, s.contract) for s in services}
    assert offered >= {(s, contract) for part in PARTS.values() for s in part.subsystems for contract in part.contracts}
    addresses = {s.provider: s.address for s in services}
    ports = usual_ports(list(PARTS.values()))
    assert all(addresses[s] == f"127.0.0.1:{ports[part.name]}" for part in PARTS.values() for s in part.subsystems)
    assert min(ports.values()) == 50061


def test_the_default_exchange_leaves_no_grant_out(caplog: pytest.LogCaptureFixture) -> None:
    read_exchange(ControlSettings())
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("more", "providers"),
    [("", set()), ("agencies: []\n", set()), ("agencies: [passports]\n", {"VN/GOV/G01/passports"})],
)
def test_a_file_has_the_agencies_that_it_names_and_no_others(tmp_path: Path, more: str, providers: set[str]) -> None:
    assert {s.provider for s in read_exchange_file(written(tmp_path, more), SERVICES).services} == providers


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("agencies: [pasports]\n", f"there is no agency 'pasports'; there are {', '.join(PARTS)}"),
        ("agencies: some\n", "all, or a list of their names, and not 'some'"),
        (
            "agencies: all\n",
            f"{FIRST.name}/exchange.yaml: the exchange has no member {member_of(*FIRST.subsystems[:1])}",
        ),
    ],
)
def test_agencies_that_cannot_be_taken_are_one_line_with_the_file(tmp_path: Path, more: str, why: str) -> None:
    path = written(tmp_path, more)
    with pytest.raises(RegistryError) as refused:
        read_exchange_file(path, SERVICES)
    assert str(refused.value).startswith(f"{path}: ")
    assert why in str(refused.value)


def test_an_agency_beside_takes_the_place_of_one_of_ours_with_its_name(tmp_path: Path) -> None:
    write("land", tmp_path / "mine", "VN/GOV/G13")
    registry = read_exchange_file(ControlSettings().exchange_file, SERVICES, [tmp_path / "mine"])
    offered = {service.contract for service in registry.services if service.provider == "VN/GOV/G13/land"}
    assert offered == {"land.v1.LandService", "ndxp.access_log.v1.AccessLogService"}
