"""Lab 10: a rotation that the thief never meets, and a company that was dismissed while idle, are not enough."""

from contextlib import suppress

import grpc

from ndxp.exchange.v1.exchange_pb2 import ListMyGrantsRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.labs import Workplace
from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing


def greet(place: Workplace, role: str) -> None:
    """Makes a call that everybody may make."""
    with place.connect(role) as connection, suppress(grpc.RpcError):
        ExchangeServiceStub(connection.channel).ListMyGrants(ListMyGrantsRequest())


def test_a_rotation_counts_when_the_stolen_token_was_refused_after_it(begin: Begin) -> None:
    course = begin("10")
    place = course.workplace()
    place.admin.send("POST", "/members/rotate", body={"member": place.subsystems["me"]})
    place.settle()
    greet(place, "me")
    assert "rotate" in missing(course)


def test_a_company_that_was_dismissed_between_two_calls_had_no_open_call(begin: Begin) -> None:
    course = begin("10")
    place = course.workplace()
    company = {"member": place.values["member"]}
    place.admin.send("POST", "/members/disable", body=company)
    place.settle()
    greet(place, "company")
    course.answer("dismiss", "300")
    assert place.calls("company").reasons == ["MEMBER_DISABLED"]
    assert {"dismiss", "back"}.issubset(missing(course))
    place.admin.send("POST", "/members/enable", body=company)
    place.admin.send("POST", "/members/rotate", body=company)
    place.settle()
    greet(place, "company")
    assert place.calls("company").codes[-1] == "OK"
    assert {"dismiss", "back"}.issubset(missing(course))


def test_the_company_of_a_lab_that_is_finished_is_gone(begin: Begin, exchange: RunningExchange) -> None:
    course = begin("10")
    company = course.workplace().values["member"]
    assert company in {member["id"] for member in exchange.admin.get("members").json()}
    course.finish()
    assert company not in {member["id"] for member in exchange.admin.get("members").json()}
