"""The chart: what Helm makes of it is valid, and what it promises is in it. No cluster is needed."""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from console.door import HEALTH
from console.settings import ConsoleSettings
from gateway.control import directory
from gateway.dataplane.directory import ALIVE
from gateway.settings import ControlSettings, GatewaySettings, RecorderSettings, RestSettings
from loadtest import profiles
from ndxp.address import Address
from ndxp.agency.settings import AgencySettings
from services.passports import PassportSettings
from tests.support.agencies import PARTS
from tests.support.helm import CHART, NAMESPACE, NOTES, objects, render
from tests.support.networks import Place, allowed

pytestmark = pytest.mark.skipif(platform.machine() == "aarch64", reason="helm-python-sdk has no wheel for it")

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
AGENCIES = {part.label: 50061 for part in PARTS.values()}
OLDEST, NEWEST = "1.27", "1.37"

EVERYTHING: dict[str, Any] = {
    "image": "example.test/ndxp:1",
    "pullSecrets": ["pull"],
    "gateway": {"autoscaling": {"by": "cpu"}, "settings": {"NDXP_MAX_CALLS": 1_000_000}},
    "envoy": {
        "service": {"type": "LoadBalancer", "annotations": {"example.test/a": "b"}},
        "tls": {"secret": "exchange-certificate"},
    },
    "control": {"keys": {"accessMode": "ReadWriteMany", "storageClass": "shared"}},
    "agencies": {
        "passports": {"replicas": 3, "settings": {"NDXP_PASSPORTS_PROGRESS": "hand"}},
        "museum": {"subsystem": "VN/GOV/G16/museum", "program": "museum", "port": 50070, "calls": False},
    },
    "metrics": {"podMonitor": True},
    "rest": {"services": {"ports": [8443], "peers": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}},
    "traces": {"peers": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tracing"}}}]},
    "load": {"enabled": True},
    "console": {"enabled": True, "role": "auditor", "tls": {"secret": "console-certificate"}},
}
BARE: dict[str, Any] = {
    "gateway": {"autoscaling": {"enabled": False}},
    "agencies": {"passports": None},
    "metrics": {"annotations": False, "scrapers": []},
    "network": {"policies": False},
}
IPV6: dict[str, Any] = {"listen": "[::]", "envoy": {"tls": {"secret": "exchange-certificate"}}}
CLOSED: dict[str, Any] = {
    "network": {"callers": {"envoy": [], "control": [], "console": []}},
    "metrics": {"scrapers": []},
    "redis": {"peers": []},
}

Object = dict[str, Any]


class Rendered:
    """What Helm made of some values."""

    def __init__(self, rendered: dict[str, str]) -> None:
        self.notes = rendered.get(NOTES, "")
        self.objects = objects(rendered)
        self.text = "\n".join(text for name, text in rendered.items() if name != NOTES)

    def of(self, kind: str) -> dict[str, Object]:
        """The objects of a kind by name."""
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] == kind}

    @property
    def templates(self) -> dict[str, Object]:
        """The pods of every Deployment and Job, by the name that their labels give them."""
        templates = [o["spec"]["template"] for o in self.objects if o["kind"] in ("Deployment", "Job")]
        return {template["metadata"]["labels"]["app.kubernetes.io/name"]: template for template in templates}

    @property
    def containers(self) -> dict[str, Object]:
        """The one container of each pod."""
        found = {}
        for name, template in self.templates.items():
            (found[name],) = template["spec"]["containers"]
        return found

    def environment(self, name: str) -> dict[str, str]:
        """Names and values of a container's variables; those from Secrets are named by Secret and key."""
        variables = self.containers[name].get("env", [])
        values = {}
        for variable in variables:
            secret = variable.get("valueFrom", {}).get("secretKeyRef")
            values[variable["name"]] = f"{secret['name']}/{secret['key']}" if secret else variable["value"]
        assert len(values) == len(variables)
        return values


