"""Lab 9: evidence of somebody else's call, a forgery of nothing, and a copy changed elsewhere are no solutions."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_evidence_of_a_call_of_somebody_else_is_not_enough(begin: Begin, exchange: RunningExchange) -> None:
    course = begin("9")
    course.solve()
    files = course.workplace().folder
    others = exchange.admin.get("transactions", params={"client": "admin/operator", "limit": 1}).json()
    evidence = exchange.admin.get(f"ledger/evidence/{others[0]['transaction_id']}").text
    (files / "proof.json").write_text(evidence, encoding="utf-8")
    assert "proof" in missing(course)


def test_a_file_that_is_no_forgery_of_the_proof_is_not_enough(begin: Begin) -> None:
    course = begin("9")
    course.solve()
    files = course.workplace().folder
    proof = json.loads(read(files / "proof.json"))
    others: list[object] = [proof, {**proof, "checkpoint": "x"}, {"records": []}, [], "x"]
    for other in others:
        (files / "forged.json").write_text(json.dumps(other), encoding="utf-8")
        assert missing(course) == ["forgery"]


def test_a_copy_that_was_changed_at_another_record_is_not_enough(begin: Begin) -> None:
    course = begin("9")
    course.solve()
    place = course.workplace()
    with closing(sqlite3.connect(place.folder / "copy.backup")) as database, database:
        database.execute("UPDATE records SET purpose = '' WHERE client = ?", (place.subsystems["me"],))
        database.execute("UPDATE records SET purpose = 'x' WHERE client = ?", (place.subsystems["hospital"],))
    assert missing(course) == ["copy"]
    (place.folder / "copy.backup").write_text("no database", encoding="utf-8")
    assert missing(course) == ["copy"]
