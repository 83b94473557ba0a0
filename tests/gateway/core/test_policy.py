"""Who may call what."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import policy
from gateway.core.endpoints import CONTRACT as REST
from gateway.core.policy import choose_service
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from ndxp.errors import Reason, Refusal
from tests.support.descriptors import contract

DEMO, COPY = "demo.v1.Demo", "demo.v1.Copy"
PROVIDER, OTHER = "VN/GOV/G01/demo", "VN/GOV/G02/demo"
CLIENT = "VN/GOV/H26/one-stop"
NOW = datetime.fromisoformat("2026-07-01T12:00:00+07:00").timestamp()
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


def grant(
    consumer: str, *methods: str, grant_id: str = "g", provider: str = PROVIDER, on: str = DEMO, **terms: Any
) -> Grant:
    return Grant(id=grant_id, consumer=consumer, provider=provider, contract=on, methods=list(methods), **terms)


def authorise(
    known: Snapshot, client: str, service: Service, method: str, *, purpose: str = "", now: float = NOW
) -> Grant:
    return policy.authorise(known, client, service, method, purpose=purpose, now=now)


def test_a_refusal_that_names_methods_stays_short_enough_to_arrive() -> None:
    names = [f"GetSomethingThatHasALongName{number}" for number in range(300)]
    registry = Registry(instance="VN", members=MEMBERS, services=SERVICES)
    with pytest.raises(Refusal) as raised:
        choose_service(Snapshot(registry, {DEMO: contract("demo.v1", "Demo", *names)}), f"{DEMO}/Get", "")
    assert len(raised.value.message) < 700
    assert f"it has {names[0]}, {names[1]}, " in raised.value.message
    refusal = refused(grant(CLIENT, *names))
    assert len(refusal.message) < 700
    assert refusal.message.endswith(" and more")


@pytest.mark.parametrize(("providers", "all_named"), [(63, True), (300, False)])
@pytest.mark.parametrize("wanted", ["", "VN/GOV/H00/one-stop"])
def test_a_refusal_of_a_provider_lists_those_who_offer_the_contract_and_arrives(
    providers: int, all_named: bool, wanted: str
) -> None:
    names = [f"VN/GOV/H{number:02}/one-stop" for number in range(1, providers + 1)]
    members = [Member(id=name.removesuffix("/one-stop"), name="Province", subsystems=["one-stop"]) for name in names]
    services = [Service(provider=name, contract=DEMO, address="h:1") for name in names]
    known = Snapshot(Registry(instance="VN", members=members, services=services), {})
    with pytest.raises(Refusal) as raised:
        choose_service(known, f"{DEMO}/Get", wanted)
    assert raised.value.reason is Reason.UNKNOWN_PROVIDER
    listed = raised.value.message.rpartition(": " if not wanted else "offered by ")[2]
    assert (listed == ", ".join(sorted(names))) is all_named
    assert listed.startswith(", ".join(sorted(names)[:60]))
    assert raised.value.message.endswith(" and more") is not all_named
    assert len(raised.value.message) < 2_200


def refused(
    *grants: Grant, client: str = CLIENT, method: str = "Get", purpose: str = "", reason: Reason = Reason.ACCESS_DENIED
) -> Refusal:
    known = snapshot(*grants)
    with pytest.raises(Refusal) as raised:
        authorise(known, client, known.providers[DEMO][PROVIDER], f"{DEMO}/{method}", purpose=purpose)
    assert raised.value.reason is reason
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
        assert 1 <= len(known.granted(NOW)) <= 2


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
    named = {"grant": grants[0].id} if grants and grants[0].id in nearest else {}
    assert refusal.metadata == {"client": CLIENT, "service": PROVIDER, "method": f"{DEMO}/Get", **named}


@pytest.mark.parametrize(
    ("purposes", "stated", "allowed"),
    [([], "", True), ([], "anything", True), (["care"], "care", True), (["care"], "", False), (["care"], "Care", False),
     (["care", "tax"], "tax", True), (["care"], "tax", False)],
)  # fmt: skip
def test_a_grant_with_purposes_is_for_calls_that_state_one_of_them(
    purposes: list[str], stated: str, allowed: bool
) -> None:
    given_grant = grant(CLIENT, "Get", purposes=purposes)
    if allowed:
        known = snapshot(given_grant)
        for _ in range(2):
            assert (
                authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Get", purpose=stated) == given_grant
            )
    else:
        refusal = refused(given_grant, purpose=stated, reason=Reason.PURPOSE_REQUIRED)
        assert refusal.message.endswith(f"its grant g asks for a purpose among {', '.join(purposes)}")
        assert refusal.metadata["purposes"] == ", ".join(purposes)


@pytest.mark.parametrize(
    ("terms", "lacks"),
    [
        ({"valid_from": "2026-07-01"}, ""),
        ({"valid_until": "2026-07-01"}, ""),
        ({"valid_from": "2026-07-02"}, "is not valid before 2026-07-02"),
        ({"valid_until": "2026-06-30"}, "was valid until 2026-06-30"),
        ({"valid_from": "2026-07-01T12:00:00+07:00"}, ""),
        ({"valid_from": "2026-07-01T05:00:00.000001Z"}, "is not valid before 2026-07-01T05:00:00.000001Z"),
        ({"valid_until": "2026-07-01T05:00:00Z"}, "was valid until 2026-07-01T05:00:00Z"),
        ({"valid_until": "2026-07-01T12:00:01+07:00"}, ""),
        (
            {"valid_until": "2026-06-30", "purposes": ["care"]},
            "was valid until 2026-06-30 and asks for a purpose among care",
        ),
    ],
)
def test_a_grant_holds_from_its_first_moment_to_the_end_of_its_last_day(terms: dict[str, Any], lacks: str) -> None:
    given_grant = grant(CLIENT, "Get", **terms)
    if lacks:
        assert refused(given_grant).message.endswith(f"its grant g {lacks}")
    else:
        known = snapshot(given_grant)
        assert authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Get") == given_grant


def test_what_was_found_is_forgotten_when_the_validity_of_a_grant_turns() -> None:
    known = snapshot(
        grant(CLIENT, "Get", grant_id="this-year", valid_from="2026-01-01", valid_until="2026-12-31"),
        grant(CLIENT, "Get", grant_id="always"),
    )
    demo = known.providers[DEMO][PROVIDER]

    def found(day: str) -> str:
        return authorise(known, CLIENT, demo, f"{DEMO}/Get", now=datetime.fromisoformat(f"{day}+07:00").timestamp()).id

    days = ("2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-12-31T23:59:59", "2027-01-01T00:00:00")
    for _ in range(2):  # a clock may go back
        assert [found(day) for day in days] == ["always", "this-year", "this-year", "always"]


def test_purposes_that_no_grant_asks_for_take_no_room_in_what_is_remembered() -> None:
    known = snapshot(grant(CLIENT, "Get"), grant("group:companies", "Get", purposes=["care"]))
    for number in range(10):
        authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Get", purpose=f"purpose {number}")
    assert len(known.granted(NOW)) == 1


def test_of_several_grants_that_fit_the_first_in_the_registry_is_taken() -> None:
    broad, narrow = grant(CLIENT, "*", grant_id="broad"), grant(CLIENT, "Get", grant_id="narrow", fields=["name"])
    for first, second in ((broad, narrow), (narrow, broad)):
        known = snapshot(first, second)
        assert authorise(known, CLIENT, known.providers[DEMO][PROVIDER], f"{DEMO}/Get") == first


def test_a_grant_that_lacks_the_purpose_only_is_nearer_than_one_that_is_over() -> None:
    over = grant(CLIENT, "Get", grant_id="over", valid_until="2025-12-31")
    waiting = grant(CLIENT, "Get", grant_id="waiting", purposes=["care"])
    assert refused(over, waiting, reason=Reason.PURPOSE_REQUIRED).metadata["grant"] == "waiting"


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


REST_SERVICE = Service(
    provider=PROVIDER, contract=REST, address="h:3", rest={"clinic": "http://h:8000", "labs": "http://h:8001"}
)


def rest(*paths: str, grant_id: str = "g", methods: tuple[str, ...] = ("Get",), **terms: Any) -> Grant:
    return grant(CLIENT, *methods, grant_id=grant_id, on=REST, paths=list(paths), **terms)


def rest_snapshot(*grants: Grant) -> Snapshot:
    return Snapshot(Registry(instance="VN", members=MEMBERS, services=[REST_SERVICE], grants=list(grants)), {})


def by_path(known: Snapshot, path: str, *, method: str = "Get", purpose: str = "") -> str:
    """The grant for a call of a REST service, or the refusal's text."""
    try:
        found = policy.authorise(known, CLIENT, REST_SERVICE, f"{REST}/{method}", purpose=purpose, now=NOW, path=path)
    except Refusal as refusal:
        return refusal.message
    return found.id


