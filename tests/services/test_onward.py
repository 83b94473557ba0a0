"""A call onward is sent again only when that cannot change anything twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.agency.caller import set_caller
from ndxp.agency.onward import Onward, OnwardFailed, OnwardMethod
from ndxp.errors import Code
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.population.v1 import population_pb2 as population
from ndxp.retries import Retries
from ndxp.wire.assertion import Assertion
from ndxp.world import World
from tests.support.agencies import health_insurance

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import Town

_METHODS = passports.DESCRIPTOR.services_by_name["PassportService"].methods_by_name
SUBMIT = OnwardMethod(_METHODS["SubmitApplication"], passports.SubmitApplicationResponse, "the application", "FILING")
VERIFY = OnwardMethod(
    population.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["VerifyCitizen"],
    population.VerifyCitizenResponse, "the verification", "VERIFICATION",
)  # fmt: skip

BATCH = OnwardMethod(
    population.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["BatchVerifyCitizens"],
    population.BatchVerifyCitizensResponse, "the verification", "VERIFICATION",
)  # fmt: skip


MOST_ATTEMPTS = Retries().attempts


@pytest.fixture
async def onward(town: "Town", tmp_path: "Path") -> AsyncIterator[Onward]:
    """Calls onward of the insurer, which answers a call itself that has 60 seconds left."""
    set_caller(Assertion("VN/GOV/H26/hospital", health_insurance.subsystem, "m", "tx-0", purpose="check-in"), 60)
    made = Onward(gateway=town.gateway.target, control_url=town.control.url, credentials=tmp_path / "credentials.json")
    yield made
    await made.close()


def failing(times: int, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> Callable[[Any], Awaitable[None]]:
    """A gateway that is away for so many calls."""
    left = [None] * times

    async def fail(context: Any) -> None:
        if left:
            left.pop()
            await context.abort(code, "away")

    return fail


def claim(world: World) -> dict[str, str]:
    citizen = world.persona("traveller").citizen
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


def sent(town: "Town", method: str) -> int:
    return sum(call.method.endswith(f"/{method}") for call in town.onward_calls())


async def test_a_call_that_changes_nothing_is_sent_again(town: "Town", world: World, onward: Onward) -> None:
    town.gateway.failing["VerifyCitizen"] = failing(MOST_ATTEMPTS - 1)
    given = await onward.call(VERIFY, population.VerifyCitizenRequest(**claim(world)))
    assert given.answer.matched
    assert given.transaction_id == town.onward_calls()[-1].transaction_id
    assert [call.metadata.get("x-ndxp-previous-attempts") for call in town.onward_calls()] == [None, "1", "2"]


async def test_a_call_is_given_up_after_some_attempts(town: "Town", world: World, onward: Onward) -> None:
    town.gateway.failing["VerifyCitizen"] = failing(MOST_ATTEMPTS)
    with pytest.raises(OnwardFailed) as failed:
        await onward.call(VERIFY, population.VerifyCitizenRequest(**claim(world)))
    assert failed.value.reason == "VERIFICATION_UNAVAILABLE"
    assert failed.value.failure is not None
    assert sent(town, "VerifyCitizen") == MOST_ATTEMPTS


async def test_a_change_with_a_request_id_is_sent_again(
    town: "Town", world: World, onward: Onward, request_id: Callable[[], str]
) -> None:
    town.gateway.failing["SubmitApplication"] = failing(1)
    request = passports.SubmitApplicationRequest(request_id=request_id(), delivery_address="Huế", **claim(world))
    given = await onward.call(SUBMIT, request)
    assert given.answer.application.application_id
    assert sent(town, "SubmitApplication") == 2


async def test_a_change_without_a_request_id_is_never_sent_again(town: "Town", world: World, onward: Onward) -> None:
    town.gateway.failing["SubmitApplication"] = failing(1)
    with pytest.raises(OnwardFailed) as failed:
        await onward.call(SUBMIT, passports.SubmitApplicationRequest(delivery_address="Huế", **claim(world)))
    assert (failed.value.code, failed.value.reason) == (Code.UNAVAILABLE, "FILING_UNAVAILABLE")
    assert sent(town, "SubmitApplication") == 1


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.DEADLINE_EXCEEDED]
)
async def test_an_answer_that_another_attempt_would_not_change_is_final(
    town: "Town", world: World, onward: Onward, code: grpc.StatusCode
) -> None:
    town.gateway.failing["VerifyCitizen"] = failing(1, code)
    with pytest.raises(OnwardFailed):
        await onward.call(VERIFY, population.VerifyCitizenRequest(**claim(world)))
    assert sent(town, "VerifyCitizen") == 1


async def test_a_call_onward_has_identity_purpose_and_the_transaction_it_is_made_for(
    town: "Town", world: World, onward: Onward
) -> None:
    await onward.call(VERIFY, population.VerifyCitizenRequest(**claim(world)))
    call = town.onward_calls()[-1]
    assert call.client == health_insurance.subsystem
    assert (call.metadata["x-ndxp-purpose"], call.metadata["x-ndxp-message-id"]) == ("check-in", "tx-0")
    assert call.remaining is not None
    assert call.remaining <= 10.1


async def test_a_provider_can_be_named(town: "Town", world: World, onward: Onward) -> None:
    provider = "VN/GOV/G01/population"
    await onward.call(VERIFY, population.VerifyCitizenRequest(**claim(world)), provider=provider)
    assert town.onward_calls()[-1].metadata["x-ndxp-service"] == provider


async def test_questions_in_one_stream_get_an_answer_each_in_their_order_and_may_be_sent_again(
    town: "Town", world: World, onward: Onward
) -> None:
    town.gateway.failing["BatchVerifyCitizens"] = failing(1)
    questions = [
        population.BatchVerifyCitizensRequest(item_id=str(item), **{**claim(world), "full_name": f"An {item % 2}"})
        for item in range(150)
    ]
    questions[7] = population.BatchVerifyCitizensRequest(item_id="7", **claim(world))
    given = await onward.call_each(BATCH, questions, purpose="check-in")
    assert [answer.item_id for answer in given.answer] == [str(item) for item in range(150)]
    assert [answer.item_id for answer in given.answer if answer.matched] == ["7"]
    assert given.transaction_id == town.gateway.forwarded[-1].transaction_id
    assert sent(town, "BatchVerifyCitizens") == 2


class Nonsense(grpc.GenericRpcHandler):
    """A gateway whose answers are no messages, one to each question."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        async def answer(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
            async for _request in requests:
                yield b"\xff"

        return grpc.stream_stream_rpc_method_handler(answer)


async def test_an_answer_that_is_no_message_is_told_as_none(
    town: "Town", world: World, onward: Onward, tmp_path: "Path"
) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Nonsense(),))
    target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    asking = Onward(gateway=target, control_url=town.control.url, credentials=tmp_path / "credentials.json")
    for call in (
        asking.call(VERIFY, population.VerifyCitizenRequest(**claim(world))),
        asking.call_each(BATCH, [population.BatchVerifyCitizensRequest(**claim(world))]),
    ):
        with pytest.raises(OnwardFailed, match="what came cannot be read") as raised:
            await call
        assert (raised.value.code, raised.value.reason) == (Code.UNAVAILABLE, "VERIFICATION_UNAVAILABLE")
        assert raised.value.may_pass
    await asking.close()
    await server.stop(None)
