"""Who asked about a citizen: what the index has, what only the records have, and when reading them ends."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ndxp.ledger.asked import NUMBER, asked_about
from ndxp.subject import SubjectKeyMissing, subject_hash

CITIZEN = "074079255028"


class Ledger:
    """The admin API of a ledger with one record in the index, and one in the records alone."""

    def __init__(self, folder: Path) -> None:
        self.state = SimpleNamespace(credentials=folder / "credentials.json")
        self.state.credentials.write_text(json.dumps({"subjects": "a key"}), encoding="utf-8")
        self.asked: list[str] = []

    def get(self, path: str, /, **query: Any) -> Any:
        self.asked.append(f"{path} {query}")
        if path == "/transactions":
            return [{"seq": 1}]
        return {"records": [{"seq": 2}], "next": None} if query["after"] != "0" else {"records": [], "next": 2}


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    return Ledger(tmp_path)


def test_records_that_the_index_lacks_are_found_and_counted(ledger: Any) -> None:
    found = asked_about(ledger, CITIZEN, 50)
    assert [record["seq"] for record in found.records] == [2, 1]
    assert (found.unlisted, found.more, found.complete) == (1, False, True)


def test_without_patience_the_records_are_not_read_and_that_is_said(ledger: Any) -> None:
    found = asked_about(ledger, CITIZEN, 1, patience=0)
    assert (found.unlisted, found.more, found.complete) == (0, True, False)


def test_the_ledger_is_asked_for_a_hash_and_never_for_the_number(ledger: Any) -> None:
    asked_about(ledger, CITIZEN, 50)
    assert subject_hash(b"a key", CITIZEN) in ledger.asked[0]
    assert CITIZEN not in " ".join(ledger.asked)
    assert NUMBER.fullmatch(CITIZEN)
    assert not NUMBER.fullmatch("012345678")


def test_without_the_key_of_subjects_nothing_is_asked(ledger: Any) -> None:
    ledger.state.credentials.write_text("{}", encoding="utf-8")
    with pytest.raises(SubjectKeyMissing):
        asked_about(ledger, CITIZEN, 50)
    assert ledger.asked == []
