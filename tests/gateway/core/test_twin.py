"""A twin may call what the subsystem may of which it is one, and leaves nothing behind."""

import pytest
from msgspec.structs import replace

from gateway.core.faults import Fault
from gateway.core.policy import authorise
from gateway.core.registry import Grant, Member, Quota, Registry, RegistryError, Service, Snapshot, check
from gateway.core.twin import with_twin, without_member, without_subsystem
from ndxp.errors import Refusal

PROVIDER, CONTRACT, OF, TWIN = "VN/GOV/G01/demo", "demo.v1.Demo", "VN/GOV/H26/one-stop", "VN/GOV/H26/test"


def grant(name: str, consumer: str, method: str) -> Grant:
    return Grant(name, consumer, PROVIDER, CONTRACT, [method])


REGISTRY = Registry(
    "VN",
    members=[
        Member("VN/GOV/G01", "1", subsystems=["demo"]),
        Member("VN/GOV/H26", "2", ["provinces"], ["one-stop", "hospital"]),
    ],
    services=[Service(PROVIDER, CONTRACT, "127.0.0.1:9")],
    grants=[
        grant("own", OF, "Own"), grant("of-group", "group:provinces/one-stop", "OfGroup"),
        grant("of-member", "VN/GOV/H26", "OfMember"), grant("of-all", "group:all", "OfAll"),
        grant("of-neighbour", "VN/GOV/H26/hospital", "OfNeighbour"),
    ],
    quotas={"default": Quota(), OF: Quota(rate=5)},
)  # fmt: skip


def may(registry: Registry, client: str, method: str) -> bool:
    snapshot = Snapshot(registry, {})
    try:
        service = snapshot.providers[CONTRACT][PROVIDER]
        authorise(snapshot, client, service, f"{CONTRACT}/{method}", purpose="", now=0, path="")
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("method", ["Own", "OfGroup", "OfMember", "OfAll", "OfNeighbour"])
def test_a_twin_may_call_exactly_what_its_original_may(method: str) -> None:
    after = with_twin(REGISTRY, OF, "test")
    check(after)
    assert may(after, TWIN, method) == may(after, OF, method) == (method != "OfNeighbour")


def test_a_twin_has_the_quota_of_its_original_or_its_own() -> None:
    assert Snapshot(with_twin(REGISTRY, OF, "test"), {}).quota(TWIN) == Quota(rate=5)
    assert Snapshot(with_twin(REGISTRY, OF, "test", Quota(rate=9)), {}).quota(TWIN) == Quota(rate=9)
    assert Snapshot(with_twin(REGISTRY, "VN/GOV/H26/hospital", "test"), {}).quota(TWIN) == Quota()


def test_what_its_original_gets_or_loses_a_twin_gets_or_loses_too() -> None:
    after = with_twin(REGISTRY, OF, "test")
    assert not may(replace(after, grants=[g for g in after.grants if g.id != "own"]), TWIN, "Own")
    assert may(replace(after, grants=[*after.grants, grant("new", OF, "New")]), TWIN, "New")


def test_a_twin_may_have_a_grant_and_a_twin_of_its_own() -> None:
    after = with_twin(with_twin(REGISTRY, OF, "test"), TWIN, "second")
    after = replace(after, grants=[*after.grants, grant("new", TWIN, "New")])
    check(after)
    assert may(after, TWIN, "New")
    assert may(after, "VN/GOV/H26/second", "New")
    assert may(after, "VN/GOV/H26/second", "Own")
    assert not may(after, OF, "New")


def test_a_fault_of_its_original_is_not_the_twins() -> None:
    snapshot = Snapshot(with_twin(REGISTRY, OF, "test"), {})
    assert OF in snapshot.consumers(TWIN)
    assert OF not in snapshot.names(TWIN)


def test_a_twin_whose_original_is_removed_stays_without_its_grants() -> None:
    before = with_twin(REGISTRY, "VN/GOV/H26/hospital", "test")
    assert may(before, TWIN, "OfNeighbour")
    after = without_subsystem(before, "VN/GOV/H26/hospital")
    check(after)
    assert not may(after, TWIN, "OfNeighbour")
    assert may(after, TWIN, "OfAll")


@pytest.mark.parametrize(
    "twins", [{"hospital": "hospital"}, {"one-stop": "hospital"}, {"nobody": "one-stop"}, {"hospital": "nobody"}]
)
def test_a_twin_stands_behind_its_original(twins: dict[str, str]) -> None:
    members = [replace(member, twins=twins) for member in REGISTRY.members[1:]]
    with pytest.raises(RegistryError, match=r"members\[0\].twins: .* stands before"):
        check(Registry("VN", members=members))


def test_a_twin_that_is_removed_leaves_the_registry_as_it_was() -> None:
    after = with_twin(REGISTRY, OF, "test")
    fault = Fault("f", "drop", "2099-12-31", consumer=TWIN)
    assert without_subsystem(replace(after, faults=[fault]), TWIN) == REGISTRY


@pytest.mark.parametrize(
    ("of", "name", "what"),
    [("VN/GOV/H26/nobody", "test", "is no subsystem"), (OF, "hospital", "already")],
)
def test_a_twin_of_nobody_or_with_a_name_that_is_taken_is_refused(of: str, name: str, what: str) -> None:
    with pytest.raises(RegistryError, match=what):
        with_twin(REGISTRY, of, name)


@pytest.mark.parametrize(("subsystem", "what"), [(PROVIDER, "offers demo.v1.Demo"), (TWIN, "is no subsystem")])
def test_who_offers_a_service_or_is_not_there_cannot_be_removed(subsystem: str, what: str) -> None:
    with pytest.raises(RegistryError, match=what):
        without_subsystem(REGISTRY, subsystem)


def test_a_member_that_is_removed_leaves_nothing_behind() -> None:
    company = "VN/COM/firm"
    named = Registry(
        "VN",
        members=[*REGISTRY.members, Member(company, "3", ["provinces"], ["app", "batch"])],
        services=REGISTRY.services,
        grants=[*REGISTRY.grants, grant("of-app", f"{company}/app", "Own"), grant("of-company", company, "Own")],
        quotas={**REGISTRY.quotas, company: Quota(rate=1), f"{company}/batch": Quota(rate=2)},
        faults=[Fault("f", "drop", "2099-12-31", consumer=company)],
    )
    check(named)
    assert without_member(named, company) == REGISTRY


@pytest.mark.parametrize(("member", "what"), [("VN/GOV/G01", "offers demo.v1.Demo"), (OF, "is no member")])
def test_a_member_who_offers_a_service_or_is_not_there_cannot_be_removed(member: str, what: str) -> None:
    with pytest.raises(RegistryError, match=what):
        without_member(REGISTRY, member)
