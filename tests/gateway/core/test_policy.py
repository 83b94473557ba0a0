"""Who may call what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import policy
from gateway.core.policy import authorise, choose_service
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from ndxp.errors import Reason, Refusal
from tests.descriptors import contract

DEMO, COPY = "demo.v1.Demo", "demo.v1.Copy"
PROVIDER, OTHER = "VN/GOV/G01/demo", "VN/GOV/G02/demo"
CLIENT = "VN/GOV/H26/one-stop"
MEMBERS = [
    Member(id="VN/GOV/G01", name="Provider", subsystems=["demo"]),
    Member(id="VN/GOV/G02", name="Other", subsystems=["demo"]),
    Member(id="VN/GOV/H26", name="Hà Nội", groups=["provinces"], subsystems=["one-stop", "hospital"]),
    Member(id="VN/COM/99", name="Company", groups=["companies"], subsystems=["ekyc"]),
]
SERVICES = [
    Service(provider=PROVIDER, contract=DEMO, address="h:1"),
    Service(provider=PROVIDER, contract=COPY, address="h:1"),
    Service(provider=OTHER, contract=COPY, address="h:2"),
]


def snapshot(*grants: Grant) -> Snapshot:
    registry = Registry(instance="VN", members=MEMBERS, services=SERVICES, grants=list(grants))
    return Snapshot(registry, {DEMO: contract("demo.v1", "Demo", "Get", "GetAll", "Put")})


def grant(consumer: str, *methods: str, grant_id: str = "g", provider: str = PROVIDER, on: str = DEMO) -> Grant:
    return Grant(id=grant_id, consumer=consumer, provider=provider, contract=on, methods=list(methods))


def refused(*grants: Grant, client: str = CLIENT, method: str = "Get") -> Refusal:
    known = snapshot(*grants)
    with pytest.raises(Refusal) as raised:
        authorise(known, client, known.providers[DEMO][PROVIDER], f"{DEMO}/{method}")
    assert raised.value.reason is Reason.ACCESS_DENIED
    return raised.value


@pytest.mark.parametrize(
    ("consumer", "client", "allowed"),
    [
        (CLIENT, CLIENT, True),
        (CLIENT, "VN/GOV/H26/hospital", False),
        ("VN/GOV/H26", CLIENT, True),
        ("VN/GOV/H26", "VN/GOV/H26/hospital", True),
        ("VN/GOV/H26", "VN/COM/99/ekyc", False),
        ("group:provinces", CLIENT, True),
        ("group:provinces", "VN/COM/99/ekyc", False),
        ("group:provinces/hospital", "VN/GOV/H26/hospital", True),
        ("group:provinces/hospital", CLIENT, False),
        ("group:all", CLIENT, True),
        ("group:all", "VN/COM/99/ekyc", True),
        ("group:all", "VN/GOV/H99/one-stop", False),
        ("group:all/ekyc", "VN/COM/99/ekyc", True),
        ("group:all/ekyc", CLIENT, False),
        ("VN/GOV/H2", CLIENT, False),
    ],
)
def test_a_grant_is_for_whom_it_names(consumer: str, client: str, allowed: bool) -> None:
    given_grant = grant(consumer, "*")
    if allowed:
        known = snapshot(given_grant)
        assert authorise(known, client, known.providers[DEMO][PROVIDER], f"{DEMO}/Get") == given_grant
    else:
        refused(given_grant, client=client)


@pytest.mark.parametrize(
    ("patterns", "method", "allowed"),
    [
        (["Get"], "Get", True),
        (["Get"], "GetAll", False),
        (["Get*"], "GetAll", True),
        (["get"], "Get", False),
        (["Put", "Get"], "Get", True),
        (["*"], "Put", True),
        (["G?t"], "Get", True),
        (["[GP]et"], "Get", True),
        ([""], "Get", False),
    ],
)
def test_a_grant_is_for_the_methods_it_names(patterns: list[str], method: str, allowed: bool) -> None:
    given_grant = grant(CLIENT, *patterns)
    if allowed:
        known = snapshot(given_grant)
        assert authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/{method}") == given_grant
    else:
        refused(given_grant, method=method)


@given(client=st.text(max_size=40), method=st.text(max_size=40))
def test_without_a_grant_nobody_may_call_anything(client: str, method: str) -> None:
    refused(client=client, method=method)


@given(method=st.text(max_size=40))
def test_a_grant_of_another_provider_or_contract_does_not_help(method: str) -> None:
    refused(grant("group:all", "*", provider=OTHER), grant("group:all", "*", on=COPY), method=method)


def test_the_first_grant_that_fits_is_the_one_named() -> None:
    first, second = grant(CLIENT, "Put", grant_id="a"), grant("group:all", "Get", grant_id="b")
    known = snapshot(first, second)
    assert authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Get").id == "b"


def test_what_was_found_for_one_call_is_not_taken_for_another() -> None:
    known = snapshot(grant(CLIENT, "Get", grant_id="a"), grant("group:companies", "Put", grant_id="b"))
    demo = known.providers[DEMO][PROVIDER]
    for _ in range(2):
        assert authorise(known, CLIENT, demo, f"{DEMO}/Get").id == "a"
        assert authorise(known, "VN/COM/99/ekyc", demo, f"{DEMO}/Put").id == "b"
        for client, method in ((CLIENT, "Put"), ("VN/COM/99/ekyc", "Get")):
            with pytest.raises(Refusal, match="has no grant"):
                authorise(known, client, demo, f"{DEMO}/{method}")


def test_what_was_found_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_REMEMBERED", 2)
    known = snapshot(grant(CLIENT, "*"))
    for number in range(10):
        authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Method{number}")
        assert 1 <= len(known.granted) <= 2


@pytest.mark.parametrize(
    ("grants", "nearest"),
    [
        ([], "nobody has one"),
        ([grant(CLIENT, "Put", grant_id="mine")], "its grant mine is for Put"),
        ([grant("group:companies", "Get", grant_id="theirs")], "the nearest grant, theirs, is for group:companies"),
        ([grant("group:companies", "Put", grant_id="theirs")], "nobody has one"),
    ],
)
def test_a_denied_call_is_told_the_nearest_grant(grants: list[Grant], nearest: str) -> None:
    refusal = refused(*grants)
    assert refusal.message == f"{CLIENT} has no grant to call Get of {DEMO} at {PROVIDER}; {nearest}"
    assert refusal.metadata == {"client": CLIENT, "service": PROVIDER, "method": f"{DEMO}/Get"}


@pytest.mark.parametrize(
    ("method", "wanted", "provider"),
    [(f"{DEMO}/Get", "", PROVIDER), (f"{DEMO}/Get", PROVIDER, PROVIDER), (f"{COPY}/Anything", OTHER, OTHER)],
)
def test_a_call_means_the_named_or_only_provider(method: str, wanted: str, provider: str) -> None:
    assert choose_service(snapshot(), method, wanted).provider == provider


@pytest.mark.parametrize(
    ("method", "wanted", "reason", "says"),
    [
        ("demo.v1.None/Get", "", Reason.UNKNOWN_SERVICE, "no member offers 'demo.v1.None'"),
        ("", "", Reason.UNKNOWN_SERVICE, "no member offers ''"),
        (DEMO, "", Reason.UNKNOWN_SERVICE, "has no method ''; it has Get, GetAll, Put"),
        (f"{DEMO}/Delete", "", Reason.UNKNOWN_SERVICE, "has no method 'Delete'; it has Get, GetAll, Put"),
        (f"{COPY}/Get", "", Reason.UNKNOWN_PROVIDER, f"2 members offer {COPY}; name one in x-ndxp-service"),
        (f"{DEMO}/Get", OTHER, Reason.UNKNOWN_PROVIDER, f"{OTHER} does not offer {DEMO}"),
        (f"{DEMO}/Get", "nonsense", Reason.UNKNOWN_PROVIDER, f"nonsense does not offer {DEMO}"),
    ],
)
def test_a_call_of_nothing_that_is_offered_says_what_there_is(
    method: str, wanted: str, reason: Reason, says: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        choose_service(snapshot(), method, wanted)
    assert refusal.value.reason is reason
    assert says in refusal.value.message


def test_the_refusal_of_a_very_long_method_is_short() -> None:
    with pytest.raises(Refusal) as refusal:
        choose_service(snapshot(), "x" * 8000, "")
    assert len(refusal.value.message) + sum(map(len, refusal.value.metadata.values())) < 1000


@pytest.mark.parametrize("wanted", [OTHER, "VN:GOV:000.00.00.G02:demo", "VN:GOV:G02:demo"])
def test_a_provider_may_be_named_in_either_form(wanted: str) -> None:
    assert choose_service(snapshot(), f"{COPY}/Get", wanted).provider == OTHER
