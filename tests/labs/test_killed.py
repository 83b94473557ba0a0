"""Lab 13: a list of transactions that nobody was answered, and a result that nobody signed, are not enough."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.ledger.checkpoint import sign_note
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from tests.labs.conftest import Begin, missing, why

WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines), encoding="utf-8")


def test_every_answer_of_the_program_must_be_in_the_ledger_once(begin: Begin) -> None:
    course = begin("13")
    course.solve()
    place = course.workplace()
    for kind in ("gateway", "control", "store"):
        file = place.folder / f"{kind}.txt"
        answered = file.read_text(encoding="utf-8").split()
        for lines in ([*answered, "01a22c84-022f-7369-8ad2-e04ff45d7ba5"], [*answered, answered[0]], answered[:50]):
            write(file, lines)
            assert missing(course) == [kind], [why(course, task) for task in missing(course)]
        write(file, answered)


def test_a_result_that_the_ledger_has_not_signed_verifies_nothing(begin: Begin) -> None:
    course = begin("13")
    place = course.workplace()
    with place.connect() as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(WHO)
    forged = sign_note("ndxp.example/VN\n1000000\nAAAA\n", "ndxp.example/VN", [Ed25519PrivateKey.generate()])
    for checkpoint in (forged, "", 1):
        (place.folder / "verify.json").write_text(
            json.dumps({"good": True, "checkpoint": checkpoint}), encoding="utf-8"
        )
        assert "books" in missing(course)
