"""New agency on a whole exchange: what a member gets from it, and what is refused."""

from collections.abc import Iterator
from uuid import uuid4

import grpc
import pytest

from ndxp.errors import Code
from ndxp.testing import RunningExchange
from ndxp.wire.status import decode
from new_agency.v1 import new_agency_pb2 as pb
from new_agency.v1.new_agency_pb2_grpc import NewAgencyServiceStub

CITIZEN = "074079255028"
MEMBER, STRANGER = "VN/GOV/H26/one-stop", "VN/GOV/G27/lgsp"


@pytest.fixture
def agency(exchange: RunningExchange) -> Iterator[NewAgencyServiceStub]:
    """The agency as a member sees it, through the gateway."""
    with exchange.connect(MEMBER) as connected:
        yield NewAgencyServiceStub(connected.channel)


def registration(text: str = "as agreed", citizen_number: str = CITIZEN) -> pb.RegisterEntryRequest:
    return pb.RegisterEntryRequest(request_id=str(uuid4()), citizen_number=citizen_number, text=text)


def test_an_entry_is_shown_as_it_was_registered(agency: NewAgencyServiceStub) -> None:
    registered = agency.RegisterEntry(registration("a corner house"))
    shown = agency.GetEntry(pb.GetEntryRequest(citizen_number=CITIZEN))
    assert shown.entry == registered.entry
    assert shown.entry.text == "a corner house"


def test_a_repeated_registration_is_made_once(agency: NewAgencyServiceStub) -> None:
    request = registration()
    assert agency.RegisterEntry(request) == agency.RegisterEntry(request)


@pytest.mark.parametrize(
    ("wrong", "code", "reason"),
    [
        (registration(citizen_number="74"), Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED"),
        (registration(text=" "), Code.INVALID_ARGUMENT, "TEXT_MALFORMED"),
        (registration(citizen_number="000000000000"), Code.FAILED_PRECONDITION, "CITIZEN_UNKNOWN"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_its_reason(
    agency: NewAgencyServiceStub, wrong: pb.RegisterEntryRequest, code: Code, reason: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        agency.RegisterEntry(wrong)
    failure = decode(raised.value)
    assert (failure.code, failure.reason) == (code, reason)


def test_a_member_without_a_grant_is_refused_by_the_gateway(exchange: RunningExchange) -> None:
    with exchange.connect(STRANGER) as connected, pytest.raises(grpc.RpcError) as raised:
        NewAgencyServiceStub(connected.channel).GetEntry(pb.GetEntryRequest(citizen_number=CITIZEN))
    assert decode(raised.value).reason == "ACCESS_DENIED"
