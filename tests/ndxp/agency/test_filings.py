from datetime import datetime
from pathlib import Path

from ndxp.agency.database import Database
from ndxp.agency.filings import add_expiry, add_work, code_of, turn_of, why_unknown
from ndxp.clock import VIETNAM, Clock, begin, micros_of


def test_work_on_a_filing_says_its_code_and_its_turn_and_is_added_once_for_a_turn(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/filings.db")
    with database.transaction() as documents:
        for turn in (0, 0, 1):
            add_work(documents, "decide", "LTKS-230703-abc", turn, due=turn)
        jobs = documents.due_jobs(2**62, 2**62, limit=10)
    assert [(job.kind, code_of(job), turn_of(job), job.due) for job in jobs] == [
        ("decide", "LTKS-230703-abc", 0, 0), ("decide", "LTKS-230703-abc", 1, 1),
    ]  # fmt: skip


def test_a_filing_waits_seven_working_days_for_a_supplement(tmp_path: Path) -> None:
    begin(tmp_path / "clock", 0.0)  # on Monday, 3 July 2023
    database = Database(f"sqlite:///{tmp_path}/filings.db")
    with database.transaction() as documents:
        add_expiry(documents, "expire", "a", 2, Clock(tmp_path / "clock"))
        [job] = documents.due_jobs(2**62, 2**62, limit=10)
    assert job.due == micros_of(datetime(2023, 7, 12, 17, tzinfo=VIETNAM))


def test_a_supplement_says_of_whom() -> None:
    assert why_unknown(["mother", "father"]).startswith("number, name and birth date of the mother and the father")