@pytest.fixture(scope="module")
def cases() -> dict[str, Rendered]:
    given: dict[str, Object] = {"default": {}, "everything": EVERYTHING, "bare": BARE, "closed": CLOSED, "ipv6": IPV6}
    return {name: Rendered(rendered) for name, rendered in zip(given, render(*given.values()), strict=True)}


@pytest.fixture(scope="module", params=["default", "everything", "bare"])
def chart(cases: dict[str, Rendered], request: pytest.FixtureRequest) -> Rendered:
    return cases[request.param]


@pytest.fixture(scope="module")
def default(cases: dict[str, Rendered]) -> Rendered:
    return cases["default"]


@pytest.fixture(scope="module")
def everything(cases: dict[str, Rendered]) -> Rendered:
    return cases["everything"]


@pytest.mark.long
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_is_valid_in_the_oldest_and_the_newest_kubernetes(chart: Rendered, version: str) -> None:
    for found in chart.objects:
        if found["kind"] != "PodMonitor":  # the Prometheus operator's, no part of Kubernetes
            kubernetes_validate.validate(found, version, strict=True)


def test_the_oldest_kubernetes_is_the_one_that_the_chart_asks_for() -> None:
    assert yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["kubeVersion"] == f">={OLDEST}.0-0"


def test_helm_has_nothing_to_say_against_the_chart() -> None:
    lint = f"import json, helm_python; print(json.dumps(helm_python.lint({str(CHART)!r}, strict=True)))"
    report = json.loads(subprocess.run([sys.executable, "-c", lint], capture_output=True, check=True).stdout)
    assert report["errors"] == []


WRONG: list[tuple[Object, str]] = [
    ({"replicas": 3}, "additional properties 'replicas' not allowed"),
    ({"image": ""}, "/image"),
    ({"durability": "sometimes"}, "must be one of 'everysec', 'always'"),
    ({"gateway": {"autoscaling": {"by": "memory"}}}, "must be one of 'calls', 'cpu'"),
    ({"gateway": {"autoscaling": {"min": 9}}}, "min is above max"),
    ({"gateway": {"settings": {"MAX_CALLS": 1}}}, "'MAX_CALLS' does not match"),
    ({"recorder": {"resources": {"limits": {"memory": None}}}}, "/recorder/resources/limits"),
    ({"agencies": {"nowhere": {"subsystem": "VN/GOV/G13/nowhere"}}}, "missing properties 'program', 'port', 'calls'"),
    ({"agencies": {"envoy": EVERYTHING["agencies"]["museum"]}}, "invalid propertyName 'envoy'"),
    (
        {"agencies": {"other": {**EVERYTHING["agencies"]["museum"], "subsystem": "VN/GOV/G01/passports"}}},
        "other and passports",
    ),
    ({"control": {"keys": {"accessMode": "ReadOnlyMany"}}}, "must be one of 'ReadWriteOnce', 'ReadWriteMany'"),
    ({"redis": {"url": "redis://:secret@redis:6379"}}, "additional properties 'url' not allowed"),
    ({"network": {"callers": {"envoy": [{}]}}}, "/network/callers/envoy/0"),
    ({"network": {"callers": [{"namespaceSelector": {}}]}}, "/network/callers': got array, want object"),
    ({"load": {"profile": "ndxp average; rm"}}, "/load/profile"),
    ({"console": {"enabled": True}}, "/console/tls/secret"),
    ({"console": {"role": "admin"}}, "must be one of 'viewer', 'auditor', 'operator'"),
    ({"console": {"names": ["https://console/"]}}, "/console/names/0"),
]


@pytest.fixture(scope="module")
def refusals() -> list[str]:
    return [rendered.get("error", "") for rendered in render(*(values for values, _ in WRONG))]


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[said for _, said in WRONG])
def test_wrong_values_are_refused_with_their_place(refusals: list[str], number: int) -> None:
    assert WRONG[number][1] in refusals[number]


