"""``ndxp dossier``: a life event's way, as the command shows it."""

import json
from uuid import uuid4

import pytest
from google.protobuf.json_format import MessageToDict

from ndxp.samples.life_events import birth_of
from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

WALLET = "VN/GOV/G01/wallet"


@pytest.fixture
def code(ndxp: Ndxp) -> str:
    """A birth that has just been filed."""
    request = birth_of(World().persona("newborn-mother").citizen, request_id=str(uuid4()))
    method = "ndxp.life_events.v1.LifeEventService/SubmitBirth"
    filed = ndxp("call", method, json.dumps(MessageToDict(request)), "--as", WALLET, "--json")
    assert filed.code == 0, filed.err
    found: str = filed.data["answers"][0]["dossier"]["code"]
    return found


def test_it_shows_who_did_what_with_the_transactions_of_the_ledger(ndxp: Ndxp, code: str) -> None:
    until_now(lambda: ndxp("dossier", code, "--json").data["dossier"]["oneStopCode"])
    shown = ndxp("dossier", code, "--json").data
    recorded = {record["transaction_id"]: record["client"] for record in shown["transactions"]}
    delivered = next(step for step in shown["dossier"]["steps"] if "handed" in step["what"])
    until_now(lambda: delivered["transactionId"] in _recorded(ndxp, code))
    assert set(recorded.values()) <= {WALLET, "VN/GOV/G22/life-events", "VN/GOV/H04/one-stop"}
    text = ndxp("dossier", shown["dossier"]["oneStopCode"])
    assert text.code == 0, text.err
    assert code in text.out
    assert delivered["transactionId"] in text.out
    assert "ndxp log search --trace" in text.out


def _recorded(ndxp: Ndxp, code: str) -> set[str]:
    return {record["transaction_id"] for record in ndxp("dossier", code, "--json").data["transactions"]}


@pytest.mark.parametrize("wrong", ["G22.99-230703-nothing", "000.00.00.H26-230703-9999", "Nguyễn"])
def test_an_unknown_code_is_one_line(ndxp: Ndxp, wrong: str) -> None:
    shown = ndxp("dossier", wrong)
    assert (shown.code, shown.out) == (1, "")
    assert "no dossier has the code" in shown.err
    assert len(shown.err.splitlines()) == 1
