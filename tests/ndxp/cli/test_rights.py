"""``ndxp can``, and what ``ndxp call`` says of withheld fields."""

import copy
import json
from typing import Any

import pytest

from ndxp.messages import _leave_out
from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp
from tests.support.contracts import Contract

GET_CITIZEN = "ndxp.population.v1.PopulationService/GetCitizen"
HOSPITAL, NEWS = "VN/GOV/H26/hospital", "VN/GOV/G30"


def test_can_says_yes_with_the_grant_and_its_terms(ndxp: Ndxp) -> None:
    ran = ndxp("can", HOSPITAL, GET_CITIZEN, "--purpose", "treatment")
    assert ran.code == 0
    assert ran.out.startswith("Yes: VN/GOV/H26/hospital may call")
    assert "population-hospital-record  group:provinces/hospital -> VN/GOV/G01/population" in ran.out
    assert "    for the purpose treatment or emergency\n" in ran.out


def test_can_says_no_with_the_nearest_grant_what_it_lacks_and_what_to_do(ndxp: Ndxp) -> None:
    ran = ndxp("can", HOSPITAL, GET_CITIZEN)
    assert ran.code == 1
    assert ran.out.startswith("No (PURPOSE_REQUIRED): VN/GOV/H26/hospital has no grant to call GetCitizen")
    assert "its grant population-hospital-record asks for a purpose among treatment, emergency" in ran.out
    assert "What to do: " in ran.out


def test_can_says_no_in_vietnamese(ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDXP_LANG", "vi")
    told = ndxp("can", HOSPITAL, GET_CITIZEN).out
    assert "VN/GOV/H26/hospital không có quyền gọi GetCitizen của ndxp.population.v1.PopulationService" in told
    assert "quyền population-hospital-record của bên gọi yêu cầu nêu một trong các mục đích treatment" in told
    assert "Cần làm: nêu đúng sự thật" in told
    assert ndxp("can", HOSPITAL, GET_CITIZEN, "--json").data["message"].startswith(f"{HOSPITAL} has no grant")


@pytest.mark.parametrize(
    ("member", "method", "more", "reason"),
    [
        (HOSPITAL, GET_CITIZEN, ("--purpose", "emergency"), ""),
        (HOSPITAL, GET_CITIZEN, ("--purpose", "curiosity"), "PURPOSE_REQUIRED"),
        (NEWS, GET_CITIZEN, (), "ACCESS_DENIED"),
        (NEWS, "ndxp.population.v1.PopulationService/Get", (), "UNKNOWN_SERVICE"),
        (NEWS, "ndxp.access_log.v1.AccessLogService/ListAccesses", (), "UNKNOWN_PROVIDER"),
    ],
)
def test_can_in_json_says_the_same(ndxp: Ndxp, member: str, method: str, more: tuple[str, ...], reason: str) -> None:
    ran = ndxp("can", member, method, *more, "--json")
    assert (ran.code, ran.data["allowed"], ran.data["reason"]) == (int(bool(reason)), not reason, reason)


def test_can_takes_short_names_and_names_the_method_that_may_be_meant(ndxp: Ndxp) -> None:
    told = ndxp("can", HOSPITAL, "PopulationService/GetCitizen", "--purpose", "treatment", "--json").data
    assert (told["allowed"], told["method"]) == (True, GET_CITIZEN)
    ran = ndxp("can", HOSPITAL, "PopulationService/GetCitzen")
    assert ran.code == 1
    assert f"Did you mean {GET_CITIZEN}?" in ran.out.splitlines()


def test_a_call_says_which_fields_were_withheld_under_which_grant(ndxp: Ndxp) -> None:
    citizen = World().persona("traveller").citizen
    claim = {"citizenNumber": citizen.number, "fullName": citizen.full_name, "birthDate": str(citizen.birth_date)}
    words = ("call", GET_CITIZEN, json.dumps(claim), "--as", HOSPITAL, "--purpose", "treatment")
    ran = ndxp(*words)
    assert ran.code == 0
    assert '"deceased"' not in ran.out  # it is withheld: "false" would be a lie
    assert "withheld, because grant population-hospital-record does not release it: citizen.old_number " in ran.err
    told = ndxp(*words, "--json").data
    assert told["grant"] == "population-hospital-record"
    assert "citizen.father" in told["withheld"]
    assert "fullName" in told["answers"][0]["citizen"]


WHOLE = {"name": "A", "mother": {"name": "B", "age": 1}, "children": [{"name": "C"}], "friends": {"old": {"name": "D"}}}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("mother", {"mother": None}), ("mother.name", {"mother": {"age": 1}}), ("children.name", {"children": [{}]}),
        ("friends.name", {"friends": {"old": {}}}), ("+", {}), ("mail", {}), ("agent.name", {}),
    ],
)  # fmt: skip
def test_a_withheld_field_is_left_out_of_what_is_printed(path: str, changed: dict[str, Any]) -> None:
    plain = copy.deepcopy(WHOLE)
    _leave_out(plain, Contract("person.proto", "sample.person.v1.PersonService").message("Person").DESCRIPTOR, path)
    assert plain == {name: value for name, value in {**WHOLE, **changed}.items() if value is not None}
