"""The files for containers: what they name exists, and what they promise is in them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import ControlSettings, GatewaySettings
from ndxp.agency.settings import AgencySettings
from ndxp.sandbox.plan import SUBSYSTEMS
from services.passports.__main__ import PassportSettings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"databases"}
AGENCIES = {"population", "health-insurance", "passports"}
OWN = sorted(name for name, service in SERVICES.items() if service["image"].startswith("${NDXP_IMAGE"))


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[service].get("environment", {})
    return found


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / "deploy" / name).read_text())


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    lines = (ROOT / ".env.example").read_text().splitlines()
    offered = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert used == offered


def test_defaults_are_those_of_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", TEXT):
        assert f"\n{name}={default}\n" in example


def test_everything_is_published_on_loopback_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert name in ONCE or service["healthcheck"]
    assert name in ONCE or service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OWN)
def test_our_processes_may_change_nothing_but_their_volumes(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_depends_on_exists_and_is_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] == "service_started" or other in ONCE or SERVICES[other]["healthcheck"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_exists(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.partition(":")[0]
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OWN)
def test_settings_are_settings(name: str) -> None:
    known = {"NDXP_HEALTH", *COMPOSE["x-traces"]}
    for settings in (GatewaySettings, ControlSettings, AgencySettings, PassportSettings):
        known |= {f"NDXP_{field.upper()}" for field in settings.model_fields}
    assert environment(name).keys() <= known


@pytest.mark.parametrize("name", ["gateway", "control"])
def test_every_agency_has_an_address_that_is_a_service(name: str) -> None:
    addresses = json.loads(environment(name)["NDXP_ADDRESSES"])
    assert addresses.keys() == set(SUBSYSTEMS.values())
    assert all(address.partition(":")[0] in SERVICES for address in addresses.values())


@pytest.mark.parametrize("name", sorted(AGENCIES))
def test_an_agency_listens_where_the_gateways_look_for_it(name: str) -> None:
    ((subsystem, listens),) = json.loads(environment(name)["NDXP_ADDRESSES"]).items()
    expected = json.loads(environment("gateway")["NDXP_ADDRESSES"])[subsystem]
    assert expected == f"{name}:{listens.rpartition(':')[2]}"


@pytest.mark.parametrize("name", sorted(AGENCIES))
def test_an_agency_can_read_its_own_secret_and_nobody_elses(name: str) -> None:
    assert SERVICES[name]["volumes"] == [f"{name}-keys:/run/ndxp:ro"]
    handed_out = json.loads(environment("control")["NDXP_HANDED_OUT"])
    ((subsystem, _),) = json.loads(environment(name)["NDXP_ADDRESSES"]).items()
    folder, _, file = handed_out[subsystem].rpartition("/")
    assert f"{name}-keys:{folder}" in SERVICES["control"]["volumes"]
    assert environment(name)["NDXP_CREDENTIALS"] == f"/run/ndxp/{file}"
    assert folder in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", sorted(AGENCIES))
def test_an_agency_reaches_neither_the_store_nor_another_agencys_database(name: str) -> None:
    assert set(SERVICES[name]["networks"]) == {"agencies", "databases"}
    url = environment(name)["NDXP_DATABASE_URL"]
    role, database = re.fullmatch(r"postgresql\+psycopg://(\w+):.*@postgres:5432/(\w+)", url).groups()  # type: ignore[union-attr]
    assert role == database == name.replace("-", "_")
    assert database in SERVICES["databases"]["command"]


def test_envoy_knows_the_gateways_and_does_not_blame_them_for_an_agency() -> None:
    envoy = load("kubernetes/ndxp/files/envoy.yaml")["static_resources"]
    clusters = {cluster["name"]: cluster for cluster in envoy["clusters"]}
    gateway = clusters["gateway"]
    (endpoint,) = gateway["load_assignment"]["endpoints"][0]["lb_endpoints"]
    address = endpoint["endpoint"]["address"]["socket_address"]
    listens = environment("gateway")["NDXP_GATEWAY_ADDRESS"]
    assert f"{address['address']}:{address['port_value']}" == listens.replace("0.0.0.0", "gateway")  # noqa: S104
    assert gateway["health_checks"][0]["grpc_health_check"] == {}
    outliers = gateway["outlier_detection"]
    assert outliers["enforcing_consecutive_5xx"] == outliers["enforcing_consecutive_gateway_failure"] == 0
    for listener in envoy["listeners"]:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        for host in manager["route_config"]["virtual_hosts"]:
            assert all(route["route"]["cluster"] in clusters for route in host["routes"])


def test_prometheus_looks_at_services_and_has_its_rules() -> None:
    prometheus = load("prometheus/prometheus.yml")
    for job in prometheus["scrape_configs"]:
        named = [name for discovered in job.get("dns_sd_configs", []) for name in discovered["names"]]
        targets = [target for static in job.get("static_configs", []) for target in static["targets"]]
        hosts = {*named, *(target.partition(":")[0] for target in targets)} - {"localhost"}
        assert hosts <= SERVICES.keys()
    for file in prometheus["rule_files"]:
        rules = [rule for group in load(f"prometheus/{file}")["groups"] for rule in group["rules"]]
        assert all("runbook" in rule["annotations"] for rule in rules if "alert" in rule)


def test_the_image_runs_as_nobody_in_particular_and_knows_no_secret() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE) == ["ndxp"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    sources = {"gateway", "ndxp", "services", "loadtest", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == sources
