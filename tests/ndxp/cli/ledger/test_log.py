"""``ndxp log``: the ledger, as the command shows it."""

import io
import json
import re
import signal
import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from ndxp.cli.ledger import log
from ndxp.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import environment
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

METHOD = "ndxp.exchange.v1.ExchangeService/ListMembers"
NEWS = "VN/GOV/G30/lgsp"
"""A member that calls in no other test."""
ADDRESS = {"province": "001", "district": "Quận Đống Đa", "ward": "Phường Láng Hạ", "detail": "Số 1"}


def call(ndxp: Ndxp, *words: str, client: str = NEWS) -> str:
    """A transaction of the member."""
    transaction: str = ndxp("call", *(words or (METHOD, "{}")), "--as", client, "--json").data["transaction_id"]
    return transaction


def found(ndxp: Ndxp, *words: object) -> list[str]:
    """The transactions of the member that a search finds."""
    listed = ndxp("log", "search", "--client", NEWS, *words, "--json").data
    return [record["transaction_id"] for record in listed]


def test_tail_ends_with_the_latest_transaction(ndxp: Ndxp) -> None:
    transactions = [call(ndxp), call(ndxp)]
    shown = ndxp("log", "tail", "-n", 2, "--json").data
    assert [record["transaction_id"] for record in shown] == transactions


def test_tail_in_text_has_a_line_for_each_transaction(ndxp: Ndxp) -> None:
    answered, refused = call(ndxp), call(ndxp, "ndxp.population.v1.PopulationService/GetCitizen", "{}")
    first, second = ndxp("log", "tail", "-n", 2).out.splitlines()
    assert all(word in first.split() for word in ("OK", NEWS, "ListMembers", answered))
    assert all(word in second.split() for word in ("ACCESS_DENIED", NEWS, "GetCitizen", refused))


def test_a_transaction_fits_a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console(file=io.StringIO(), width=80, force_terminal=True, no_color=True)
    monkeypatch.setattr(log, "console", shown)
    record = {
        "request_in_ts": 1_700_000_000_000_000, "response_out_ts": 1_700_000_000_010_610, "reason": "ACCESS_DENIED",
        "status_code": 7, "client": "VN/GOV/G24/health-insurance", "method": "a.B/BatchVerifyCitizens",
        "transaction_id": "01a22975-664a-7072-a375-d6cb2a27e194", "proof": "changed", "fault": "slow-insurance-1",
    }  # fmt: skip
    log._print([record])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", cast(io.StringIO, shown.file).getvalue()).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines] == [
        [lines[0].split()[0], "ACCESS_DENIED", "10.61", "ms", "BatchVerifyCitizens"],
        [record["client"], record["transaction_id"]],
        ["fault", "slow-insurance-1"],
        ["✗", "CHANGED", "in", "the", "database"],
    ]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_tail_follows_the_ledger_until_it_is_interrupted(
    ndxp: Ndxp, exchange: RunningExchange, tmp_path: Path, form: list[str]
) -> None:
    output = tmp_path / "tail"
    first = call(ndxp)
    with output.open("w", encoding="utf-8") as file:
        tail = subprocess.Popen(
            [sys.executable, "-P", "-m", "ndxp.cli", "log", "tail", "-n", "1", "--follow", *form],
            stdout=file,
            env=environment(exchange.folder),
        )
        try:
            until_now(lambda: first in output.read_text(encoding="utf-8"))
            later = call(ndxp)
            until_now(lambda: later in output.read_text(encoding="utf-8"))
        finally:
            tail.send_signal(signal.SIGTERM)
            assert tail.wait(20) == 130
    assert output.read_text(encoding="utf-8").count(later) == 1


def test_show_has_every_field_of_both_records_of_a_call_that_may_change_something(ndxp: Ndxp) -> None:
    change = {"requestId": str(uuid.uuid4()), "citizenNumber": "074079255028", "currentAddress": ADDRESS}
    words = ("ndxp.population.v1.PopulationService/ChangeAddress", json.dumps(change))
    transaction = call(ndxp, *words, client="VN/GOV/H26/one-stop")
    records = ndxp("log", "show", transaction, "--json").data
    assert [record["phase"] for record in records] == ["request", "outcome"]
    text = ndxp("log", "show", transaction)
    assert text.code == 0
    assert [name for name in records[0] if name != "transaction_id" and name not in text.out] == []


