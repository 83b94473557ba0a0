"""The books of a drill find what must not be."""

import json
import time
from typing import Any
from uuid import uuid4

import grpc
import pytest

from drills.crash.books import Books
from drills.crash.clients import Answer
from ndxp.admin import Session
from ndxp.client import OPTIONS, Credentials
from ndxp.population.v1 import population_pb2, population_pb2_grpc
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, key_of, sign
from tests.support.fakes import until_now

CLIENT, PROVIDER = "VN/GOV/H26/one-stop", "VN/GOV/G01/population"
METHOD = "ndxp.population.v1.PopulationService/ChangeAddress"


@pytest.fixture
def books(exchange: RunningExchange) -> Books:
    """The books of the session's exchange, with everything before this test read already."""
    made = Books(Session(exchange.folder))
    made.check([])
    return made


def change(channel: Any, *pairs: metadata.Pair) -> str:
    """A call that asks for a change and is refused by the agency; gives its transaction."""
    stub = population_pb2_grpc.PopulationServiceStub(channel)
    with pytest.raises(grpc.RpcError) as raised:
        stub.ChangeAddress(population_pb2.ChangeAddressRequest(), metadata=pairs, timeout=10)
    assert isinstance(raised.value, grpc.Call)
    return str(dict(raised.value.trailing_metadata() or ()).get(metadata.TRANSACTION_ID, ""))


def answer(transaction: str, *, recorded: bool = True) -> Answer:
    return Answer(transaction, ok=False, recorded=recorded, at=time.monotonic())


def test_an_answered_call_is_found_in_the_ledger(exchange: RunningExchange, books: Books) -> None:
    with exchange.connect(CLIENT) as connected:
        transaction = change(connected.channel)
    found = books.check([answer(transaction)])
    assert (found.lost, found.duplicated, found.unrecorded) == ([], [], [])


def test_an_answer_whose_transaction_is_nowhere_is_lost(books: Books) -> None:
    transaction = str(uuid4())
    assert books.check([answer(transaction)]).lost == [transaction]


def test_an_answer_that_said_that_it_is_not_recorded_is_not_missed(books: Books) -> None:
    assert books.check([answer(str(uuid4()), recorded=False)]).lost == []


def test_a_change_that_an_agency_saw_past_the_exchange_is_found(exchange: RunningExchange, books: Books) -> None:
    transaction = str(uuid4())
    assertion = Assertion(
        client=CLIENT, provider=PROVIDER, method=METHOD, transaction_id=transaction, user_id="", purpose="",
        traceparent="",
    )  # fmt: skip
    signed = sign(assertion, key_of(Credentials.load(exchange.credentials, PROVIDER).secret))
    agencies = next(process for process in exchange.state.processes if process.name == "agencies")
    address = json.loads(agencies.environment["NDXP_ADDRESSES"])[PROVIDER]
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        change(channel, (metadata.ASSERTION, signed))
    assert until_now(lambda: books.check([]).unrecorded) == [transaction]
