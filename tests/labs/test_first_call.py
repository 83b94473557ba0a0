"""Lab 1: a call of somebody else does not count."""

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing

WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def test_a_call_in_the_name_of_another_does_not_count(begin: Begin, exchange: RunningExchange) -> None:
    course = begin("1")
    with exchange.connect("VN/GOV/H26/one-stop") as connected:
        _, call = PopulationServiceStub(connected.channel).VerifyCitizen.with_call(WHO)
    course.answer("transaction", dict(call.trailing_metadata())["x-ndxp-transaction-id"])
    assert missing(course) == ["verify", "transaction", "size", "nested"]
