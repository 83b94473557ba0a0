"""``ndxp quota``."""

from collections.abc import Iterator

import pytest

from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

CONSUMER = "VN/GOV/G36/lgsp"
"""A subsystem that no other test calls with."""

CALL = "call", "ndxp.exchange.v1.ExchangeService/ListMembers", "{}", "--as", CONSUMER
RESOURCE_EXHAUSTED = 64 + 8


@pytest.fixture
def cli(ndxp: Ndxp) -> Iterator[Ndxp]:
    yield ndxp
    ndxp("quota", CONSUMER, "--remove")


def test_a_quota_that_is_set_counts_and_is_shown_with_its_use(cli: Ndxp) -> None:
    assert cli(*CALL).code == 0
    set_ = cli("quota", "VN/GOV/G36", "--rate", "0.001", "--burst", "1", "--json")
    assert [(line["consumer"], line["rate"], line["own"]) for line in set_.data] == [(CONSUMER, 0.001, True)]
    until_now(lambda: (ran := cli(*CALL)).code == RESOURCE_EXHAUSTED and "QUOTA_EXCEEDED" in ran.err)
    (line,) = [line for line in cli("quota").out.splitlines() if line.startswith(CONSUMER)]
    assert line.split()[:5] == [CONSUMER, "0.001", "1", "-", "1000"]
    left, today = map(int, line.split()[5:7])
    assert left <= 1 <= today
    (removed,) = cli("quota", CONSUMER, "--remove", "--json").data
    assert not removed["own"]
    until_now(lambda: cli(*CALL).code == 0)


def test_the_default_is_always_shown(ndxp: Ndxp) -> None:
    assert ndxp("quota", "default", "--json").data[0]["rate"] == 2000


@pytest.mark.parametrize("words", [("--rate", "5"), ("--remove",), (CONSUMER, "--rate", "5", "--remove")])
def test_a_change_without_a_consumer_or_with_two_meanings_is_wrong_usage(ndxp: Ndxp, words: tuple[str, ...]) -> None:
    ran = ndxp("quota", *words)
    assert ran.code == 2
    assert "name the consumer" in ran.complaint


@pytest.mark.parametrize(("rate", "fault"), [("-1", "$.rate"), ("nan", "cannot be sent"), ("inf", "cannot be sent")])
def test_a_rate_that_makes_no_sense_is_refused_with_the_fault(ndxp: Ndxp, rate: str, fault: str) -> None:
    ran = ndxp("quota", CONSUMER, "--rate", rate)
    assert ran.code == 1
    assert fault in ran.complaint
