"""``ndxp fault``, and where other commands tell of faults."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ndxp.faults.effects import EFFECTS
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

CONSUMER = "VN/GOV/G20/lgsp"
"""A subsystem that no other test calls with."""

METHOD = "ndxp.exchange.v1.ExchangeService/ListMembers"
CALL = "call", METHOD, "{}", "--as", CONSUMER
UNAVAILABLE = 64 + 14


@pytest.fixture
def cli(ndxp: Ndxp) -> Iterator[Ndxp]:
    yield ndxp
    ndxp("fault", "clear", "--consumer", CONSUMER)


def add(cli: Ndxp, *words: str) -> str:
    """Adds a fault for the consumer of this file; gives its id."""
    ran = cli("fault", "add", "--consumer", CONSUMER, *words, "--json")
    assert ran.code == 0, ran.err
    [added] = ran.data
    return str(added["id"])


def known_everywhere(exchange: RunningExchange) -> None:
    until_now(lambda: life.same_registry(exchange.state))


def test_a_fault_disturbs_calls_until_it_is_removed(cli: Ndxp, exchange: RunningExchange) -> None:
    fault = add(cli, "--method", "ListMembers", "--code", "UNAVAILABLE", "--retry-after", "5s", "--note", "a lesson")
    known_everywhere(exchange)
    refused = cli(*CALL)
    assert refused.code == UNAVAILABLE
    assert refused.err.startswith("UNAVAILABLE FAULT_INJECTED at gateway/fault")
    assert f"it met the fault {fault}: `ndxp fault remove {fault}`" in refused.err
    assert cli(*CALL, "--json").data["error"]["fault"] == fault
    assert cli("fault", "remove", fault).out == f"Removed the fault {fault}.\n"
    known_everywhere(exchange)
    answered = cli(*CALL)
    assert answered.code == 0
    assert "disturbed" not in answered.err


def test_a_call_may_ask_for_a_fault_itself(cli: Ndxp) -> None:
    ran = cli(*CALL, "--fault", "code=ABORTED, reason=TAKEN")
    assert ran.code == 64 + 10
    assert "ABORTED TAKEN" in ran.err
    assert "it asked for a fault itself" in ran.err


def test_list_shows_each_fault_with_its_calls_and_its_end(cli: Ndxp) -> None:
    fault = add(
        cli, "--method", "ExchangeService/List*", "--nth", "1-2", "--count", "consumer", "--share", "0.5",
        "--day", "Mon", "--delay", "1s", "--effect", "corrupt", "--note", "a \x1b[31m lesson", "--until", "2099-12-31",
    )  # fmt: skip
    [line] = [line for line in cli("fault", "list").out.splitlines() if line.startswith(fault)]
    assert line.split()[2:5] == ["2099-12-31", "delay=1s,", "corrupt"]
    assert f"ExchangeService/List* by {CONSUMER} number 1-2 of each consumer 0.5 of them on Mon" in line
    assert line.endswith(r"a \x1b[31m lesson")
    [listed] = [each for each in cli("fault", "list", "--json").data if each["id"] == fault]
    assert (listed["contract"], listed["methods"]) == ("ndxp.exchange.v1.ExchangeService", ["List*"])


def test_a_fault_has_an_end_ten_minutes_later_by_default(cli: Ndxp) -> None:
    [added] = cli("fault", "add", "--consumer", CONSUMER, "--id", "ten", "--delay", "1s", "--json").data
    assert added["id"] == "ten"
    begins, ends = (datetime.fromisoformat(added[name]) for name in ("valid_from", "valid_until"))
    assert timedelta(0) < ends - begins <= timedelta(minutes=10)
    assert added["on"]


def test_clear_removes_the_faults_of_one_consumer_or_scenario(cli: Ndxp) -> None:
    kept = add(cli, "--delay", "1s")
    assert cli("fault", "scenario", "lost-answer", "--consumer", CONSUMER, "--json").code == 0
    assert cli("fault", "clear", "--scenario", "lost-answer", "--json").data == {"removed": ["lost-answer-1"]}
    assert cli("fault", "clear", "--consumer", CONSUMER).out == "Removed 1 fault.\n"
    assert kept not in [each["id"] for each in cli("fault", "list", "--json").data]


def test_a_scenario_tells_its_story_in_either_language_and_may_be_set_again(cli: Ndxp) -> None:
    told = cli("fault", "scenario", "slow-insurance", "--for", "1m", "--consumer", CONSUMER)
    assert told.code == 0
    assert told.out.startswith("The health insurer is slow\nMonday morning")
    assert "`ndxp fault clear --scenario slow-insurance`" in told.out
    again = cli("fault", "scenario", "slow-insurance", "--lang", "vi", "--consumer", CONSUMER)
    assert "Sáng thứ Hai" in again.out
    assert "slow-insurance-1" in again.out


def test_all_scenarios_are_told_without_a_name(ndxp: Ndxp) -> None:
    told = ndxp("fault", "scenario")
    assert "lost-answer  The work was done, and the answer was lost" in told.out
    found = ndxp("fault", "scenario", "--json").data
    assert {"name", "title", "story", "watch", "faults"} == set(found[0])


def test_every_effect_is_shown_with_what_it_does(ndxp_alone: Ndxp) -> None:
    assert [each["form"] for each in ndxp_alone("fault", "effects", "--json").data] == [each.form for each in EFFECTS]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--delay=-2s"], 1, "'-2s' is no time such as 250ms, 2s, 10m or 1h"),
        (["--code", "UNAVAILBLE"], 1, "'UNAVAILBLE' is no status code of an error; did you mean UNAVAILABLE?"),
        (["--delay", "1s", "--share", "3"], 1, "share: 3 is no part of the calls"),
        (
            ["--delay", "1s", "--method", "ListMembrs"],
            2,
            "did you mean 'ndxp.exchange.v1.ExchangeService/ListMembers'?",
        ),
        (["--delay", "1s", "--method", "Lost*"], 1, "no method of any service fits 'Lost*'"),
        (["--delay", "1s", "--method", "GetCard", "--method", "GetLicence"], 2, "add a fault for each"),
        (["--delay", "1s", "--provider", "VN/GOV/H26/nobody"], 1, "is no subsystem of this exchange"),
        (["--delay", "1s", "--provider", "VN/GOV/H26/hospital"], 1, "does not offer a service"),
        (["--delay", "1s", "--for", "5"], 1, "--for: '5' is no time such as 250ms, 2s, 10m or 1h"),
        (["--delay", "1s", "--until", "2020-01-01"], 1, "valid_until comes before valid_from"),
        (["--delay", "1s", "--until", "2099-01-01", "--for", "1m"], 2, "give one of them"),
        (["--effect", "explode"], 1, "'explode' is no effect"),
        (["--share", "0.5"], 2, "say what happens to the calls"),
        (["--reason", "X"], 1, "'reason' and 'retry_after' belong to 'code'"),
    ],
)
def test_a_fault_that_makes_no_sense_is_one_clear_line_and_nothing_is_stored(
    ndxp: Ndxp, words: list[str], code: int, says: str
) -> None:
    ran = ndxp("fault", "add", "--consumer", CONSUMER, *words)
    assert ran.code == code
    assert says in ran.complaint
    assert CONSUMER not in [each["consumer"] for each in ndxp("fault", "list", "--json").data]


def test_a_name_that_is_none_is_one_clear_line(ndxp: Ndxp) -> None:
    assert "there is no fault nope; see `ndxp fault list`" in ndxp("fault", "remove", "nope").complaint
    unknown = ndxp("fault", "scenario", "lost-answr")
    assert unknown.complaint == "no such scenario: 'lost-answr'; did you mean 'lost-answer'?"


def test_other_commands_tell_of_a_fault_that_is_on(cli: Ndxp, exchange: RunningExchange) -> None:
    fault = add(cli, "--delay", "10ms", "--note", "a lesson")
    known_everywhere(exchange)
    assert f"disturbed on purpose: it met the fault {fault}" in cli(*CALL).err
    answered = cli(*CALL, "--json").data
    assert answered["fault"] == fault
    transaction = answered["transaction_id"]
    status = cli("status")
    assert "on, set on purpose:" in status.out
    assert fault in status.out
    assert "all: `ndxp fault clear`" in status.out
    assert fault in [each["id"] for each in cli("status", "--json").data["faults"]]
    checks = {check["check"]: check["found"] for check in cli("doctor", "--json").data}
    assert any(found.startswith(f"{fault} is on until ") for found in checks["faults"])
    explained = cli("explain", transaction).out
    assert f"fault {fault} (delay=10ms): a lesson" in explained
    assert f"remove it: `ndxp fault remove {fault}`" in explained
    found = cli("log", "search", "--fault", fault)
    assert transaction in found.out
    assert found.out.rstrip().endswith(f"fault {fault}")
    assert json.loads(cli("log", "search", "--fault", f"{fault}x", "--json").out) == []
