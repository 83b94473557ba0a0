"""Which requests for grants are taken, and what an approval makes of one."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.grant_request import GrantRequest, check, check_words, doubts, narrowed
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot, check_change
from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2
from tests.support.descriptors import file_set

CLIENT, PROVIDER, CONTRACT = "VN/COM/99/ekyc", "VN/GOV/G01/population", "ndxp.population.v1.PopulationService"
UNKNOWN = "demo.v1.Unlearnt"
NOW = datetime.fromisoformat("2026-07-01T12:00:00+07:00").timestamp()
CONTRACTS = {CONTRACT: file_set(population_pb2.DESCRIPTOR)}


def snapshot(*grants: Grant) -> Snapshot:
    members = [Member("VN/GOV/G01", "One", subsystems=["population"]), Member("VN/COM/99", "Co", ["co"], ["ekyc"])]
    services = [Service(PROVIDER, contract, "h:1") for contract in (CONTRACT, UNKNOWN)]
    return Snapshot(Registry("VN", members, services, [*grants]), CONTRACTS)


def request(**terms: Any) -> GrantRequest:
    usual = {"client": CLIENT, "provider": PROVIDER, "contract": CONTRACT, "because": "Luật Căn cước"}
    return GrantRequest(**{"id": "r1", **usual, "methods": ["GetCitizen"], **terms})


def grant(**terms: Any) -> Grant:
    usual = {"consumer": CLIENT, "provider": PROVIDER, "contract": CONTRACT, "methods": ["Get*"]}
    return Grant(**{"id": "g1", **usual, **terms})


def refusal(made: GrantRequest, *grants: Grant) -> AgencyError:
    with pytest.raises(AgencyError) as raised:
        check(made, snapshot(*grants), NOW)
    return raised.value


@pytest.mark.parametrize(
    ("terms", "field", "says"),
    [
        ({"contract": "nobody.v1.Nothing"}, "contract", "no member offers 'nobody.v1.Nothing'"),
        ({"provider": "VN/COM/99/ekyc"}, "provider", "'VN/COM/99/ekyc' does not offer ndxp.population"),
        ({"client": "VN/COM/98/ekyc"}, "client", "VN/COM/98/ekyc is not on this exchange"),
        ({"methods": []}, "methods", "name methods"),
        ({"methods": ["A" * 99] * 11}, "methods", "1000 characters at most together"),
        ({"methods": ["Drop*"]}, "methods", "fits 'Drop*'; it has BatchVerifyCitizens"),
        ({"methods": ["; rm"]}, "methods", "'; rm' is not a method's name"),
        ({"purposes": ["điều trị"]}, "purposes", "printable ASCII"),
        ({"fields": ["citizen.nam"]}, "fields", "has no field 'nam'; it has citizen_number"),
        ({"fields": ["citizen."]}, "fields", "is not a path of fields"),
        ({"paths": ["/clinic/**"]}, "paths", "only a grant of ndxp.rest.v1.RestService has paths"),
        ({"valid_until": "soon"}, "valid_until", "neither a date (2026-12-31) nor"),
        ({"valid_until": "2026-06-30"}, "valid_until", "would have ended on 2026-06-30"),
        ({"because": " \n"}, "because", "say it in 1 to 400 characters"),
        ({"because": "x" * 401}, "because", "say it in 1 to 400 characters"),
    ],
)
def test_a_request_that_no_grant_could_fulfil_is_refused_and_names_the_field(
    terms: dict[str, Any], field: str, says: str
) -> None:
    refused = refusal(request(**terms))
    assert (refused.code, refused.field) == (Code.INVALID_ARGUMENT, field)
    assert says in refused.message


def test_methods_of_a_contract_that_is_not_learnt_yet_may_be_asked_for() -> None:
    check(request(contract=UNKNOWN, methods=["Anything"]), snapshot(), NOW)


SAME = [
    ({}, {}),
    ({"valid_until": "2026-12-31"}, {"valid_until": "2026-07-31"}),
    ({"fields": ["citizen"]}, {"fields": ["citizen.full_name"]}),
    ({"purposes": ["a", "b"]}, {"purposes": ["b"]}),
    ({"consumer": "group:co"}, {"methods": ["GetC*"]}),
]
MORE = [
    ({"valid_until": "2026-12-31"}, {}),
    ({"valid_until": "2026-06-30"}, {}),
    ({"valid_from": "2026-08-01"}, {}),
    ({"fields": ["citizen.full_name"]}, {}),
    ({"fields": ["citizen.full_name"]}, {"fields": ["citizen.full_name", "citizen.sex"]}),
    ({"fields": ["citizen.full"]}, {"fields": ["citizen.full_name"]}),
    ({"purposes": ["a"]}, {}),
    ({"purposes": ["a"]}, {"purposes": ["a", "b"]}),
    ({}, {"methods": ["*"]}),
    ({"consumer": "VN/GOV/G01"}, {}),
]


@pytest.mark.parametrize(("there", "asked"), SAME)
def test_what_a_grant_gives_already_is_refused(there: dict[str, Any], asked: dict[str, Any]) -> None:
    refused = refusal(request(**asked), grant(**there))
    assert (refused.code, refused.message) == (Code.ALREADY_EXISTS, "grant g1 gives that already")


@pytest.mark.parametrize(("there", "asked"), MORE)
def test_what_no_grant_gives_may_be_asked_for(there: dict[str, Any], asked: dict[str, Any]) -> None:
    check(request(**asked), snapshot(grant(**there)), NOW)


def test_an_approval_makes_a_grant_that_the_registry_takes_and_whose_basis_names_the_request() -> None:
    made = request(purposes=["press"], fields=["citizen.sex"], valid_until="2027-01-01", because="x" * 400).made
    before = snapshot().registry
    check_change(before, msgspec.structs.replace(before, grants=[made]), CONTRACTS)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Grant) == made
    assert (made.consumer, made.purposes, made.fields) == (CLIENT, ["press"], ["citizen.sex"])
    assert made.basis.endswith("x (request r1)")


def test_an_approval_may_give_less_and_what_is_left_out_stays() -> None:
    asked = request(purposes=["a", "b"], fields=["citizen"], valid_until="2027-01-01")
    assert narrowed(asked, [], [], [], "") == asked
    less = narrowed(asked, ["b"], ["citizen.sex"], [], "2026-12-31")
    assert (less.purposes, less.fields, less.valid_until) == (["b"], ["citizen.sex"], "2026-12-31")
    assert narrowed(request(), ["a"], ["citizen.sex"], [], "2026-12-31").purposes == ["a"]


@pytest.mark.parametrize(
    ("purposes", "fields", "valid_until", "field"),
    [
        (["c"], [], "", "purposes"),
        ([], ["token"], "", "fields"),
        ([], ["citizen_"], "", "fields"),
        ([], [], "2027-01-02", "valid_until"),
        ([], [], "soon", "valid_until"),
    ],
)
def test_an_approval_gives_no_more_than_was_asked(
    purposes: list[str], fields: list[str], valid_until: str, field: str
) -> None:
    asked = request(purposes=["a", "b"], fields=["citizen"], valid_until="2027-01-01")
    with pytest.raises(AgencyError) as raised:
        narrowed(asked, purposes, fields, [], valid_until)
    assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, field)


@pytest.mark.parametrize(
    ("asked", "given_", "fits"),
    [
        ([], ["/clinic/**"], True),
        (["/clinic/**"], ["/clinic/patients/*", "/clinic/**"], True),
        (["/clinic/*"], ["/clinic/patients", "/clinic/*"], True),
        (["/clinic/*"], ["/clinic/**"], False),
        (["/clinic/patients"], ["/clinic/*"], False),
        (["/clinic/patients/**"], ["/clinic/**"], False),
        (["/clinic/**"], ["/lab/x"], False),
    ],
)
def test_an_approval_reaches_no_path_that_was_not_asked_for(asked: list[str], given_: list[str], fits: bool) -> None:
    rest = request(contract="ndxp.rest.v1.RestService", methods=["Get"], paths=asked)
    if fits:
        assert narrowed(rest, [], [], given_, "").made.paths == given_
        return
    with pytest.raises(AgencyError) as raised:
        narrowed(rest, [], [], given_, "")
    assert (raised.value.reason, raised.value.field) == ("WIDER_THAN_ASKED", "paths")


NAMES = st.lists(st.sampled_from(["a", "a.b", "a.bc", "c"]), unique=True)


@given(NAMES, NAMES)
def test_whoever_was_given_less_finds_it_in_what_was_asked(asked: list[str], given_: list[str]) -> None:
    try:
        less = narrowed(request(fields=asked), [], given_, [], "")
    except AgencyError:
        assert any(path not in asked and path.partition(".")[0] not in asked for path in given_)
    else:
        assert all(not asked or path in asked or path.partition(".")[0] in asked for path in less.fields)


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        ({"fields": ["citizen.sex"]}, True),
        ({"purposes": ["a"]}, True),
        ({"purposes": ["other"]}, False),
        ({"methods": ["VerifyCitizen"]}, False),
        ({"valid_until": "2026-06-30"}, False),
        ({"consumer": "VN/GOV/G01"}, False),
    ],
)
def test_an_older_grant_that_counts_for_the_same_calls_is_a_doubt(there: dict[str, Any], counts: bool) -> None:
    said = doubts(request(purposes=["a"]), snapshot(grant(**there)), NOW)
    assert said == (["grant g1 of VN/COM/99/ekyc comes first, and counts for calls that fit both"] if counts else [])


def test_the_same_right_in_other_words_is_the_same_request() -> None:
    asked = request(methods=["GetCitizen", "ListHousehold"], purposes=["a", "b"])
    again = request(methods=["ListHousehold", "GetCitizen"], purposes=["b", "a"], because="please")
    assert asked.asks_the_same(again)
    for other in ({"fields": ["citizen.sex"]}, {"valid_until": "2027-01-01"}, {"client": "VN/GOV/G01/population"}):
        assert not asked.asks_the_same(msgspec.structs.replace(again, **other))


def test_a_reason_has_words() -> None:
    check_words("reason", "no law names it")
    for text in ("", "  ", "x" * 401):
        with pytest.raises(AgencyError, match="reason: say it in 1 to 400 characters"):
            check_words("reason", text)
