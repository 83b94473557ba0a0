"""Lab 8: calls that were repeated by hand, and a storm of calls, are no solution."""

from contextlib import suppress

import grpc

from ndxp.population.v1.population_pb2 import ListHouseholdRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing

WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def test_a_call_that_was_repeated_by_hand_is_no_third_attempt(begin: Begin) -> None:
    course = begin("8")
    with course.workplace().connect() as connection:
        for _ in range(3):
            with suppress(grpc.RpcError):
                PopulationServiceStub(connection.channel).VerifyCitizen(WHO)
    assert course.workplace().calls().codes == ["UNAVAILABLE", "UNAVAILABLE", "OK"]
    assert "retry" in missing(course)


def test_a_loop_around_the_client_is_a_storm(begin: Begin) -> None:
    course = begin("8")
    for _ in range(4):
        with course.workplace().connect(retries=True) as connection, suppress(grpc.RpcError):
            PopulationServiceStub(connection.channel).ListHousehold(ListHouseholdRequest())
    assert max(course.workplace().calls().attempts) == 3
    assert "stop" in missing(course)
