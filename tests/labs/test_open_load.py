"""Lab 12: a report with numbers that nobody measured, and a loop that was never stopped, are not enough."""

import json
from collections.abc import Mapping
from typing import Any

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing

WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
HONEST: Mapping[str, Any] = {
    "results": {"run": "load-1", "succeeded": 100}, "summary": {"p99_ms": 60_000}, "verdict": {"exit_code": 99}
}  # fmt: skip


def call(place: Workplace, role: str, times: int, run: str = "") -> None:
    """Makes calls, with message ids as a load run makes them."""
    with place.connect(role) as connection:
        population = PopulationServiceStub(connection.channel)
        for number in range(times):
            population.VerifyCitizen(WHO, metadata=[("x-ndxp-message-id", f"{run}-0-{number}")] if run else [])


def write(place: Workplace, content: object) -> None:
    (place.folder / "open.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_report_counts_when_the_ledger_has_its_calls_and_its_numbers(begin: Begin) -> None:
    course = begin("12")
    place = course.workplace()
    course.answer("open", "99")
    write(place, HONEST)
    assert "open" in missing(course), "no call was made"
    call(place, "me", 100, "load-1")
    assert "open" not in missing(course)
    invented: list[object] = [
        {**HONEST, "summary": {"p99_ms": 0.001}},
        {**HONEST, "results": {"run": "load-1", "succeeded": 1_900_000}},
        {**HONEST, "results": {"run": "load-2", "succeeded": 100}},
        {**HONEST, "verdict": {"exit_code": 0}},
        {**HONEST, "verdict": {}},
        [], "x",
    ]  # fmt: skip
    for content in invented:
        write(place, content)
        assert "open" in missing(course)


def test_a_loop_that_has_met_no_stall_has_nothing_to_hide(begin: Begin) -> None:
    course = begin("12")
    call(course.workplace(), "loop", 200)
    course.answer("loop", "0")
    assert "loop" in missing(course)
