"""``ndxp member``, ``ndxp token`` and ``ndxp keys``."""

import json

import jwt
import pytest

from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp

MEMBER, APP = "VN/COM/cli-member", "VN/COM/cli-member/app"


@pytest.fixture
def added(ndxp: Ndxp, exchange: RunningExchange) -> str:
    """A member of this file's own."""
    if MEMBER not in {m["id"] for m in exchange.admin.get("members").json()}:
        assert ndxp("member", "add", MEMBER, "app", "--name", "CLI", "--group", "cli").code == 0
    return MEMBER


def test_a_member_that_was_added_has_credentials_and_is_in_its_group(
    ndxp: Ndxp, exchange: RunningExchange, added: str
) -> None:
    assert jwt.decode(ndxp("token", added).out.strip(), options={"verify_signature": False})["sub"] == APP
    [member] = [m for m in ndxp("members", "--group", "cli", "--json").data if m["id"] == MEMBER]
    assert (member["name"], member["subsystems"], member["disabled"]) == ("CLI", ["app"], False)


def test_secrets_are_shown_to_programs_only(ndxp: Ndxp, exchange: RunningExchange) -> None:
    shown = ndxp("member", "add", "VN/COM/shown", "app")
    secrets = json.loads(exchange.credentials.read_text(encoding="utf-8"))
    assert shown.code == 0
    assert "VN/COM/shown/app" in shown.out
    assert secrets["VN/COM/shown/app"] not in shown.out
    given = ndxp("member", "add", "VN/COM/given", "app", "--json").data["credentials"]
    assert given == {
        "VN/COM/given/app": json.loads(exchange.credentials.read_text(encoding="utf-8"))["VN/COM/given/app"]
    }


def test_a_member_is_added_once(ndxp: Ndxp, added: str) -> None:
    again = ndxp("member", "add", added, "app")
    assert again.code == 1
    assert f"{APP} is on this exchange" in again.err


def test_disabling_and_enabling_show_among_the_members(ndxp: Ndxp, added: str) -> None:
    for verb, disabled in (("disable", True), ("enable", False)):
        assert ndxp("member", verb, added).code == 0
        [member] = [m for m in ndxp("members", "--json").data if m["id"] == added]
        assert member["disabled"] is disabled


def test_a_rotated_member_gets_another_secret(ndxp: Ndxp, exchange: RunningExchange, added: str) -> None:
    before = json.loads(exchange.credentials.read_text(encoding="utf-8"))[APP]
    rotated = ndxp("member", "rotate", added, "--json").data["credentials"]
    assert rotated[APP] == json.loads(exchange.credentials.read_text(encoding="utf-8"))[APP] != before
    generation = jwt.decode(ndxp("token", APP).out.strip(), options={"verify_signature": False})["gen"]
    assert ndxp("member", "rotate", APP).code == 0
    after = jwt.decode(ndxp("token", APP).out.strip(), options={"verify_signature": False})["gen"]
    assert after == generation + 1


@pytest.mark.parametrize("verb", ["disable", "enable", "rotate"])
def test_an_unknown_member_is_named(ndxp: Ndxp, verb: str) -> None:
    refused = ndxp("member", verb, "VN/COM/nobody")
    assert refused.code == 1
    assert "VN/COM/nobody is not on this exchange" in refused.err


def test_what_is_no_identifier_is_refused(ndxp: Ndxp) -> None:
    refused = ndxp("member", "add", "acme", "app")
    assert refused.code == 1
    assert "instance/class/member" in refused.err


def test_a_rotated_key_signs_the_next_token(ndxp: Ndxp) -> None:
    [before] = [key["kid"] for key in ndxp("keys", "--json").data if key["signs"]]
    assert ndxp("keys", "rotate").code == 0
    keys = ndxp("keys", "--json").data
    [signing] = [key["kid"] for key in keys if key["signs"]]
    assert signing != before
    assert {key["kid"] for key in keys if key["until"]} >= {before}
    assert jwt.get_unverified_header(ndxp("token", "VN/GOV/H26/one-stop").out.strip())["kid"] == signing
    text = ndxp("keys")
    assert "signs" in text.out
    assert "good until" in text.out


def test_a_group_that_no_grant_names_is_warned_of(ndxp: Ndxp) -> None:
    ran = ndxp("member", "add", "VN/COM/odd", "app", "--group", "provnces")
    assert (ran.code, ran.err.startswith("Warning: VN/COM/odd is in the group 'provnces'")) == (0, True)
    assert any("'provnces'" in found for found in ndxp("doctor", "--json").data[-2]["found"])
