"""The policy compared with a second one: written for this test from the rules in words, slow and without memory."""

import re
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gateway.core import policy
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from ndxp.errors import Reason, Refusal

PROVIDERS = ["VN/GOV/G01/demo", "VN/GOV/G02/demo"]
CONTRACTS = ["demo.v1.Demo", "demo.v1.Copy"]
METHODS = ["Get", "GetAll", "Put", "List"]
PURPOSES = ["care", "tax", "school"]
DAYS = ["", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-02T06:00:00Z", "2026-01-02T12:00:00-05:00"]
MEMBERS = [
    Member(id="VN/GOV/G01", name="1", groups=["ministries"], subsystems=["demo", "tax"]),
    Member(id="VN/GOV/G02", name="2", groups=["ministries", "connected"], subsystems=["demo"]),
    Member(id="VN/GOV/H26", name="3", groups=["provinces", "connected"], subsystems=["one-stop", "hospital"]),
    Member(id="VN/COM/99", name="4", subsystems=["ekyc"]),
]
CLIENTS = [f"{member.id}/{name}" for member in MEMBERS for name in member.subsystems]
CONSUMERS = [
    *CLIENTS, *(member.id for member in MEMBERS), "group:all", "group:ministries", "group:provinces/hospital",
    "group:connected", "group:connected/demo", "group:all/ekyc",
]  # fmt: skip
PATTERNS = [*METHODS, "*", "Get*", "?et", "[GP]*"]

PATHS = ["/a/", "/a/x", "/a/x/y", "/a/y", "/b/x", "/b/x/y/z"]
PATTERNS_OF_PATHS = [*PATHS, "/a/*", "/a/**", "/a/*/y", "/b/*/**", "/b/**"]

grants = st.builds(
    Grant,
    id=st.just(""),
    consumer=st.sampled_from(CONSUMERS),
    provider=st.sampled_from(PROVIDERS),
    contract=st.sampled_from(CONTRACTS),
    methods=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
    purposes=st.just([]) | st.lists(st.sampled_from(PURPOSES), max_size=2),
    paths=st.just([]) | st.lists(st.sampled_from(PATTERNS_OF_PATHS), max_size=2),
    valid_from=st.sampled_from(DAYS),
    valid_until=st.sampled_from(DAYS),
)
calls = st.tuples(
    st.sampled_from([*CLIENTS, "VN/GOV/H99/one-stop"]),
    st.sampled_from(PROVIDERS),
    st.sampled_from(CONTRACTS),
    st.sampled_from(METHODS),
    st.sampled_from([*PURPOSES, "", "curiosity"]),
    st.sampled_from(PATHS),
    st.integers(0, 4 * 48),
)
START = datetime(2025, 12, 31, tzinfo=timezone(timedelta(hours=7)))


def may(
    grant: Grant, client: str, provider: str, contract: str, method: str, purpose: str, path: str, at: datetime
) -> bool:
    """The rules, one after the other."""
    if (grant.provider, grant.contract) != (provider, contract):
        return False
    member = next((member for member in MEMBERS if client.startswith(f"{member.id}/")), None)
    if member is None:
        return False
    subsystem = client.split("/")[3]
    if grant.consumer.startswith("group:"):
        group, slash, only = grant.consumer.removeprefix("group:").partition("/")
        if group != "all" and group not in member.groups:
            return False
        if slash and only != subsystem:
            return False
    elif grant.consumer not in (client, member.id):
        return False
    if not any(re.fullmatch(p.replace("*", ".*").replace("?", "."), method) for p in grant.methods):
        return False
    if not reaches(grant.paths, path) or (grant.purposes and purpose not in grant.purposes):
        return False
    if grant.valid_from and at < moment(grant.valid_from):
        return False
    last_day = timedelta(days=1) if len(grant.valid_until) == 10 else timedelta()
    return not (grant.valid_until and at >= moment(grant.valid_until) + last_day)


def reaches(paths: list[str], path: str) -> bool:
    patterns = [re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]+") for pattern in paths]
    return not paths or any(re.fullmatch(pattern, path) for pattern in patterns)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+07:00")


@given(given_grants=st.lists(grants, max_size=6), asked=st.lists(calls, min_size=1, max_size=12))
def test_two_policies_decide_alike(
    given_grants: list[Grant], asked: list[tuple[str, str, str, str, str, str, int]]
) -> None:
    registry = Registry(
        instance="VN",
        members=MEMBERS,
        services=[Service(provider=p, contract=c, address="h:1") for p in PROVIDERS for c in CONTRACTS],
        grants=[
            Grant(**{**{f: getattr(g, f) for f in Grant.__struct_fields__}, "id": str(number)})
            for number, g in enumerate(given_grants)
        ],
    )
    known = Snapshot(registry, {})
    for client, provider, contract, method, purpose, path, half_hours in asked * 2:
        at = START + timedelta(minutes=30 * half_hours)
        fitting = [g for g in registry.grants if may(g, client, provider, contract, method, purpose, path, at)]
        try:
            found: Grant | Reason = policy.authorise(
                known, client, known.providers[contract][provider], f"{contract}/{method}",
                purpose=purpose, now=at.timestamp(), path=path,
            )  # fmt: skip
        except Refusal as refusal:
            found = refusal.reason
        if fitting:
            assert found == fitting[0]
        else:
            otherwise = [
                may(g, client, provider, contract, method, p, path, at) for g in registry.grants for p in PURPOSES
            ]
            assert found is (Reason.PURPOSE_REQUIRED if any(otherwise) else Reason.ACCESS_DENIED)
