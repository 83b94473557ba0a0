"""Exports, statistics and the removal of old rows."""

import csv
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ndxp.cli.ledger import archive
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

CLIENT = "VN/GOV/G19/lgsp"
METHOD = "ndxp.exchange.v1.ExchangeService/ListMembers"


@pytest.fixture
def transactions(ndxp: Ndxp) -> list[str]:
    """Three answered and one refused."""
    made = [ndxp("call", METHOD, "{}", "--as", CLIENT, "--json").data["transaction_id"] for _ in range(3)]
    ndxp("call", "ndxp.population.v1.PopulationService/GetCitizen", "{}", "--as", CLIENT)
    return made


def test_an_export_holds_every_record_in_its_order_whatever_its_form(
    ndxp: Ndxp, exchange: RunningExchange, transactions: list[str], tmp_path: Path
) -> None:
    places = []
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        ran = ndxp("log", "export", tmp_path / name)
        assert (ran.code, str(tmp_path / name) in ran.out) == (0, True)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8", newline="")))
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    for found in (lines, rows, table):
        places.append([int(one["seq"]) for one in found])
        mine = [one["transaction_id"] for one in found if one["transaction_id"] in transactions]
        assert mine == transactions
    for numbers in places:
        assert numbers == list(range(1, len(numbers) + 1))
    [refused] = [one for one in table if one["client"] == CLIENT and one["reason"] == "ACCESS_DENIED"][-1:]
    assert (refused["status_code"], refused["origin"], refused["grant"]) == (7, "gateway", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.jsonl", "a.parquet"]


@pytest.mark.parametrize("name", ["a.txt", "a", "jsonl"])
def test_an_export_of_unknown_form_is_a_line(ndxp: Ndxp, tmp_path: Path, name: str) -> None:
    ran = ndxp("log", "export", tmp_path / name)
    assert (ran.code, ".parquet" in ran.complaint) == (2, True)


def test_an_export_to_nowhere_is_a_line(ndxp: Ndxp, tmp_path: Path) -> None:
    ran = ndxp("log", "export", tmp_path / "missing" / "a.jsonl")
    assert (ran.code, "No such file" in ran.complaint) == (1, True)


def test_statistics_count_by_member_and_service(ndxp: Ndxp, transactions: list[str]) -> None:
    [line] = ndxp("stats", "--by", "member", "--member", CLIENT, "--json").data
    assert line["client"] == CLIENT
    assert line["answered"] >= 3
    assert line["reasons"]["ACCESS_DENIED"] >= 1
    assert sum(line["reasons"].values()) == line["refused"] + line["failed"]
    assert line["duration_us"]["min"] <= line["duration_us"]["p50"] <= line["duration_us"]["max"]
    pairs = ndxp("stats", "--by", "pair", "--member", "VN/GOV/G19", "--json").data
    assert {one["service"] for one in pairs} == {"VN/GOV/G22/exchange", "VN/GOV/G01/population"}
    assert sum(one["count"] for one in pairs) == line["count"]
    minutes = ndxp("stats", "--minutes", 600, "--by", "minute", "--member", CLIENT, "--json").data
    assert sum(one["count"] for one in minutes) == line["count"]
    assert all(one["start"] % 60 == 0 for one in minutes)


def test_statistics_in_text_have_a_line_for_each_service_and_each_reason_below_it(
    ndxp: Ndxp, transactions: list[str]
) -> None:
    first = [line.split() for line in ndxp("stats").out.splitlines()]
    names = [words[0] for words in first]
    population = names.index("VN/GOV/G01/population")
    assert "VN/GOV/G22/exchange" in names
    assert "ACCESS_DENIED" in names[population:]
    assert all(words[1].isdigit() for words in first[1:])


def test_statistics_of_nobody_are_a_sentence(ndxp: Ndxp) -> None:
    assert ndxp("member", "add", "VN/COM/quiet", "app").code == 0
    assert ndxp("stats", "--member", "VN/COM/quiet").out == "No calls in that time.\n"


def test_old_rows_go_only_when_that_is_confirmed(ndxp: Ndxp, transactions: list[str]) -> None:
    refused = ndxp("log", "prune", "--days", 1, "--yes")
    assert (refused.code, refused.out) == (0, "Rows are kept from record 1 on.\n")
    assert ndxp("log", "prune", "--days", 1).code != 0
    assert ndxp("log", "verify").code == 0


def test_parquet_of_a_record_that_is_not_as_it_was_written_says_where(tmp_path: Path) -> None:
    with (
        (tmp_path / "a.parquet").open("wb") as into,
        ExitStack() as opened,
        pytest.raises(OSError, match=r"records 7 to 8 .* `ndxp log verify`"),
    ):
        archive._parquet(into, opened)([{"seq": 7, "request_size": 1}, {"seq": 8, "request_size": "abc"}])


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_an_export_is_its_users_alone_also_in_the_place_of_one_that_was_not(
    ndxp: Ndxp, transactions: list[str], tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    assert ndxp("log", "export", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert ndxp("log", "export", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_removal_of_many_rows_is_asked_for_until_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{"first": 5001, "complete": False}, {"first": 7000, "complete": True}])

    class Asked:
        def __init__(self, _: Path) -> None: ...

        def send(self, verb: str, path: str, *, body: dict[str, int]) -> dict[str, Any]:
            return next(answers)

    monkeypatch.setattr(archive, "Session", Asked)
    told = CliRunner().invoke(archive.app, ["prune", "--days", "90", "--yes"])
    assert (told.exit_code, told.stdout) == (0, "Rows are kept from record 7000 on.\n")


def test_a_service_with_a_long_name_keeps_to_its_line(ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")  # fewer than the table has
    check_in = {
        "requestId": "long-name", "citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn",
        "birthDate": "1979-07-20", "facility": "01001",
    }  # fmt: skip
    method = "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn"
    assert ndxp("call", method, json.dumps(check_in), "--as", "VN/GOV/H26/hospital").code == 0
    until_now(lambda: "VN/GOV/G24/health-insurance" in [line.split()[0] for line in ndxp("stats").out.splitlines()])
