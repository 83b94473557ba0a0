"""What a pupil does in lab 4."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

import grpc

from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import BatchVerifyCitizensRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_Slip = Mapping[str, str]


def solve(place: Workplace) -> None:
    """Tries spellings, finds the mistakes of three slips, and repairs a stack of twelve."""
    values = place.values
    slips = [json.loads(line) for line in values["slips"].splitlines()]
    with place.connect() as connection:
        population = PopulationServiceStub(connection.channel)

        def matched(slip: _Slip) -> bool:
            claim = VerifyCitizenRequest(
                citizen_number=slip["citizenNumber"], full_name=slip["fullName"], birth_date=slip["birthDate"]
            )
            with suppress(grpc.RpcError):
                return bool(population.VerifyCitizen(claim).matched)
            return False

        def batch(stack: list[_Slip]) -> list[tuple[bool, str]]:
            answers = population.BatchVerifyCitizens(map(_question, stack))
            return [(answer.matched, answer.problem) for answer in answers]

        def spelling(name: str, birth: str) -> bool:
            return matched({"citizenNumber": values["number"], "fullName": values[name], "birthDate": values[birth]})

        for name in ("name", "plain", "turned"):
            spelling(name, "birth")
        dates = ("birth", "compact", "slashes", "year", "dashes", "american")
        place.answers["dates"] = str(sum(spelling("name", birth) for birth in dates))
        found = list[str]()
        for letter in "abc":
            slip = {
                "citizenNumber": values[f"number_{letter}"], "fullName": values[f"name_{letter}"],
                "birthDate": values[f"birth_{letter}"],
            }  # fmt: skip
            found += [mistake for mistake, repaired in _repairs(slip) if mistake and matched(repaired)]
        place.answers["which"] = " ".join(found)
        answers = batch(slips)
        good, unread = sum(good for good, _ in answers), sum(bool(problem) for _, problem in answers)
        place.answers["batch"] = f"{good} {len(answers) - good - unread} {unread}"
        repaired = [next((each for _, each in _repairs(slip) if matched(each)), slip) for slip in slips]
        place.answers["repair"] = next(
            slip["itemId"] for slip, (good, _) in zip(repaired, batch(repaired), strict=True) if not good
        )


def _question(slip: _Slip) -> BatchVerifyCitizensRequest:
    return BatchVerifyCitizensRequest(
        item_id=slip["itemId"], citizen_number=slip["citizenNumber"], full_name=slip["fullName"],
        birth_date=slip["birthDate"],
    )  # fmt: skip


def _repairs(slip: _Slip) -> Iterator[tuple[str, _Slip]]:
    """The slip in a form that can be read, and then without one mistake after the other."""
    number, date = slip["citizenNumber"].replace(" ", ""), slip["birthDate"]
    if date[2:3] == "-":
        date = "-".join(reversed(date.split("-")))
    readable = {**slip, "citizenNumber": number, "birthDate": date}
    yield "", readable
    first, *middle, last = slip["fullName"].split()
    yield "name", {**readable, "fullName": " ".join([last, *middle, first])}
    if date.count("-") == 2:
        year, month, day = date.split("-")
        yield "date", {**readable, "birthDate": f"{year}-{day}-{month}"}
        yield "number", {**readable, "citizenNumber": number[:4] + year[2:] + number[6:]}