def test_every_process_of_ours_is_the_same_image(everything: Rendered) -> None:
    images = {name: container["image"] for name, container in everything.containers.items()}
    assert images.pop("envoy").endswith("/envoyproxy/envoy:v1.34-latest")
    assert set(images.values()) == {"example.test/ndxp:1"}


def test_no_pod_may_do_more_than_it_has_to(chart: Rendered) -> None:
    for name, template in chart.templates.items():
        pod, container = template["spec"], chart.containers[name]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
        assert all(not {"hostPath"} & volume.keys() for volume in pod["volumes"])
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert container["resources"]["limits"].keys() == {"memory"}


def test_our_pods_run_as_the_user_of_the_image(default: Rendered) -> None:
    (user,) = re.findall(r"useradd --system --uid (\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    users = {name: template["spec"]["securityContext"]["runAsUser"] for name, template in default.templates.items()}
    assert users.pop("envoy") != 0
    assert set(users.values()) == {int(user)}


def test_nothing_that_is_rendered_is_a_secret(chart: Rendered) -> None:
    assert not chart.of("Secret")
    assert not re.search(r"://[^/\s]*:[^@/\s]*@", chart.text)
    for name in chart.containers:
        for variable, value in chart.environment(name).items():
            if variable in ("NDXP_REDIS_URL", "NDXP_LEDGER_URL", "NDXP_DATABASE_URL"):
                assert re.fullmatch(r"[-\w]+/url", value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gateway", GatewaySettings),
        ("rest", RestSettings),
        ("control", ControlSettings),
        ("recorder", RecorderSettings),
        ("console", ConsoleSettings),
        ("population", AgencySettings),
        ("health-insurance", AgencySettings),
        ("passports", PassportSettings),
    ],
)
def test_settings_are_settings_and_their_values_good(
    everything: Rendered, name: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = everything.environment(name)
    known = {f"NDXP_{field.upper()}" for field in settings.model_fields}
    assert environment.keys() <= known | {"NDXP_HEALTH"}
    for variable, value in environment.items():
        # What comes from a Secret is shown as its name and key.
        monkeypatch.setenv(variable, "postgresql://u:p@database:5432/n" if value.endswith("-database/url") else value)
    settings()


def test_settings_by_value_reach_the_process(everything: Rendered) -> None:
    assert everything.environment("gateway")["NDXP_MAX_CALLS"] == "1000000"
    assert everything.environment("passports")["NDXP_PASSPORTS_PROGRESS"] == "hand"


def test_what_the_chart_sets_is_not_set_twice(chart: Rendered) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    names = schema["$defs"]["settings"]["propertyNames"]["not"]["enum"]
    given = {"NDXP_MAX_CALLS", "NDXP_PASSPORTS_PROGRESS"}
    taking = chart.containers.keys() - {"console"}  # it takes no other settings
    assert {name for container in taking for name in chart.environment(container)} - given == set(names)


def ports(container: Object) -> dict[str | int, int]:
    """The ports of a container by name and by number."""
    listed = container.get("ports", [])
    numbers = {port["containerPort"]: port["containerPort"] for port in listed}
    return {port["name"]: port["containerPort"] for port in listed} | numbers


def test_probes_ask_at_ports_that_are_there(chart: Rendered) -> None:
    for container in chart.containers.values():
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {})
            for how in ("grpc", "httpGet", "tcpSocket"):
                assert how not in probe or probe[how]["port"] in ports(container)


def test_a_gateway_that_takes_no_calls_is_not_killed_for_it(default: Rendered) -> None:
    gateway = default.containers["gateway"]
    assert gateway["readinessProbe"]["grpc"] == {"port": 50051}
    assert gateway["livenessProbe"]["grpc"] == gateway["startupProbe"]["grpc"] == {"port": 50051, "service": ALIVE}


def test_a_gateway_may_wait_long_for_the_registry(default: Rendered) -> None:
    probe = default.containers["gateway"]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 3600


