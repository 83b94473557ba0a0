"""``ndxp grants request``, ``requests``, ``pending``, ``approve`` and ``decline``."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

POPULATION, PROVIDER = "ndxp.population.v1.PopulationService", "VN/GOV/G01/population"
ASKER, OTHER = "VN/GOV/G29/lgsp", "VN/GOV/G34/lgsp"
"""Members that no other test grants anything."""

HOUSEHOLD = (PROVIDER, POPULATION, "ListHousehold")


def asked(ndxp: Ndxp, *words: str, member: str = ASKER, because: str = "Luật Cư trú") -> Any:
    """Asks for a grant; gives the request."""
    ran = ndxp("grants", "request", *words, "--as", member, "--because", because, "--json")
    assert ran.code == 0, ran.err
    return ran.data


def waiting(ndxp: Ndxp) -> list[Any]:
    return [request for request in ndxp("grants", "pending", "--json").data if request["client"] in (ASKER, OTHER)]


def calls(ndxp: Ndxp) -> int:
    """The exit code of a call by ASKER."""
    question = '{"citizenNumber": "074079255028"}'
    return ndxp("call", f"{POPULATION}/ListHousehold", question, "--as", ASKER, "--purpose", "census").code


@pytest.fixture(autouse=True)
def nothing_stays(ndxp: Ndxp) -> Iterator[None]:
    """Declines what a test leaves to decide, and removes what it was granted."""
    yield
    for request in waiting(ndxp):
        ndxp("grants", "decline", request["id"], "--because", "the test is over")
    for grant in ndxp("grants", "--json").data:
        if grant["consumer"] in (ASKER, OTHER):
            ndxp("grants", "remove", grant["id"])


def test_a_member_asks_an_operator_approves_and_the_member_can_call(ndxp: Ndxp) -> None:
    until_now(lambda: calls(ndxp) == 71)
    refused = ndxp("can", ASKER, f"{POPULATION}/ListHousehold")
    assert "What to do: ask the provider for a grant: `ndxp grants request`" in refused.out
    request = asked(ndxp, *HOUSEHOLD, "--purpose", "census", "--purpose", "tax")
    assert (request["client"], request["state"], request["purposes"]) == (ASKER, "pending", ["census", "tax"])
    assert waiting(ndxp) == [request]
    ran = ndxp("grants", "approve", request["id"], "--purpose", "census", "--until", "2099-12-31", "--because", "yes")
    assert ran.code == 0
    assert f"{request['id']}  approved  {ASKER} -> {PROVIDER}" in ran.out
    until_now(lambda: calls(ndxp) == 0)
    [grant] = [each for each in ndxp("grants", "--json").data if each["consumer"] == ASKER]
    assert (grant["purposes"], grant["valid_until"]) == (["census"], "2099-12-31")
    assert grant["basis"] == f"Luật Cư trú (request {request['id']})"
    [own] = [r for r in ndxp("grants", "requests", "--as", ASKER, "--json").data if r["id"] == request["id"]]
    assert (own["state"], own["reason"], own["grant"]) == ("approved", "yes", grant["id"])


def test_the_short_name_of_a_service_will_do(ndxp: Ndxp) -> None:
    assert asked(ndxp, PROVIDER, "PopulationService", "ListHousehold")["contract"] == POPULATION


def test_a_declined_member_reads_why_and_others_read_nothing(ndxp: Ndxp) -> None:
    request = asked(ndxp, *HOUSEHOLD)
    ran = ndxp("grants", "decline", request["id"], "--because", "name the article of the law")
    assert (ran.code, "declined" in ran.out) == (0, True)
    own = ndxp("grants", "requests", "--as", ASKER)
    assert "    reason: name the article of the law\n" in own.out
    assert ndxp("grants", "requests", "--as", OTHER).out == ""
    until_now(lambda: calls(ndxp) == 71)  # what a test before this one was granted ends within a second


def test_both_are_in_the_ledger(ndxp: Ndxp) -> None:
    request = asked(ndxp, *HOUSEHOLD)
    ndxp("grants", "decline", request["id"], "--because", "no")
    [made] = ndxp("log", "search", "--client", ASKER, "--method", "RequestGrant", "--limit", "1", "--json").data
    assert (made["service"], made["status_code"]) == ("VN/GOV/G22/exchange", 0)
    [decided] = ndxp("log", "search", "--method", "DeclineGrantRequest", "--limit", "1", "--json").data
    assert (decided["client"], decided["issue"]) == ("admin/operator", f"request_id={request['id']}")


def test_the_same_request_again_is_the_same(ndxp: Ndxp) -> None:
    request = asked(ndxp, *HOUSEHOLD)
    assert asked(ndxp, *HOUSEHOLD, because="please") == request
    assert waiting(ndxp) == [request]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((PROVIDER, POPULATION, "ListNothing"), "fits 'ListNothing'; it has BatchVerifyCitizens"),
        ((*HOUSEHOLD, "--field", "members.nam"), "'members.nam': "),
        ((*HOUSEHOLD, "--until", "31.12.2026"), "neither a date (2026-12-31) nor"),
        ((*HOUSEHOLD, "--until", "2020-12-31"), "the grant would have ended on 2020-12-31"),
        ((PROVIDER, "nobody.v1.Nothing", "*"), "no member offers 'nobody.v1.Nothing'"),
        (("VN/GOV/G24/health-insurance", POPULATION, "*"), "'VN/GOV/G24/health-insurance' does not offer"),
        (("VN/GOV/G22/exchange", "ndxp.exchange.v1.ExchangeService", "ListMembers"), "grant directory gives that"),
    ],
)
def test_a_request_that_means_nothing_is_one_line_and_not_stored(ndxp: Ndxp, words: tuple[str, ...], says: str) -> None:
    ran = ndxp("grants", "request", *words, "--as", ASKER, "--because", "a law")
    assert ran.code == 1
    assert says in ran.complaint
    assert waiting(ndxp) == []


def test_a_decision_that_means_nothing_is_one_line_and_the_request_waits(ndxp: Ndxp) -> None:
    request = asked(ndxp, *HOUSEHOLD, "--purpose", "census", "--until", "2098-12-31")
    wrong = {
        ("approve", request["id"], "--purpose", "curiosity"): "the request is for census only",
        ("approve", request["id"], "--until", "2099-12-31"): "the request is for a grant until 2098-12-31",
        ("approve", request["id"], "--field", "members.nam"): "'members.nam': ",
        ("approve", "nothing"): "there is no request 'nothing' for a grant",
        ("decline", request["id"], "--because", " "): "reason: say it in 1 to 400 characters",
        ("decline", "../grants", "--because", "no"): "is no id",
    }
    for words, says in wrong.items():
        ran = ndxp("grants", *words)
        assert (ran.code, says in ran.complaint) == (1, True), ran.err
    assert waiting(ndxp) == [request]
    ndxp("grants", "decline", request["id"], "--because", "no")
    again = ndxp("grants", "approve", request["id"])
    assert again.complaint == f"the request {request['id']} was declined already by admin/operator"


def test_an_approval_that_an_older_grant_makes_useless_says_so(ndxp: Ndxp) -> None:
    narrow = ndxp("grants", "add", ASKER, *HOUSEHOLD, "--purpose", "census", "--json").data["id"]
    request = asked(ndxp, *HOUSEHOLD, "--purpose", "census", "--purpose", "tax")
    ran = ndxp("grants", "approve", request["id"])
    assert ran.err == f"Warning: grant {narrow} of {ASKER} comes first, and counts for calls that fit both\n"


def test_the_words_of_a_member_reach_no_terminal_as_a_command(ndxp: Ndxp) -> None:
    words = "law \x1b]0;owned\x07\n\x9b2J[/] [bold]"
    request = asked(ndxp, *HOUSEHOLD, because=words)
    assert request["because"] == words
    shown = [ndxp("grants", "pending").out, ndxp("grants", "pending", "--json").out,
             ndxp("grants", "requests", "--as", ASKER).out, ndxp("grants", "approve", request["id"]).out,
             ndxp("grants").out]  # fmt: skip
    assert all(line.isprintable() for text in shown for line in text.splitlines())
    assert all("law \\x1b]0;owned\\x07\\n\\x9b2J[/] [bold]" in shown[place] for place in (0, 2, 3, 4))