@pytest.mark.parametrize("command", ["log show", "explain"])
def test_a_transaction_that_is_not_there_is_one_line(ndxp: Ndxp, command: str) -> None:
    ran = ndxp(*command.split(), "01a1fff6-0000-7000-8000-000000000000")
    assert ran.code == 1
    assert "the ledger has no transaction 01a1fff6-0000-7000-8000-000000000000" in ran.complaint


@pytest.mark.parametrize("command", ["log show", "explain"])
def test_the_id_of_a_transaction_leads_nowhere_else(ndxp: Ndxp, command: str) -> None:
    ran = ndxp(*command.split(), "../members")
    assert ran.code == 1
    assert "'../members' is no id" in ran.complaint


def test_search_finds_by_client_method_status_reason_and_origin(ndxp: Ndxp) -> None:
    answered, refused = call(ndxp), call(ndxp, "ndxp.population.v1.PopulationService/GetCitizen", "{}")
    assert found(ndxp, "--limit", 2) == [refused, answered]
    assert found(ndxp, "--method", "GetCitizen", "--limit", 1) == [refused]
    assert found(ndxp, "--method", METHOD, "--limit", 1) == [answered]
    assert found(ndxp, "--status", "permission_denied", "--limit", 1) == [refused]
    assert found(ndxp, "--reason", "ACCESS_DENIED", "--limit", 1) == [refused]
    assert found(ndxp, "--origin", "provider", "--limit", 1) == [answered]
    assert found(ndxp, "--service", "VN/GOV/G22/exchange", "--limit", 1) == [answered]


def test_search_of_the_last_minutes_leaves_out_what_is_older(ndxp: Ndxp) -> None:
    transaction = call(ndxp)
    assert transaction in found(ndxp, "--minutes", 10)
    assert found(ndxp, "--minutes", 0) == []


def test_search_between_two_times_finds_what_was_called_then(ndxp: Ndxp) -> None:
    transaction = call(ndxp)
    [record] = ndxp("log", "search", "--client", NEWS, "--limit", 1, "--json").data
    at = datetime.fromtimestamp(record["request_in_ts"] // 1_000_000)
    then, after = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (at, at + timedelta(seconds=1)))
    assert transaction in found(ndxp, "--since", then, "--until", after)
    assert transaction not in found(ndxp, "--until", then)
    assert transaction not in found(ndxp, "--since", after)


def test_a_time_that_is_none_and_two_beginnings_are_wrong_usage(ndxp: Ndxp) -> None:
    assert ndxp("log", "search", "--since", "yesterday").code == 2
    ran = ndxp("log", "search", "--since", "2026-01-01", "--minutes", 5)
    assert (ran.code, "--since" in ran.complaint) == (2, True)


@pytest.mark.parametrize("long_ago", ["0001-01-01", "1969-12-31"])
def test_all_times_before_there_was_a_ledger_are_its_beginning(ndxp: Ndxp, long_ago: str) -> None:
    transaction = call(ndxp)
    assert transaction in found(ndxp, "--since", long_ago, "--until", "9999-12-31")
    assert not found(ndxp, "--until", long_ago)


def test_the_next_page_of_the_last_minutes_begins_at_the_same_time(ndxp: Ndxp) -> None:
    made = [call(ndxp) for _ in range(2)]
    shown = ndxp("log", "search", "--client", NEWS, "--minutes", 10, "--limit", 1).out.splitlines()[-1]
    since = re.search("--since '([^']+)'", shown)
    assert since is not None
    assert made[0] in found(ndxp, "--since", since[1], "--before", shown.split()[-1])


def test_a_search_without_a_result_says_so(ndxp: Ndxp) -> None:
    ran = ndxp("log", "search", "--message-id", "never-heard-of")
    assert (ran.out, "`ndxp log verify` checks" in ran.err) == ("Nothing found.\n", True)
    assert ndxp("log", "search", "--message-id", "never-heard-of", "--json").data == []


NEVER = ("--message-id", "never-heard-of")


