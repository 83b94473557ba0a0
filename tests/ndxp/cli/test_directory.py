"""``ndxp members``, ``services``, ``grants`` and ``token``."""

from collections.abc import Iterator

import jwt
import pytest

from ndxp.cli.services import together
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

POPULATION = "ndxp.population.v1.PopulationService"
PROVIDER = "VN/GOV/G01/population"
TELEVISION = "VN/GOV/G28/lgsp"
"""A member that no other test grants anything."""


def calls(ndxp: Ndxp) -> int:
    """The exit code of a call by television."""
    return ndxp("call", f"{POPULATION}/ListHousehold", '{"citizenNumber": "074079255028"}', "--as", TELEVISION).code


@pytest.fixture
def without_new_grants(ndxp: Ndxp) -> Iterator[None]:
    """Takes away what a test has granted."""
    before = {grant["id"] for grant in ndxp("grants", "--json").data}
    yield
    for grant in ndxp("grants", "--json").data:
        if grant["id"] not in before and grant["consumer"] == TELEVISION:
            ndxp("grants", "remove", grant["id"])


def test_members_shows_the_members_and_their_subsystems(ndxp: Ndxp) -> None:
    ran = ndxp("members")
    assert ran.code == 0
    (line,) = [line for line in ran.out.splitlines() if line.startswith("VN/GOV/H26 ")]
    assert "Hà Nội" in line
    assert "one-stop, hospital" in line


@pytest.mark.parametrize(
    ("group", "number"), [("ministries", 28), ("provinces", 63), ("companies", 4), ("connected", 80)]
)
def test_members_of_a_group_are_those_of_the_facts(ndxp: Ndxp, group: str, number: int) -> None:
    members = ndxp("members", "--group", group, "--json").data
    assert len(members) == number
    assert all(group in member["groups"] for member in members)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_group_that_there_is_not_is_said_with_the_one_that_may_be_meant(ndxp: Ndxp, more: tuple[str, ...]) -> None:
    ran = ndxp("members", "--group", "provnces", *more)
    assert (ran.code, ran.complaint) == (2, "no such group: 'provnces'; did you mean 'provinces'?")
    ran = ndxp("members", "--group", "villages", *more)
    assert (ran.code, ran.complaint.partition(";")[0]) == (2, "no such group: 'villages'")


def test_services_shows_methods_and_their_kinds(ndxp: Ndxp) -> None:
    lines = [line.split() for line in ndxp("services").out.splitlines()]
    assert ["VerifyCitizen", "read", "only"] in lines
    assert ["RegisterBirth"] in lines
    assert ["UploadChanges", "client", "stream"] in lines
    assert ["WatchChanges", "read", "only", "server", "stream"] in lines
    assert ["BatchVerifyCitizens", "read", "only", "stream", "both", "ways"] in lines


def test_services_in_json_have_provider_contract_and_methods(ndxp: Ndxp) -> None:
    services = ndxp("services", "--json").data
    (population,) = [service for service in services if service["contract"] == POPULATION]
    assert population["provider"] == PROVIDER
    assert population["methods"]["VerifyCitizen"]["read_only"]


def test_grants_of_a_consumer_are_those_that_reach_it_through_its_groups_too(ndxp: Ndxp) -> None:
    mine = {grant["id"] for grant in ndxp("grants", "--consumer", "VN/GOV/H26/hospital", "--json").data}
    assert {"directory", "population-verify", "insurance-hospitals"} <= mine
    assert "population-one-stop" not in mine


def test_grants_in_text_say_who_may_call_what(ndxp: Ndxp) -> None:
    words = " ".join(ndxp("grants").out.split())
    assert f"population-tax VN/GOV/G12/tax -> {PROVIDER} {POPULATION}: GetCitizen" in words


@pytest.mark.usefixtures("without_new_grants")
def test_a_grant_lets_a_member_call_until_it_is_removed(ndxp: Ndxp) -> None:
    assert calls(ndxp) == 71
    grant = ndxp("grants", "add", TELEVISION, PROVIDER, POPULATION, "List*", "--json").data
    until_now(lambda: calls(ndxp) == 0)
    assert ndxp("grants", "remove", grant["id"], "--json").data == {"removed": grant["id"]}
    until_now(lambda: calls(ndxp) == 71)


@pytest.mark.usefixtures("without_new_grants")
def test_an_added_grant_is_shown_with_the_id_that_removes_it(ndxp: Ndxp) -> None:
    added = ndxp("grants", "add", TELEVISION, PROVIDER, POPULATION, "GetCitizen", "VerifyCitizen")
    assert added.code == 0
    assert "GetCitizen, VerifyCitizen" in added.out
    removed = ndxp("grants", "remove", added.out.split()[0])
    assert (removed.code, removed.out) == (0, f"Removed {added.out.split()[0]}.\n")


@pytest.mark.usefixtures("without_new_grants")
def test_a_grant_takes_the_short_name_of_a_service(ndxp: Ndxp) -> None:
    grant = ndxp("grants", "add", TELEVISION, PROVIDER, "PopulationService", "GetCitizen", "--json").data
    assert grant["contract"] == POPULATION
    ran = ndxp("grants", "add", TELEVISION, PROVIDER, "PopulatonService", "GetCitizen")
    assert (ran.code, ran.complaint) == (2, f"no such service: 'PopulatonService'; did you mean '{POPULATION}'?")


