"""The registry: what a file may say, and what its snapshot knows."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from google.protobuf import descriptor_pool
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.exchange_file import read_exchange, read_exchange_file
from gateway.core.registry import Quota, Registry, RegistryError, Snapshot, check_change, contract_methods, parse
from gateway.settings import ControlSettings
from ndxp.access_log.v1 import access_log_pb2
from ndxp.exchange.v1 import exchange_pb2
from ndxp.identifiers import Subsystem
from ndxp.language import ENGLISH
from ndxp.population.v1 import population_pb2
from ndxp.wire import metadata
from tests.support.agencies import PARTS
from tests.support.descriptors import file_set

CONTRACT, REST = "demo.v1.Demo", "ndxp.rest.v1.RestService"
FIELDS = {"services": {"rest"}, "grants": {"paths", "fields"}}


def small(**changes: Any) -> dict[str, Any]:
    return {
        "instance": "VN",
        "members": [
            {"id": "VN/GOV/H26", "name": "Hà Nội", "groups": ["provinces"], "subsystems": ["one-stop", "hospital"]},
            {"id": "VN/GOV/G01", "name": "Bộ Công an", "subsystems": ["population"]},
        ],
        "services": [{"provider": "VN/GOV/G01/population", "contract": CONTRACT, "address": "127.0.0.1:1"}],
        "grants": [
            {
                "id": "g",
                "consumer": "group:provinces",
                "provider": "VN/GOV/G01/population",
                "contract": CONTRACT,
                "methods": ["*"],
            }
        ],
        **changes,
    }


def changed(part: str, **entry: Any) -> dict[str, Any]:
    """The small registry with the first entry of a part changed."""
    data = small()
    data[part][0] = {**data[part][0], **entry}
    return data


def rest(**entries: Any) -> dict[str, Any]:
    """The small registry with a provider of REST services, and a grant of them, that are changed in these fields."""
    service = {"provider": "VN/GOV/G01/population", "contract": REST, "address": "h:1", "rest": {"clinic": "http://h/"}}
    terms = {"consumer": "group:all", "provider": "VN/GOV/G01/population", "contract": REST, "methods": ["Get"]}
    data = small()
    for part, entry in (("services", service), ("grants", {"id": "r", **terms})):
        data[part].append({**entry, **{field: value for field, value in entries.items() if field in FIELDS[part]}})
    return data


def doubled(part: str) -> dict[str, Any]:
    data = small()
    data[part].append(data[part][0])
    return data


def test_a_small_registry_holds() -> None:
    assert len(parse(small()).members) == 2


@pytest.mark.parametrize(
    ("data", "place", "what"),
    [
        (small(membres=[]), "membres", "unknown field"),
        ([], "", "Expected `object`"),
        (None, "", "Expected `object`"),
        (changed("members", disabeld=True), "members[0]", "disabeld"),
        (changed("members", id="VN/GOV"), "members[0]", "expected 3"),
        (changed("members", id="VN/NGO/X"), "members[0]", "NGO"),
        (changed("members", name=7), "members[0].name", "Expected `str`"),
        (changed("members", name="x" * 201), "members[0].name", "at most 200"),
        (changed("members", groups=["provinces/hospital"]), "members[0].groups", "none of them /"),
        (changed("members", groups=[""]), "members[0].groups", "a group's name"),
        (changed("members", groups=["g" * 201]), "members[0].groups", "at most 200"),
        (changed("members", subsystems=["one stop"]), "members[0]", "one stop"),
        (changed("members", subsystems=["a", "a"]), "members[0]", "VN/GOV/H26/a is there twice"),
        (doubled("members"), "members[2]", "VN/GOV/H26 is there twice"),
        (changed("services", address="127.0.0.1"), "services[0].address", "host:port"),
        (changed("services", address="http://x:1"), "services[0].address", "host:port"),
        (changed("services", address="unix:1234"), "services[0].address", "host:port"),
        (changed("services", address=":99999"), "services[0].address", "host:port"),
        (changed("services", address="127.0.0.1:99999"), "services[0].address", "from 1 to 65535"),
        (changed("services", address="localhost:0"), "services[0].address", "from 1 to 65535"),
        (changed("services", address="a@b:80"), "services[0].address", "host:port"),
        (changed("services", address="::1:80"), "services[0].address", "host:port"),
        (changed("services", contract="Demo"), "services[0].contract", "full name"),
        (changed("services", provider="VN/GOV/G01/registry"), "services[0].provider", "VN/GOV/G01/registry"),
        (doubled("services"), "services[1]", "is there twice"),
        (changed("grants", consumer="group:provinzes"), "grants[0].consumer", "provinzes"),
        (changed("grants", consumer="VN/GOV/H99/one-stop"), "grants[0].consumer", "VN/GOV/H99/one-stop"),
        (changed("grants", provider="VN/GOV/G01/x"), "grants[0].provider", "VN/GOV/G01/x"),
        (changed("grants", methods=[]), "grants[0].methods", "length"),
        (changed("grants", method=["*"]), "grants[0]", "method"),
        (doubled("grants"), "grants[1]", "g is there twice"),
        (changed("grants", consumer="group:provinces/hospitl"), "grants[0].consumer", "provinces/hospitl"),
        (changed("grants", id="ä"), "grants[0].id", "letters, digits"),
        (changed("grants", methods=["Get Citizen"]), "grants[0].methods", "a pattern such as Get*"),
        (changed("grants", methods=["demo.v1.Demo/Get"]), "grants[0].methods", "a method's name"),
        (changed("grants", purposes=["khám bệnh"]), "grants[0].purposes", "printable ASCII"),
        (changed("grants", purposes=[""]), "grants[0].purposes", "x-ndxp-purpose"),
        (changed("grants", purposes=["x" * 201] * 5), "grants[0].purposes", "make several grants of it"),
        (changed("grants", purposes="care"), "grants[0].purposes", "array"),
        (changed("grants", fields=["citizen.fullName()"]), "grants[0].fields", "citizen.full_name"),
        (changed("grants", fields=["citizen..name"]), "grants[0].fields", "citizen.full_name"),
        (changed("grants", fields=["x" * 100] * 21), "grants[0].fields", "name a whole message instead"),
        (changed("grants", valid_from="tomorrow"), "grants[0].valid_from", "neither a date (2026-12-31) nor"),
        (changed("grants", valid_from="２０２６-01-01"), "grants[0].valid_from", "neither a date"),
        (changed("grants", valid_until="2026-02-30"), "grants[0].valid_until", "day is out of range"),
        (changed("grants", valid_until="2026-02-20T10:00:00"), "grants[0].valid_until", "nor an instant"),
        (changed("grants", valid_from="2026-02-02", valid_until="2026-02-01"), "grants[0]", "it would never hold"),
        (changed("grants", valid_from="2026-02-01T00:00:00Z", valid_until="2026-01-31"), "grants[0]", "never hold"),
        (changed("services", rest={"clinic": "http://h/"}), "services[0].rest", f"belong to the contract {REST}"),
        (changed("grants", paths=["/clinic/x"]), "grants[0].paths", f"only a grant of {REST} has paths"),
        (rest(rest={}), "services[1].rest", "there must be 1 to 200"),
        (rest(rest={f"c{number}": "http://h/" for number in range(201)}), "services[1].rest", "201 REST services"),
        (rest(rest={"a/b": "http://h/"}), "services[1].rest", "'a/b': a code has 1 to 64"),
        (rest(rest={"clinic": "ftp://h/"}), "services[1].rest.clinic", "http:// or https://"),
        (rest(rest={"clinic": "http://u:p@h/"}), "services[1].rest.clinic", "may not have a user or a password"),
        (rest(fields=["head"]), "grants[1].fields", "cannot withhold fields"),
        (rest(paths=["/clinic/../x"]), "grants[1].paths", "canonical"),
        (rest(paths=["/clinic/a*"]), "grants[1].paths", "* stands for a whole segment"),
        (rest(paths=["/clinic/" + "x" * 1000] * 2), "grants[1].paths", "make several grants"),
        (small(quotas={"VN/GOV/H26/x": {}}), "quotas", "VN/GOV/H26/x"),
        (small(quotas={"default": {"rate": 0}}), "quotas", ">= 0.001"),
        (small(quotas={"default": {"burst": 0}}), "quotas", ">= 1"),
        (small(quotas={"default": {"rates": 1}}), "quotas", "rates"),
    ],
)
def test_a_registry_that_does_not_hold_is_refused_with_place_and_fault(data: Any, place: str, what: str) -> None:
    with pytest.raises(RegistryError) as refused:
        parse(data)
    assert place in str(refused.value)
    assert what in str(refused.value)


def test_a_provider_of_rest_services_and_a_grant_of_their_paths_hold() -> None:
    made = parse(rest(paths=["/clinic/patients/*", "/clinic/visits/**"]))
    assert made.grants[1].terms(ENGLISH) == "for the paths /clinic/patients/*, /clinic/visits/**"
    service = made.services[1]
    assert service.listens_at({service.provider: "agency:1"}) == "h:1"
    assert service.listens_at({service.provider: "agency:1", REST: "adapter:1"}) == "adapter:1"


@pytest.mark.parametrize("address", ["[::1]:45901", "127.0.0.1:1", "population.example:50061", "population:65535"])
def test_every_form_of_address_is_taken(address: str) -> None:
    assert parse(changed("services", address=address)).services[0].address == address


@pytest.mark.parametrize("consumer", ["VN/GOV/H26", "VN/GOV/H26/one-stop", "group:all", "group:provinces/hospital"])
def test_every_form_of_consumer_is_taken(consumer: str) -> None:
    assert parse(changed("grants", consumer=consumer)).grants[0].consumer == consumer


@pytest.mark.parametrize("text", ["members: [\n", "x: !!bool y", f"x: {'9' * 5000}", "[" * 5000, "\0"])
def test_a_file_that_is_no_yaml_is_refused_with_its_name_on_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exchange.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError) as refused:
        read_exchange_file(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="nowhere.yaml"):
        read_exchange_file(tmp_path / "nowhere.yaml")


def test_a_date_without_quotes_is_a_text_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "exchange.yaml"
    path.write_text(
        yaml.safe_dump(changed("grants", valid_from="2026-01-01")).replace("'2026-01-01'", "2026-01-01"),
        encoding="utf-8",
    )
    assert "valid_from: 2026-01-01\n" in path.read_text(encoding="utf-8")
    assert read_exchange_file(path).grants[0].valid_from == "2026-01-01"


WORDS = st.text(max_size=40)
MOMENTS = st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d))?", fullmatch=True)


@given(terms=st.fixed_dictionaries({}, optional={
    "id": WORDS, "consumer": WORDS, "methods": st.lists(WORDS), "purposes": st.lists(WORDS), "fields": st.lists(WORDS),
    "valid_from": WORDS | MOMENTS, "valid_until": WORDS | MOMENTS, "basis": WORDS,
}), now=st.floats(-1e11, 1e12))  # fmt: skip
def test_whatever_a_grant_says_it_holds_or_is_refused_and_what_holds_can_be_decided_with(
    terms: dict[str, Any], now: float
) -> None:
    try:
        registry = parse(changed("grants", **terms))
    except RegistryError:
        return
    [grant] = registry.grants
    Snapshot(registry, {}).granted(now)
    assert metadata.read([(metadata.PURPOSE, purpose) for purpose in grant.purposes[:1]]) is not None
    assert all(grant.serves(purpose) for purpose in grant.purposes)


POPULATION = "ndxp.population.v1.PopulationService"


def granted(*methods: str, fields: list[str]) -> Registry:
    """The small registry with a grant for the population database."""
    entry = {"contract": POPULATION, "methods": list(methods), "fields": fields}
    return parse(changed("grants", **entry))


@pytest.mark.parametrize(
    ("methods", "fields", "says"),
    [
        (["GetCitizen"], ["citizen.full_name", "citizen.father", "citizen.father.full_name"], ""),
        (["GetCitizen", "RegisterBirth"], ["citizen.full_name"], ""),
        (["ListHousehold"], ["household_number", "members.full_name"], ""),
        (["WatchChanges"], ["registered_at.seconds"], ""),
        (["*"], [], ""),
        (["GetCitizn"], [], "no method of ndxp.population.v1.PopulationService fits 'GetCitizn'; it has BatchVerify"),
        (["Get*", "Gte*"], [], "fits 'Gte*'"),
        (["GetCitizen"], ["citizen.fullname"], "Citizen in the answer of GetCitizen has no field 'fullname'"),
        (["GetCitizen"], ["full_name"], "GetCitizenResponse in the answer of GetCitizen has no field 'full_name'"),
        (["GetCitizen"], ["citizen.full_name.first"], "full_name is not a message, so that it has no field 'first'"),
        (["GetCitizen", "ListHousehold"], ["citizen"], "answers a grant of their own"),
        (["*"], ["citizen"], "has no field 'citizen'"),
    ],
)
def test_a_new_grant_is_held_against_the_contract(methods: list[str], fields: list[str], says: str) -> None:
    contracts = {POPULATION: file_set(population_pb2.DESCRIPTOR)}
    before, after = parse(small()), granted(*methods, fields=fields)
    check_change(before, after, {})
    check_change(after, after, contracts)
    if says:
        with pytest.raises(RegistryError) as refused:
            check_change(before, after, contracts)
        assert "grants[0] (g)" in str(refused.value)
        assert says in str(refused.value)
    else:
        check_change(before, after, contracts)


def with_fault(**changes: Any) -> Registry:
    fault = {"id": "f", "do": "delay=1s", "valid_until": "2099-12-31", **changes}
    service = {"provider": "VN/GOV/G01/population", "contract": POPULATION, "address": "127.0.0.1:1"}
    return parse(small(services=[service], grants=[], faults=[fault]))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"methods": ["Get*", "VerifyCitizen"]}, ""),
        (
            {"methods": ["VerifyCitzen"]},
            "methods: no method of any service fits 'VerifyCitzen'; did you mean 'VerifyCitizen'?",
        ),
        (
            {"methods": ["Frobnicate*"], "contract": POPULATION},
            f"methods: no method of {POPULATION} fits 'Frobnicate*'",
        ),
        (
            {"methods": ["Zzz"], "provider": "VN/GOV/G01/population"},
            "methods: no method of VN/GOV/G01/population fits 'Zzz'",
        ),
        ({"provider": "VN/GOV/H26/one-stop"}, "provider: 'VN/GOV/H26/one-stop' does not offer a service; see `ndxp"),
        ({"contract": "demo.v1.Nobody"}, "contract: nobody offers 'demo.v1.Nobody'; see `ndxp services`"),
    ],
)
def test_a_new_fault_is_held_against_what_is_offered(changes: dict[str, Any], says: str) -> None:
    contracts = {POPULATION: file_set(population_pb2.DESCRIPTOR)}
    after = with_fault(**changes)
    before = msgspec.structs.replace(after, faults=[])
    if changes.get("methods"):
        check_change(before, after, {})
    check_change(after, after, contracts)
    if says:
        with pytest.raises(RegistryError) as refused:
            check_change(before, after, contracts)
        assert str(refused.value).startswith(f"faults[0] (f).{says}")
    else:
        check_change(before, after, contracts)


def test_a_fault_that_is_there_keeps_nobody_from_removing_its_service() -> None:
    before = with_fault(contract=POPULATION)
    check_change(before, msgspec.structs.replace(before, services=[]), {})


def test_a_file_may_have_faults_for_the_agencies_that_it_names(tmp_path: Path) -> None:
    exchange = {
        **small(services=[], grants=[]), "agencies": ["population"],
        "faults": [{"id": "f", "do": "delay=1s", "valid_until": "2099-12-31", "contract": POPULATION}],
    }  # fmt: skip
    path = tmp_path / "exchange.yaml"
    path.write_text(yaml.safe_dump(exchange, allow_unicode=True), encoding="utf-8")
    registry = read_exchange_file(path, ControlSettings().agencies_folder)
    check_change(Registry(instance="VN"), registry, {})
    assert [fault.id for fault in registry.faults] == ["f"]


@pytest.fixture(scope="module")
def default() -> Registry:
    return read_exchange(ControlSettings())


def in_group(registry: Registry, group: str) -> list[str]:
    return [member.id for member in registry.members if group in member.groups]


@pytest.mark.parametrize(
    ("group", "count"), [("ministries", 28), ("central", 5), ("provinces", 63), ("companies", 4), ("lodgings", 2)]
)
def test_the_default_exchange_has_the_members_of_the_facts(default: Registry, group: str, count: int) -> None:
    assert len(in_group(default, group)) == count
    assert len(default.members) == 28 + 5 + 63 + 1 + 4 + 2


def test_thirteen_ministries_all_provinces_and_four_companies_are_connected(default: Registry) -> None:
    connected = set(in_group(default, "connected"))
    assert len(connected & set(in_group(default, "ministries"))) == 13
    assert connected > set(in_group(default, "provinces")) | set(in_group(default, "companies"))
    assert len(connected) == 13 + 63 + 4


def test_the_provinces_are_those_of_the_published_list(default: Registry) -> None:
    assert sorted(in_group(default, "provinces")) == [f"VN/GOV/H{number:02}" for number in range(1, 64)]


@pytest.mark.parametrize(
    ("provider", "contract"),
    [
        ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService"),
        ("VN/GOV/G24/health-insurance", "ndxp.health_insurance.v1.HealthInsuranceService"),
        ("VN/GOV/G01/passports", "ndxp.passports.v1.PassportService"),
        ("VN/GOV/G22/exchange", "ndxp.exchange.v1.ExchangeService"),
    ],
)
def test_the_default_exchange_offers_the_agencies(default: Registry, provider: str, contract: str) -> None:
    assert (provider, contract) in {(service.provider, service.contract) for service in default.services}


def test_the_grants_of_the_default_exchange_fit_the_contracts(default: Registry) -> None:
    own = {exchange_pb2.DESCRIPTOR, access_log_pb2.DESCRIPTOR}
    known = {contract for part in PARTS.values() for contract in part.contracts}
    known |= {service.full_name for file in own for service in file.services_by_name.values()}
    assert {service.contract for service in default.services} == known
    described = (descriptor_pool.Default().FindServiceByName(contract) for contract in known)
    contracts = {service.full_name: file_set(service.file) for service in described}
    check_change(Registry(instance="VN"), default, contracts)


def test_every_subsystem_of_the_default_exchange_has_an_ndxp_code(default: Registry) -> None:
    for name in Snapshot(default, {}).subsystems:
        assert str(Subsystem.parse(Subsystem.parse(name).ndxp_code)) == name


def test_a_snapshot_knows_every_name_under_which_a_subsystem_may_be_meant() -> None:
    assert Snapshot(parse(small()), {}).consumers("VN/GOV/H26/hospital") == {
        "VN/GOV/H26/hospital", "VN/GOV/H26", "group:provinces", "group:provinces/hospital", "group:all",
        "group:all/hospital",
    }  # fmt: skip


def test_a_stranger_has_no_name() -> None:
    assert Snapshot(parse(small()), {}).consumers("VN/GOV/H99/hospital") == frozenset()


def test_a_subsystem_has_its_own_quota_or_the_default() -> None:
    quotas = {"default": {"rate": 5}, "VN/GOV/H26/hospital": {"rate": 7}}
    snapshot = Snapshot(parse(small(quotas=quotas)), {})
    assert snapshot.quota("VN/GOV/H26/hospital").rate == 7
    assert snapshot.quota("VN/GOV/H26/one-stop").rate == 5
    assert Snapshot(parse(small()), {}).quota("VN/GOV/H26/one-stop") == Quota()


def test_the_kinds_of_methods_are_read_from_the_contract() -> None:
    files = file_set(access_log_pb2.DESCRIPTOR)
    methods = contract_methods(files, "ndxp.access_log.v1.AccessLogService")
    assert methods is not None
    assert methods["CountAccesses"].unary
    assert methods["CountAccesses"].read_only


def test_a_contract_that_is_not_in_the_files_is_not_known() -> None:
    assert contract_methods(file_set(access_log_pb2.DESCRIPTOR), CONTRACT) is None


def test_a_method_is_unknown_until_its_contract_is() -> None:
    snapshot = Snapshot(parse(small()), {})
    assert snapshot.method(f"{CONTRACT}/Get") is None
