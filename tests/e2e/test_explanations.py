"""Explanations of calls that were answered and of calls that were refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from ndxp.language import Language
from tests.e2e.conftest import Visitor, failure_of, transaction_id_of
from tests.support.echo import Request

LANGUAGES = list(get_args(Language))

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_answered_call_is_explained_step_by_step(visitor: Visitor) -> None:
    call = visitor.call("Look")(Request(payload=b"x"))
    await call
    answer = visitor.exchange.admin.get(f"transactions/{await transaction_id_of(call)}/explanation").json()
    assert answer["verdict"].endswith("and got its answer")
    assert {step["decision"] for step in answer["steps"]} == {"passed"}
    micros = {step["name"]: step["micros"] for step in answer["steps"]}
    assert micros["forward"] > 0


async def test_a_denied_call_is_explained_with_the_nearest_grant_and_the_remedy(stranger: Visitor) -> None:
    failure = await failure_of(stranger.call("Look")(Request()))
    answer = stranger.exchange.admin.get(f"transactions/{failure.transaction_id}/explanation").json()
    decisions = {step["name"]: step["decision"] for step in answer["steps"]}
    assert (decisions["identify"], decisions["authorise"], decisions["forward"]) == ("passed", "refused", "not reached")
    assert any("the nearest grant, echo" in step["why"] for step in answer["steps"])
    assert answer["remedy"] == failure.remedy


async def test_readers_of_two_languages_ask_about_one_call_at_the_same_time(stranger: Visitor) -> None:
    failure = await failure_of(stranger.call("Look")(Request()))
    admin, place = stranger.exchange.admin, f"transactions/{failure.transaction_id}/explanation"
    with ThreadPoolExecutor(4) as readers:
        told = list(readers.map(lambda language: admin.get(place, params={"language": language}).json(), LANGUAGES * 8))
    english, vietnamese = told[0], told[1]
    assert told == [english, vietnamese] * 8
    assert english == admin.get(place).json()
    assert english["remedy"] == failure.remedy
    assert "quyền gần đúng nhất, echo" in "".join(step["why"] for step in vietnamese["steps"])
    assert vietnamese["remedy"].startswith("đề nghị bên cung cấp cấp quyền: `ndxp grants request`")


async def test_a_language_that_is_not_there_is_refused(stranger: Visitor) -> None:
    failure = await failure_of(stranger.call("Look")(Request()))
    answer = stranger.exchange.admin.get(
        f"transactions/{failure.transaction_id}/explanation", params={"language": "fr"}
    )
    assert answer.status_code == 422
    assert "language" in answer.json()["detail"]