@pytest.mark.usefixtures("without_new_grants")
def test_a_grant_is_added_and_shown_with_its_terms(ndxp: Ndxp) -> None:
    terms = ("--purpose", "press", "--purpose", "archive", "--field", "citizen.full_name", "--field", "citizen.sex",
             "--from", "2026-01-01", "--until", "2030-12-31", "--basis", "Luật Báo chí")  # fmt: skip
    added = ndxp("grants", "add", TELEVISION, PROVIDER, POPULATION, "GetCitizen", *terms)
    assert added.code == 0
    for line in ("for the purpose press or archive", "releases only citizen.full_name, citizen.sex",
                 "from 2026-01-01", "until 2030-12-31", "basis Luật Báo chí"):  # fmt: skip
        assert f"    {line}\n" in added.out
    [told] = [grant for grant in ndxp("grants", "--json").data if grant["id"] == added.out.split()[0]]
    assert (told["purposes"], told["valid_until"]) == (["press", "archive"], "2030-12-31")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((TELEVISION, PROVIDER, POPULATION, "GetCitizen", "--field", "citizen.name"), "has no field 'name'; it has"),
        ((TELEVISION, PROVIDER, POPULATION, "GetCitizen", "--until", "31.12.2026"), "neither a date (2026-12-31) nor"),
        (("nobody", PROVIDER, POPULATION, "*"), "'nobody' is not among the members"),
        ((TELEVISION, PROVIDER, "nobody.v1.Nothing", "*"), "VN/GOV/G01/population offers no nobody.v1.Nothing"),
        ((TELEVISION, "VN/GOV/G24/health-insurance", POPULATION, "*"), "VN/GOV/G24/health-insurance offers no"),
    ],
)
def test_a_grant_that_means_nothing_is_refused(ndxp: Ndxp, words: tuple[str, ...], says: str) -> None:
    before = ndxp("grants", "--json").data
    ran = ndxp("grants", "add", *words)
    assert ran.code == 1
    assert says in ran.complaint
    assert ndxp("grants", "--json").data == before


def test_removing_a_grant_that_is_not_there_is_one_line(ndxp: Ndxp) -> None:
    ran = ndxp("grants", "remove", "g-nothing")
    assert ran.code == 1
    assert ran.complaint == "there is no grant g-nothing; see `ndxp grants`"


@pytest.mark.parametrize("grant", ["", "..", "../services?provider=VN/GOV/G01/passports&contract=x", "a/b"])
def test_the_id_of_a_grant_leads_nowhere_else(ndxp: Ndxp, grant: str) -> None:
    services = ndxp("services", "--json").data
    ran = ndxp("grants", "remove", grant)
    assert ran.code == 1
    assert "is no id" in ran.complaint
    assert ndxp("services", "--json").data == services


@pytest.mark.parametrize("member", ["VN/GOV/G05/lgsp", "VN/GOV/G05"])
def test_a_token_is_a_jwt_of_the_subsystem(ndxp: Ndxp, member: str) -> None:
    ran = ndxp("token", member)
    assert ran.code == 0
    assert jwt.decode(ran.out.strip(), options={"verify_signature": False})["sub"] == "VN/GOV/G05/lgsp"


def test_a_token_in_json_says_whose_it_is(ndxp: Ndxp) -> None:
    told = ndxp("token", "VN/GOV/G05", "--json").data
    assert told["client"] == "VN/GOV/G05/lgsp"
    assert jwt.get_unverified_header(told["access_token"])["alg"] == "EdDSA"


def test_a_token_of_a_member_with_several_subsystems_lists_them_on_one_line(ndxp: Ndxp) -> None:
    ran = ndxp("token", "VN/GOV/G12")
    assert ran.code == 1
    assert ran.complaint == "VN/GOV/G12 has the subsystems VN/GOV/G12/lgsp, VN/GOV/G12/tax: name one of them"


def test_a_token_of_nobody_is_one_line(ndxp: Ndxp) -> None:
    ran = ndxp("token", "VN/GOV/Z99")
    assert ran.code == 1
    assert ran.complaint == "VN/GOV/Z99 is not on this exchange; `ndxp members` lists the members"


def test_what_others_wrote_into_a_grant_reaches_no_terminal_as_a_command(ndxp: Ndxp, without_new_grants: None) -> None:
    basis = "law \x1b]0;owned\x07\x9b2J[/]"
    added = ndxp("grants", "add", TELEVISION, PROVIDER, POPULATION, "GetCitizen", "--basis", basis)
    shown = [added.out, ndxp("grants").out, ndxp("grants", "--json").out]
    assert all(line.isprintable() for text in shown for line in text.splitlines())
    assert "\\x1b]0;owned\\x07\\x9b2J[/]" in ndxp("grants").out
    assert basis in [grant["basis"] for grant in ndxp("grants", "--json").data]


def test_a_purpose_that_looks_like_markup_is_answered(ndxp: Ndxp) -> None:
    ran = ndxp("can", "VN/GOV/H26/hospital", f"{POPULATION}/GetCitizen", "--purpose", "[/] [bold]x")
    assert (ran.code, ran.err) == (1, "")


def test_who_offers_a_contract_as_many_is_one_line_of_the_lists(ndxp: Ndxp) -> None:
    for command in ("services", "status"):
        lines = [line for line in ndxp(command).out.splitlines() if "OneStopService" in line]
        assert len(lines) == 1
        assert "VN/GOV/H01/one-stop and 62 more" in lines[0]
    listed = [service["provider"] for service in ndxp("services", "--json").data if "OneStop" in service["contract"]]
    assert len(listed) == 63


def test_a_provider_that_is_down_stays_a_line_of_its_own() -> None:
    same = {"contract": "a.B", "trouble": ""}
    services = [{"provider": f"p{n}", "serving": n != 2, **same} for n in range(4)]
    assert [label for _, label in together(services, "serving")] == ["p0 and 2 more", "p2"]
    assert [label for _, label in together(services)] == ["p0 and 3 more"]
    assert together([]) == []
