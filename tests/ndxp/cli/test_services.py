"""``ndxp services describe`` and ``--openapi``, and short names of services and methods."""

import json
from shlex import split

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ndxp.cli.names import similar
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp

POPULATION = "ndxp.population.v1.PopulationService"
VERIFY = f"{POPULATION}/VerifyCitizen"
SUBMIT = ("ndxp.civil_status.v1.CivilStatusService/SubmitBirth", "ndxp.life_events.v1.LifeEventService/SubmitBirth")


@pytest.mark.parametrize("name", [VERIFY, "PopulationService/VerifyCitizen", "VerifyCitizen"])
def test_a_method_is_described_with_its_fields_types_and_comments(ndxp: Ndxp, name: str) -> None:
    ran = ndxp("services", "describe", name)
    assert (ran.code, ran.err) == (0, "")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == f"{VERIFY} read only"
    assert (
        "citizenNumber string Citizen number of 12 digits or identity-card number of 9 (SoDinhDanh, SoCMND)." in lines
    )
    assert any(line.startswith("matched bool True when ") for line in lines)


def test_the_example_of_a_method_is_a_command_that_works(ndxp: Ndxp) -> None:
    told = ndxp("services", "describe", "VerifyCitizen").out.splitlines()[-1]
    ran = ndxp(*split(told)[1:])
    assert (ran.code, ran.data) == (0, {"matched": True})


def test_messages_inside_messages_and_enums_are_described_too(ndxp: Ndxp) -> None:
    ran = ndxp("services", "describe", "PopulationService/GetCitizen", "--json")
    citizen = {field["name"]: field for field in ran.data["messages"]["ndxp.population.v1.Citizen"]["fields"]}
    assert citizen["currentAddress"]["type"] == "Address"
    assert "ndxp.population.v1.Address" in ran.data["messages"]
    sex = ran.data["enums"]["ndxp.population.v1.Sex"]
    assert {"name": "SEX_FEMALE", "comment": "Female (nữ), 2."} in sex["values"]
    assert "ndxp.population.v1.Sex  enum" in ndxp("services", "describe", "PopulationService/GetCitizen").out


def test_a_choice_of_fields_says_so(ndxp: Ndxp) -> None:
    [found] = [
        field
        for message in ndxp("services", "describe", SUBMIT[1], "--json").data["messages"].values()
        for field in message["fields"]
        if field["name"] == "birth" and "one of" in field["type"]
    ][:1]
    assert found["type"] == "Birth, one of event"


def test_a_method_without_a_sample_call_gets_a_request_to_be_filled_in(ndxp: Ndxp) -> None:
    described = ndxp("services", "describe", "ndxp.access_log.v1.AccessLogService/ListAccesses", "--json").data
    fields = {f["name"] for f in described["messages"][described["request"]]["fields"]}
    assert described["example"]
    assert described["example"].keys() <= fields
    assert "A request to be filled in:" in ndxp("services", "describe", described["method"]).out.splitlines()


def test_a_service_is_described_with_its_methods(ndxp: Ndxp) -> None:
    ran = ndxp("services", "describe", "PopulationService")
    assert ran.out.splitlines()[0] == POPULATION
    assert "BatchVerifyCitizens  read only, stream both ways" in ran.out.splitlines()
    described = ndxp("services", "describe", POPULATION, "--json").data
    assert described["comment"].startswith("Look-up, verification and registration of citizens.")
    assert all(method["comment"] for method in described["methods"])


def test_the_openapi_document_of_a_service_is_printed_with_comments_and_examples(
    ndxp: Ndxp, exchange: RunningExchange
) -> None:
    ran = ndxp("services", "--openapi", "PopulationService")
    OpenAPIV31SpecValidator(ran.data).validate()
    operation = ran.data["paths"][f"/{VERIFY}"]["post"]
    assert operation["description"].startswith("Service 033: ")
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert ndxp("call", VERIFY, json.dumps(example)).data == {"matched": True}
    assert ran.data["servers"] == [{"url": exchange.rest_url}]
    flow = ran.data["components"]["securitySchemes"]["credentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == f"{exchange.control_url}/oauth2/token"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("describe", "VerifyCitzen"), f"no such service or method: 'VerifyCitzen'; did you mean '{VERIFY}'?"),
        (
            ("describe", "PopulatonService"),
            f"no such service or method: 'PopulatonService'; did you mean '{POPULATION}'",
        ),
        (("describe", f"{POPULATION}/Verify"), f"no such service or method: '{POPULATION}/Verify'; did you mean"),
        (("describe", "x"), "no such service or method: 'x'; see `ndxp services`"),
        (("describe", "SubmitBirth"), f"'SubmitBirth' may be {SUBMIT[0]}, {SUBMIT[1]}: name one of them in full"),
        (("--openapi", "PopulatonService"), f"no such service: 'PopulatonService'; did you mean '{POPULATION}'?"),
        (("--openapi", VERIFY), f"no such service: '{VERIFY}'; did you mean '{POPULATION}'?"),
    ],
)
def test_a_name_that_means_nothing_or_too_much_is_one_line(ndxp: Ndxp, words: tuple[str, ...], says: str) -> None:
    ran = ndxp("services", *words)
    assert ran.code == 2
    assert ran.complaint.startswith(says)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("verifycitizen", "a.b.v1.PeopleService/VerifyCitizen"),
        ("PeopleService/VerifiCitizen", "a.b.v1.PeopleService/VerifyCitizen"),
        ("a.b.v2.PeopleService/VerifyCitizen", "a.b.v1.PeopleService/VerifyCitizen"),
        ("PeopelService", "a.b.v1.PeopleService"),
        ("", ""),
        ("Zzz", ""),
    ],
)
def test_a_similar_name_is_found_however_it_is_spelt(name: str, meant: str) -> None:
    known = {"a.b.v1.PeopleService", "a.b.v1.PeopleService/VerifyCitizen", "a.b.v1.PeopleService/GetHouse"}
    assert similar(name, known) == meant
