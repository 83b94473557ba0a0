"""A body synchronises profiles through the gateway, and each batch is verified in a call of the ministry's own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from ndxp.civil_servants.v1 import civil_servants_pb2 as pb
from ndxp.civil_servants.v1.civil_servants_pb2_grpc import CivilServantServiceStub
from ndxp.client import Exchange
from ndxp.samples import Turn, samples
from ndxp.testing import RunningExchange
from ndxp.world import World
from tests.e2e.conftest import transaction_id_of, transactions

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("member", ["VN/GOV/H07/one-stop", "VN/GOV/G15/lgsp", "VN/GOV/G25/lgsp"])
async def test_a_body_synchronises_in_one_stream(exchange: RunningExchange, member: str) -> None:
    world = World()
    turn = Turn(world, world.persona("traveller").citizen, 3, member)
    sample = samples()["synchronise-profiles"]

    async def requests() -> AsyncIterator[pb.SynchroniseProfilesRequest]:
        for request in sample.make(turn):
            assert isinstance(request, pb.SynchroniseProfilesRequest)
            request.request_id = str(uuid4())
            yield request

    async with Exchange(exchange.gateway, exchange.tokens(member)) as body:
        call = CivilServantServiceStub(body.channel).SynchroniseProfiles(requests())
        answers = [answer async for answer in call]
        outer = await transaction_id_of(call)
    assert sample.right(answers)
    [inner] = transactions(exchange, message_id=outer, client="VN/GOV/G09/civil-servants")
    assert inner["method"] == "ndxp.population.v1.PopulationService/BatchVerifyCitizens"
    assert inner["purpose"] == "civil servant profile"