def test_a_grant_without_paths_is_for_every_path() -> None:
    known = rest_snapshot(rest())
    assert by_path(known, "/clinic/patients/7") == by_path(known, "/labs/") == "g"


def test_a_grant_with_paths_is_for_these() -> None:
    known = rest_snapshot(rest("/clinic/patients/*", "/labs/**"))
    assert by_path(known, "/clinic/patients/7") == by_path(known, "/labs/x/y") == "g"
    for other in ("/clinic/patients", "/clinic/patients/7/visits", "/clinic/Patients/7", "/clinic/"):
        assert "no grant" in by_path(known, other)


def test_the_refusal_of_a_path_names_the_nearest_grant_and_its_paths() -> None:
    known = rest_snapshot(rest("/clinic/x", grant_id="put", methods=("Put",)), rest("/clinic/patients/*", "/labs/a"))
    assert by_path(known, "/labs/b") == (
        f"{CLIENT} has no grant to call Get of {REST} at {PROVIDER}; its grant g is for the paths "
        "/clinic/patients/*, /labs/a"
    )


def test_a_grant_that_lacks_only_the_purpose_is_nearer_than_one_that_lacks_the_path() -> None:
    known = rest_snapshot(rest("/clinic/a", grant_id="a"), rest("/clinic/b", grant_id="b", purposes=["care"]))
    assert "its grant b asks for a purpose among care" in by_path(known, "/clinic/b")
    assert "its grant a is for the paths /clinic/a" in by_path(known, "/clinic/c")
    assert by_path(known, "/clinic/b", purpose="care") == "b"


