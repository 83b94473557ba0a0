"""``ndxp log subject``: who asked about a citizen."""

import json

import pytest

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.subject import SUBJECTS
from ndxp.testing import RunningExchange
from ndxp.world import Citizen, World
from tests.ndxp.cli.conftest import Ndxp

ASKER = "VN/GOV/H29/one-stop"


@pytest.fixture(scope="module")
def citizen() -> Citizen:
    """Somebody about whom no other test asks."""
    return next(World().sample(1, 505, alive=True))


@pytest.fixture(scope="module")
def asked(exchange: RunningExchange, citizen: Citizen) -> Citizen:
    """The citizen, verified twice: by an officer for a purpose, and with another name."""
    with exchange.connect(ASKER) as connection:
        stub = PopulationServiceStub(connection.channel)
        for name, pairs in (
            (citizen.full_name, (("x-ndxp-user-id", "officer-7"), ("x-ndxp-purpose", "birth certificate"))),
            ("Nguyễn Văn A", ()),
        ):
            request = VerifyCitizenRequest(
                citizen_number=citizen.number, full_name=name, birth_date=str(citizen.birth_date)
            )
            stub.VerifyCitizen(request, metadata=pairs)
    return citizen


def test_it_lists_who_asked_what_when_and_for_which_purpose(ndxp: Ndxp, asked: Citizen) -> None:
    ran = ndxp("log", "subject", asked.number)
    assert ran.code == 0
    transactions = [record["transaction_id"] for record in ndxp("log", "subject", asked.number, "--json").data]
    assert len(transactions) == 2
    _head, latest, first, *_note = ran.out.splitlines()
    assert all(word in first for word in (ASKER, "officer-7", "VerifyCitizen", "birth certificate", "OK"))
    assert transactions[1] in first
    assert transactions[0] in latest
    assert "synthetic" in ran.out


def test_json_has_the_records_and_no_number(ndxp: Ndxp, asked: Citizen) -> None:
    ran = ndxp("log", "subject", asked.number, "--json")
    assert {record["client"] for record in ran.data} == {ASKER}
    assert [record["purpose"] for record in ran.data] == ["", "birth certificate"]
    assert asked.number not in ran.out


def test_a_limit_says_that_there_may_be_more(ndxp: Ndxp, asked: Citizen) -> None:
    assert "there may be more" in ndxp("log", "subject", asked.number, "--limit", 1).out
    assert "there may be more" not in ndxp("log", "subject", asked.number).out


def test_an_id_is_in_one_piece_in_a_narrow_terminal(
    ndxp: Ndxp, asked: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    (record, *_) = ndxp("log", "subject", asked.number, "--json").data
    assert record["transaction_id"] in ndxp("log", "subject", asked.number).out


def test_a_citizen_about_whom_nobody_asked_gets_a_sentence(ndxp: Ndxp) -> None:
    ran = ndxp("log", "subject", World().absent_number(77))
    assert ran.code == 0
    assert ran.out.startswith("Nobody has asked about this citizen")
    assert ndxp("log", "subject", World().absent_number(77), "--json").data == []


@pytest.mark.parametrize(
    "number", ["07407925502", "0740792550281", "123456789", "07407925502x", "０７４０７９２５５０２８", ""]
)
def test_what_is_no_citizen_number_is_wrong_usage_and_is_not_repeated(ndxp: Ndxp, number: str) -> None:
    ran = ndxp("log", "subject", number)
    assert ran.code == 2
    assert "12 digits" in ran.complaint
    assert not number or number not in ran.complaint.split()


def test_without_the_key_it_says_what_is_missing(ndxp: Ndxp, exchange: RunningExchange, asked: Citizen) -> None:
    content = exchange.credentials.read_text(encoding="utf-8")
    secrets = json.loads(content)
    try:
        exchange.credentials.write_text(
            json.dumps({name: secrets[name] for name in secrets if name != SUBJECTS}), encoding="utf-8"
        )
        ran = ndxp("log", "subject", asked.number)
    finally:
        exchange.credentials.write_text(content, encoding="utf-8")
    assert ran.code == 1
    assert "has no entry 'subjects'" in ran.complaint
