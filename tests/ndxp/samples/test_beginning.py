"""What somebody who tries a method begins with."""

from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor

from ndxp.civil_status.v1 import civil_status_pb2 as civil_status
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.population.v1 import population_pb2 as population
from ndxp.samples.beginning import beginning, samples_of, world
from ndxp.world import Sex, UnknownPersonaError

CLIENT = "VN/GOV/H26/one-stop"
BIRTH = civil_status.DESCRIPTOR.services_by_name["CivilStatusService"].methods_by_name["SubmitBirth"]
MARRIAGE = civil_status.DESCRIPTOR.services_by_name["CivilStatusService"].methods_by_name["SubmitMarriage"]
BATCH = population.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["BatchVerifyCitizens"]
LIST = passports.DESCRIPTOR.services_by_name["PassportService"].methods_by_name["ListPassports"]


def only(method: MethodDescriptor, persona: str, sample: str = "") -> Any:
    [request] = beginning(method, persona, CLIENT, sample).requests
    return request


def test_the_samples_of_a_method_are_known_by_its_full_name() -> None:
    names = [sample.name for sample in samples_of("ndxp.civil_status.v1.CivilStatusService/GetCertificate")]
    assert names == ["get-certificate", "get-certificate-differing"]
    assert samples_of("ndxp.civil_status.v1.CivilStatusService/SubmitMarriage") == []


def test_a_sample_is_about_the_persona_with_an_id_of_its_own_each_time() -> None:
    mother = world().persona("newborn-mother").citizen
    first, second = (only(BIRTH, "newborn-mother", "submit-birth") for _ in range(2))
    assert first.mother.citizen_number == second.mother.citizen_number == mother.number
    assert first.request_id != second.request_id


def test_a_sample_that_does_not_suit_the_persona_is_about_somebody_else_who_is_named() -> None:
    begun = beginning(BIRTH, "traveller", CLIENT, "submit-birth")
    assert begun.citizen.number != world().persona("traveller").citizen.number
    assert begun.citizen.sex is Sex.FEMALE


def test_without_a_sample_a_request_has_what_is_known_of_the_persona_and_an_id() -> None:
    citizen = world().persona("traveller").citizen
    assert only(LIST, "traveller").citizen_number == citizen.number
    marriage = only(MARRIAGE, "traveller")
    assert marriage.request_id
    people = [value for field, value in marriage.ListFields() if field.message_type is not None]
    assert {person.full_name for person in people} == {citizen.full_name}


def test_a_stream_begins_with_two_messages() -> None:
    sample = samples_of(f"{BATCH.containing_service.full_name}/{BATCH.name}")[0]
    assert len(beginning(BATCH, "traveller", CLIENT, sample.name).requests) == 2


def test_nobody_is_no_persona() -> None:
    with pytest.raises(UnknownPersonaError):
        beginning(LIST, "nobody", CLIENT)
