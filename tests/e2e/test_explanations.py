"""Explanations of calls that were answered and of calls that were refused."""

import pytest

from tests.e2e.conftest import Visitor, failure_of, transaction_id_of
from tests.support.echo import Request

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