def test_control_is_not_killed_for_what_it_waits_for(default: Rendered) -> None:
    control = default.containers["control"]
    assert control["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert control["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert default.of("Service")["control"]["spec"]["publishNotReadyAddresses"] is True


def test_the_doors_are_not_killed_for_what_they_wait_for_and_leave_within_their_time(default: Rendered) -> None:
    rest = default.containers["rest"]
    assert (
        rest["readinessProbe"]["httpGet"]["path"]
        == urlsplit(COMPOSE["rest"]["environment"]["NDXP_HEALTH"].split()[0]).path
    )
    assert rest["livenessProbe"]["httpGet"]["path"] == rest["startupProbe"]["httpGet"]["path"] == "/healthz"
    grace = default.templates["rest"]["spec"]["terminationGracePeriodSeconds"]
    assert float(default.environment("rest")["NDXP_DRAIN"]) < grace


def test_a_recorder_says_how_it_is_where_it_is_asked(default: Rendered) -> None:
    recorder, environment = default.containers["recorder"], default.environment("recorder")
    assert recorder["readinessProbe"]["exec"]["command"] == COMPOSE["recorder"]["healthcheck"]["test"].split()
    assert environment["NDXP_HEALTH"] == f"file://{environment['NDXP_HEARTBEAT']}"
    assert "livenessProbe" not in recorder


def test_everything_has_the_time_that_its_leaving_takes(default: Rendered) -> None:
    for name, service in {n: s for n, s in COMPOSE.items() if n in default.templates and n != "envoy"}.items():
        grace = default.templates[name]["spec"]["terminationGracePeriodSeconds"]
        assert grace == int(service["stop_grace_period"].removesuffix("s"))
    settings, environment = GatewaySettings.model_fields, default.environment("gateway")
    takes = float(environment["NDXP_NOTICE"]) + float(environment["NDXP_DRAIN"]) + settings["journal_patience"].default
    assert takes < default.templates["gateway"]["spec"]["terminationGracePeriodSeconds"]


def test_envoy_lets_its_callers_go_before_it_ends(default: Rendered) -> None:
    envoy = default.containers["envoy"]
    command = envoy["lifecycle"]["preStop"]["exec"]["command"][-1]
    (pause,) = re.findall(r"sleep (\d+)", command)
    assert "/drain_listeners?graceful" in command
    drained = int(envoy["command"][envoy["command"].index("--drain-time-s") + 1])
    assert drained < int(pause) < default.templates["envoy"]["spec"]["terminationGracePeriodSeconds"]


def test_every_service_leads_to_pods_that_listen_there(chart: Rendered) -> None:
    for service in chart.of("Service").values():
        selector = service["spec"]["selector"].items()
        (name,) = [n for n, t in chart.templates.items() if selector <= t["metadata"]["labels"].items()]
        for port in service["spec"]["ports"]:
            assert ports(chart.containers[name])[port["targetPort"]] == port["port"]


def test_gateways_doors_and_envoys_are_not_all_taken_away_at_once(chart: Rendered) -> None:
    budgets = chart.of("PodDisruptionBudget")
    assert budgets.keys() == {"gateway", "rest", "envoy"}
    for name, budget in budgets.items():
        assert budget["spec"]["selector"]["matchLabels"].items() <= chart.templates[name]["metadata"]["labels"].items()
        assert budget["spec"]["maxUnavailable"] == 1


def test_gateways_are_scaled_by_calls_in_flight_or_by_cpu(default: Rendered, everything: Rendered) -> None:
    metrics = []
    for chart in (default, everything):
        scaler = chart.of("HorizontalPodAutoscaler")["gateway"]["spec"]
        assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway"}
        assert "replicas" not in chart.of("Deployment")["gateway"]["spec"]  # else every upgrade would undo the scaling
        (metric,) = scaler["metrics"]
        metrics.append(metric)
    assert metrics[0]["pods"]["metric"]["name"] == "ndxp_exchange_calls_in_flight"
    assert metrics[1]["resource"]["name"] == "cpu"


def test_without_scaling_there_are_as_many_gateways_as_values_say(cases: dict[str, Rendered]) -> None:
    bare = cases["bare"]
    assert not bare.of("HorizontalPodAutoscaler")
    assert bare.of("Deployment")["gateway"]["spec"]["replicas"] == 2


def places(chart: Rendered) -> dict[str, Place]:
    """Our pods, and others that might talk to them or be talked to."""
    own = {n: Place(n, t["metadata"]["labels"], NAMESPACE) for n, t in chart.templates.items()}
    others = [
        Place("redis", address="10.0.8.4"),
        Place("postgres", address="10.0.8.5"),
        Place("prometheus", {"app": "prometheus"}, "monitoring"),
        Place("collector", {"app": "jaeger"}, "tracing"),
        Place("dns", {"k8s-app": "kube-dns"}, "kube-system"),
        Place("member", {"app": "portal"}, "a-member", namespaced={"ndxp/member": "true"}),
        Place("visitor", {"app": "portal"}, "somebody"),
        Place("stranger", {"app": "stranger"}, NAMESPACE),
        Place("internet", address="203.0.113.7"),
    ]
    return own | {place.name: place for place in others}


def flows(chart: Rendered) -> set[tuple[str, str, int]]:
    """Every connection that the policies let pass between these places."""
    policies, there = list(chart.of("NetworkPolicy").values()), places(chart)
    listening = {name: set(ports(container).values()) for name, container in chart.containers.items()}
    outside = {
        "collector": {4317},
        "redis": {6379},
        "postgres": {5432},
        "prometheus": {9090},
        "member": {443},
        "internet": {443, 8443},
    }
    return {
        (source.name, to.name, port)
        for source in there.values()
        for to in there.values()
        for port in {**listening, **outside}.get(to.name, ())
        if source is not to and {source.name, to.name} & chart.templates.keys()
        if allowed(policies, source, to, port)
    }


ASKING = {part.label for part in PARTS.values() if part.asks}
"""The agencies that call others."""
CALLING = ASKING | {"member"}
ANYBODY = {"visitor", "stranger", "prometheus", "dns", "collector"}
"""Who has no business with the exchange: by default Envoy hears them, and asks for a token."""


def needed(agencies: dict[str, int], calling: set[str]) -> set[tuple[str, str, int]]:
    """Every connection that the exchange needs, and those that do no harm."""
    store = {(name, "redis", 6379) for name in ("gateway", "rest", "control", "recorder")}
    databases = {(name, "postgres", 5432) for name in ("control", "recorder", *agencies)}
    provided = {(name, agency, port) for agency, port in agencies.items() for name in ("gateway", "control")}
    called = {(name, "envoy", 50051) for name in calling | ANYBODY} | {(name, "control", 8080) for name in calling}
    called |= {(name, "envoy", 8081) for name in (calling | ANYBODY) - ASKING}  # an agency asks by gRPC
    called |= {("rest", "envoy", 50051), ("rest", "control", 8080), ("envoy", "rest", 8081)}
    called |= {("gateway", "rest", 50061), ("control", "rest", 50061)}
    watched = {("prometheus", name, 9464) for name in ("gateway", "rest", "control", "recorder", *agencies)}
    inside = {("envoy", "gateway", 50051), ("gateway", "control", 50060), ("prometheus", "envoy", 9902)}
    return store | databases | provided | called | watched | inside


OF_THE_CONSOLE = {("console", "envoy", 50051), ("console", "envoy", 8081), ("console", "control", 8080)}


def test_who_must_talk_may_and_nobody_else(default: Rendered) -> None:
    assert flows(default) == needed(AGENCIES, CALLING)


def test_the_load_test_reaches_what_a_caller_reaches_and_spans_the_collector(everything: Rendered) -> None:
    usual = needed({**AGENCIES, "museum": 50070}, CALLING | {"load", "load-worker"})
    secure = {(name, "envoy", port) for name in {"member"} | ANYBODY for port in (50443, 8443)}
    traced = {(name, "collector", 4317) for name in ("gateway", "rest", "control", *AGENCIES, "museum")}
    more = {("load-worker", "load", 5557), ("rest", "internet", 8443)}
    assert flows(everything) == usual | secure | traced | more | OF_THE_CONSOLE


def test_the_console_reaches_envoy_and_control_and_nobody_reaches_it(everything: Rendered, default: Rendered) -> None:
    assert {flow for flow in flows(everything) if "console" in flow} == OF_THE_CONSOLE
    assert "console" not in default.templates


def test_the_console_has_the_certificate_and_the_credentials_that_values_name(everything: Rendered) -> None:
    given, places = everything.environment("console"), mounted(everything, "console")
    assert places["/run/tls"]["secret"]["secretName"] == "console-certificate"
    assert places["/run/ndxp"]["secret"]["secretName"] == "operator-credentials"
    assert given["NDXP_CONSOLE_TLS_FOLDER"] == "/run/tls"
    assert f"--folder {given['NDXP_RUN_FOLDER']} " in everything.containers["console"]["command"][-1]
    assert "ndxp console --no-browser --role auditor" in everything.notes
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = everything.containers["console"][kind]["httpGet"]
        assert probe == {"path": HEALTH, "port": "https", "scheme": "HTTPS"}


def test_secrets_that_change_are_read_where_they_are_mounted(everything: Rendered) -> None:
    attached = everything.text.count("ndxp attach envoy:50051")
    assert attached == everything.text.count("&& ln -sf /run/ndxp/credentials.json /tmp/ndxp/")
    assert attached >= 2


def test_an_empty_list_means_nobody(cases: dict[str, Rendered]) -> None:
    found = flows(cases["closed"])
    assert {source for source, to, _ in found if to == "envoy"} == ASKING | {"rest"} > {"health-insurance", "passports"}
    assert not [flow for flow in found if "prometheus" in flow or "redis" in flow]


def test_everybody_may_ask_for_names(default: Rendered) -> None:
    policies, there = list(default.of("NetworkPolicy").values()), places(default)
    assert all(allowed(policies, there[name], there["dns"], 53, "UDP") for name in default.templates)


def test_policies_can_be_left_to_somebody_else(cases: dict[str, Rendered]) -> None:
    assert not cases["bare"].of("NetworkPolicy")


def mounted(chart: Rendered, name: str) -> dict[str, Object]:
    """The volumes of a pod by the path where they are."""
    volumes = {volume["name"]: volume for volume in chart.templates[name]["spec"]["volumes"]}
    return {m["mountPath"]: volumes[m["name"]] for m in chart.containers[name]["volumeMounts"]}


def test_an_agency_can_read_its_own_secret_and_nobody_elses(chart: Rendered) -> None:
    handed_out = json.loads(chart.environment("control")["NDXP_HANDED_OUT"])
    for subsystem, file in handed_out.items():
        name = Path(file).name.removesuffix(".credentials.json")
        first, *_ = [each for each, where in handed_out.items() if where == file]
        assert subsystem.rpartition("/")[2] == first.rpartition("/")[2]
        assert json.loads(chart.environment(name)["NDXP_ADDRESSES"]).keys() == {first}
        assert mounted(chart, name).keys() == {"/tmp", "/run/ndxp"}  # noqa: S108
        assert mounted(chart, name)["/run/ndxp"]["secret"]["secretName"] == f"{name}-credentials"
        assert chart.environment(name)["NDXP_CREDENTIALS"] == "/run/ndxp/credentials.json"
        assert chart.environment(name)["NDXP_DATABASE_URL"] == f"{name}-database/url"
        assert name in chart.notes


def test_the_keys_are_control_and_recorders_alone(chart: Rendered) -> None:
    holders = {n for n in chart.templates if any("persistentVolumeClaim" in v for v in mounted(chart, n).values())}
    assert holders == {"control", "recorder"}
    assert chart.of("Deployment")["control"]["spec"]["strategy"] == {"type": "Recreate"}
    assert chart.of("PersistentVolumeClaim")["keys"]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_who_shares_a_volume_of_one_node_is_on_that_node(default: Rendered, everything: Rendered) -> None:
    together = default.templates["control"]["spec"]["affinity"]
    assert default.templates["recorder"]["spec"]["affinity"] == together
    (term,) = together["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    chosen = term["labelSelector"]["matchLabels"].items()
    # The first of them finds no other, and is let in because it is one of those it looks for.
    holders = {n for n, template in default.templates.items() if chosen <= template["metadata"]["labels"].items()}
    assert holders == {"control", "recorder"}
    assert "affinity" not in everything.templates["recorder"]["spec"]


def test_gateways_look_for_agencies_where_they_listen(chart: Rendered) -> None:
    for name in ("gateway", "control"):
        addresses = json.loads(chart.environment(name)["NDXP_ADDRESSES"])
        assert addresses.pop(directory.SUBSYSTEM) == "control:50060"
        for subsystem, address in addresses.items():
            agency, _, port = address.partition(":")
            assert chart.of("Service")[agency]["spec"]["clusterIP"] == "None"
            first = next(each for each, where in addresses.items() if where == address)
            assert subsystem.rpartition("/")[2] == first.rpartition("/")[2]
            assert json.loads(chart.environment(agency)["NDXP_ADDRESSES"]) == {first: f"0.0.0.0:{port}"}


def test_where_pods_have_ipv6_everything_listens_there_too(cases: dict[str, Rendered]) -> None:
    chart = cases["ipv6"]
    assert "0.0.0.0:" not in chart.text
    for name in ("gateway", "rest", "control", "recorder", *AGENCIES):
        given = chart.environment(name)
        told = {key: address for key, address in given.items() if key.endswith("_ADDRESS")}
        if name != "rest":  # the others are told where the adapter is
            assert told.pop("NDXP_ADAPTER_ADDRESS", "rest:50061") == "rest:50061"
        listens = list(told.values())
        listens += json.loads(given["NDXP_ADDRESSES"]).values() if name in AGENCIES else []
        assert listens
        assert all(Address.parse(address, listening=True).host == "::" for address in listens)
    envoy = yaml.safe_load(chart.of("ConfigMap")["envoy"]["data"]["envoy.yaml"])["static_resources"]
    named = [each["name"] for each in envoy["listeners"]]
    assert named == ["exchange", "exchange-tls", "doors", "doors-tls", "watch"]
    for listener in envoy["listeners"]:
        at = listener["address"]["socket_address"]
        assert (at["address"], at["ipv4_compat"]) == ("::", True)
    families = {each["name"]: each.get("dns_lookup_family") for each in envoy["clusters"]}
    assert families == {"gateway": "AUTO", "rest": "AUTO", "admin": None}


def test_policies_let_connections_go_to_databases_of_both_families(default: Rendered) -> None:
    for name in ("control", "recorder"):
        to = default.of("NetworkPolicy")[name]["spec"]["egress"]
        blocks = {peer["ipBlock"]["cidr"] for rule in to for peer in rule["to"] if "ipBlock" in peer}
        assert blocks == {"0.0.0.0/0", "::/0"}


def test_agencies_are_those_of_the_compose_file(default: Rendered) -> None:
    for name in ("gateway", "control"):
        expected = json.loads(COMPOSE[name]["environment"]["NDXP_ADDRESSES"])
        assert json.loads(default.environment(name)["NDXP_ADDRESSES"]) == expected


def test_the_guide_makes_the_secrets_that_the_pods_of_every_agency_wait_for(default: Rendered, tmp_path: Path) -> None:
    for name in ("psql", "kubectl", "helm"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "$0 $*" >>"{tmp_path}/done"\n', encoding="utf-8")
        (tmp_path / name).chmod(0o700)
    guide = (ROOT / "docs/guides/kubernetes.md").read_text(encoding="utf-8").partition("**5. Use it.**")[0]
    steps = "\n".join(re.findall(r"(?s)```bash\n(.*?)```", guide))
    known = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-euc", f"REDIS_PASSWORD=1\n{steps}"], cwd=ROOT, env=known, check=True, timeout=60)  # noqa: S607
    done = (tmp_path / "done").read_text(encoding="utf-8")
    assert set(re.findall(r" -v name=(\w+)", done)) == {"ledger", *PARTS}
    made = re.findall(r"kubectl create secret generic (\S+) --from-\S+=(\w+)", done)
    wanted = {"redis", "ledger-database"}
    for name in AGENCIES:
        wanted |= {default.environment(name)["NDXP_DATABASE_URL"].removesuffix("/url"), f"{name}-credentials"}
    assert {secret for secret, _ in made} == wanted
    assert len(set(re.findall(r"postgresql\+psycopg://\w+:([0-9a-f]{48})@", done))) == len(AGENCIES) + 1


def test_envoy_reads_the_file_that_it_reads_in_compose(default: Rendered) -> None:
    source, target, _ = COMPOSE["envoy"]["volumes"][0].split(":")
    there = yaml.safe_load((ROOT / source).read_text(encoding="utf-8"))
    listeners = there["static_resources"]["listeners"]
    there["static_resources"]["listeners"] = [each for each in listeners if not each["name"].endswith("-tls")]
    assert yaml.safe_load(default.of("ConfigMap")["envoy"]["data"][Path(target).name]) == there
    assert mounted(default, "envoy")[str(Path(target).parent)]["configMap"]["name"] == "envoy"
    assert target in default.containers["envoy"]["command"]
    gateway = default.of("Service")["gateway"]["spec"]  # Envoy's file names it
    assert (gateway["clusterIP"], gateway["publishNotReadyAddresses"]) == ("None", True)


def test_envoy_takes_tls_where_values_name_a_certificate(everything: Rendered) -> None:
    source, target, _ = COMPOSE["envoy"]["volumes"][0].split(":")
    rendered = yaml.safe_load(everything.of("ConfigMap")["envoy"]["data"][Path(target).name])
    assert rendered == yaml.safe_load((ROOT / source).read_text(encoding="utf-8"))
    secret = mounted(everything, "envoy")["/run/tls"]["secret"]
    assert secret == {"secretName": "exchange-certificate", "defaultMode": 0o440}


def test_prometheus_finds_every_process(default: Rendered, everything: Rendered) -> None:
    for name, template in default.templates.items():
        annotations = template["metadata"]["annotations"]
        assert int(annotations["prometheus.io/port"]) in ports(default.containers[name])
    monitor = everything.of("PodMonitor")["ndxp"]["spec"]
    assert {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]} == {"metrics", "watch"}
    added = {rule["targetLabel"]: rule for rule in monitor["podMetricsEndpoints"][0]["relabelings"]}
    assert added.keys() == {"job", "process"}
    assert added["job"]["replacement"] == "ndxp"


def test_a_load_test_is_another_job_in_every_revision(everything: Rendered, default: Rendered) -> None:
    jobs = everything.of("Job")
    assert jobs.keys() == {"load-1", "load-worker-1"}
    assert jobs["load-worker-1"]["spec"]["parallelism"] == 2
    arguments = everything.containers["load"]["args"]
    assert profiles.load(arguments[arguments.index("--profile") + 1])
    assert arguments[arguments.index("--expect-workers") + 1] == "2"
    assert arguments[1] == COMPOSE["load"]["command"][1]
    assert not default.of("Job")