def test_a_purpose_alone_does_not_help_where_the_path_is_not_granted_either() -> None:
    known = rest_snapshot(rest("/clinic/b", grant_id="b", purposes=["care"]))
    refused = by_path(known, "/clinic/c")
    assert "is for the paths /clinic/b and asks for a purpose among care" in refused
    with pytest.raises(Refusal) as raised:
        policy.authorise(known, CLIENT, REST_SERVICE, f"{REST}/Get", purpose="", now=NOW, path="/clinic/c")
    assert raised.value.reason is Reason.ACCESS_DENIED


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_grants_the_first_that_has_the_path_counts_whatever_was_asked_before(turned: bool) -> None:
    known = rest_snapshot(
        rest("/clinic/a", grant_id="a"), rest("/clinic/a", "/clinic/b", grant_id="b"), rest(grant_id="all")
    )
    wanted = {"/clinic/a": "a", "/clinic/b": "b", "/clinic/c": "all"}
    for path in sorted(wanted, reverse=turned) * 2:
        assert by_path(known, path) == wanted[path]


def test_paths_do_not_fill_the_memory_of_grants() -> None:
    known = rest_snapshot(rest("/clinic/**"), rest(grant_id="all"))
    for number in range(50):
        assert by_path(known, f"/clinic/{number}") == "g"
        assert by_path(known, f"/labs/{number}") == "all"
    assert len(known.granted(NOW)) == 1


def test_a_rest_service_that_the_provider_does_not_have_is_unknown() -> None:
    known = rest_snapshot(rest())
    assert choose_service(known, f"{REST}/Get", "", "/labs/x") == REST_SERVICE
    with pytest.raises(Refusal, match="has no REST service 'pharmacy'; it has clinic, labs") as raised:
        choose_service(known, f"{REST}/Get", "", "/pharmacy/x")
    assert raised.value.reason is Reason.UNKNOWN_SERVICE
