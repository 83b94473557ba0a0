"""Lab 3: an answer without the refusal before it, and a refusal without an answer after it, are not enough."""

from contextlib import suppress

import grpc

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing

RIGHT = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
WRONG = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="20-07-1979")


def test_a_refusal_counts_when_an_answer_came_after_it(begin: Begin) -> None:
    course = begin("3")
    with course.workplace().connect() as connection:
        verify = PopulationServiceStub(connection.channel).VerifyCitizen
        verify(RIGHT)
        with suppress(grpc.RpcError):
            verify(WRONG)
        assert "form" in missing(course)
        verify(RIGHT)
        assert "form" not in missing(course)