@pytest.mark.parametrize("command", [("log", "search", *NEVER), ("log", "search", *NEVER, "--json")])
@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--reason", "ACCESS_DENID", "no such reason: 'ACCESS_DENID'; did you mean 'ACCESS_DENIED'?"),
        ("--reason", "access_denied", "no such reason: 'access_denied'; did you mean 'ACCESS_DENIED'?"),
        ("--reason", "NEVER_HEARD_OF", "no such reason: 'NEVER_HEARD_OF'"),
        ("--client", "VN/GOV/H26/onestop", "no such client: 'VN/GOV/H26/onestop'; did you mean 'VN/GOV/H26/one-stop'?"),
        ("--member", "VN/GOV/G27x", "no such member: 'VN/GOV/G27x'; did you mean 'VN/GOV/G27'?"),
        (
            "--service",
            "VN/GOV/G01/populaton",
            "no such service: 'VN/GOV/G01/populaton'; did you mean 'VN/GOV/G01/population'?",
        ),
        ("--method", "VerifyCitizn", "no such method: 'VerifyCitizn'; did you mean 'VerifyCitizen'?"),
        ("--purpose", "tretment", "no such purpose in a grant: 'tretment'; did you mean 'treatment'?"),
        ("--status", "PERMISSION_DENID", "no such status: 'PERMISSION_DENID'; did you mean 'PERMISSION_DENIED'?"),
        ("--status", "17", "no such status: '17'; there are "),
    ],
)
def test_a_value_that_there_is_not_is_said_with_the_one_that_may_be_meant(
    ndxp: Ndxp, command: tuple[str, ...], option: str, value: str, says: str
) -> None:
    ran = ndxp(*command, option, value)
    assert (ran.code, ran.complaint.startswith(says)) == (2, True), ran.complaint


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--reason", "QUOTA_EXCEEDED"), ("--client", "VN/GOV/G01/lgsp"), ("--member", "VN/GOV/H26"),
        ("--service", "VN/GOV/G01/passports"), ("--method", "AdvanceApplication"), ("--purpose", "quarterly review"),
        ("--purpose", "treatment"), ("--status", "data_loss"),
    ],
)  # fmt: skip
def test_a_value_that_there_is_and_that_nothing_has_finds_nothing(ndxp: Ndxp, option: str, value: str) -> None:
    ran = ndxp("log", "search", *NEVER, option, value)
    assert (ran.code, ran.out) == (0, "Nothing found.\n"), ran.err


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [("--member", "VN/GOV/G27x", "did you mean 'VN/GOV/G27'?"), ("--service", "nobody", "no such service: 'nobody'")],
)
def test_statistics_of_nobody_are_wrong_usage(ndxp: Ndxp, option: str, value: str, says: str) -> None:
    ran = ndxp("stats", option, value)
    assert (ran.code, says in ran.complaint) == (2, True), ran.complaint


def test_a_status_that_does_not_exist_is_wrong_usage_and_the_others_are_named(ndxp: Ndxp) -> None:
    ran = ndxp("log", "search", "--status", "FINE")
    assert ran.code == 2
    assert "'FINE'" in ran.complaint
    assert "PERMISSION_DENIED" in ran.complaint


def test_a_page_leads_to_the_next(ndxp: Ndxp) -> None:
    made = [call(ndxp) for _ in range(3)]
    first = ndxp("log", "search", "--client", NEWS, "--limit", 2)
    before = first.out.split()[-1]
    assert first.out.splitlines()[-1] == f"More: --before {before}"
    assert found(ndxp, "--limit", 2)[0] == made[-1]
    assert found(ndxp, "--limit", 1, "--before", before) == made[:1]


def test_a_search_finds_by_member_purpose_user_and_trace(ndxp: Ndxp, exchange: RunningExchange) -> None:
    made = call(ndxp, METHOD, "{}", "--purpose", "a test", "--user", "u-7")
    for option in (("--purpose", "a test"), ("--user-id", "u-7")):
        assert found(ndxp, *option) == [made]
    trace = uuid.uuid4().hex
    with exchange.connect(NEWS) as connection:
        directory = exchange_pb2_grpc.ExchangeServiceStub(connection.channel)
        traced = (("traceparent", f"00-{trace}-00f067aa0ba902b7-01"),)
        directory.ListMembers(exchange_pb2.ListMembersRequest(), metadata=traced)
    [one] = found(ndxp, "--trace", trace)
    listed = ndxp("log", "search", "--member", NEWS.rpartition("/")[0], "--json").data
    assert [record["transaction_id"] for record in listed][:2] == [one, made]


@pytest.mark.parametrize("words", [("log", "search", "--user-id"), ("log", "show"), ("member", "disable")])
def test_bytes_that_are_no_text_are_refused_in_one_line(ndxp: Ndxp, words: tuple[str, ...]) -> None:
    ran = ndxp(*words, "\udcff")
    assert ran.code == 1
    assert ran.complaint
