"""What members learn of the exchange's usage: EMC by a grant of its own, others by nobody but EMC."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from ndxp.client import Exchange
from ndxp.emc.v1 import emc_pb2 as emc
from ndxp.emc.v1.emc_pb2_grpc import UsageServiceStub
from ndxp.exchange.v1.exchange_pb2 import GetUsageRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.samples.sample import true_claim
from ndxp.testing import RunningExchange
from ndxp.wire import status
from ndxp.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER, MINISTRY, POPULATION = "VN/GOV/H58/one-stop", "VN/GOV/G14/lgsp", "VN/GOV/G01/population"


def counted(usage: emc.GetMemberUsageResponse) -> Counter[tuple[str, int]]:
    """Calls by service and kind, of whichever day."""
    counts: Counter[tuple[str, int]] = Counter()
    for entry in usage.usages:
        counts[entry.service, entry.kind] += entry.calls
    return counts


async def test_emc_shows_what_was_called_as_soon_as_it_was_answered(exchange: RunningExchange) -> None:
    claim = true_claim(World().persona("traveller").citizen)
    today = datetime.now(UTC).date()
    async with (
        Exchange(exchange.gateway, exchange.tokens(CALLER)) as province,
        Exchange(exchange.gateway, exchange.tokens(MINISTRY)) as ministry,
    ):
        population, measured = PopulationServiceStub(province.channel), UsageServiceStub(ministry.channel)
        days = {"since": str(today), "until": str(today + timedelta(1))}  # midnight may come between
        before = await measured.GetMemberUsage(emc.GetMemberUsageRequest(member="VN/GOV/H58", **days))
        for _ in range(3):
            await population.VerifyCitizen(VerifyCitizenRequest(**claim))
        with pytest.raises(grpc.aio.AioRpcError):
            await population.VerifyCitizen(VerifyCitizenRequest())
        usage = await measured.GetMemberUsage(emc.GetMemberUsageRequest(member="VN/GOV/H58", **days))
        ranking = await measured.GetRanking(emc.GetRankingRequest(group=emc.GROUP_PROVINCES, **days))
        ministries = await measured.GetRanking(emc.GetRankingRequest(group=emc.GROUP_MINISTRIES, **days))
    new = counted(usage)
    new.subtract(counted(before))
    assert +new == {(POPULATION, emc.KIND_ANSWERED): 3, (POPULATION, emc.KIND_FAILED): 1}
    [own] = [rank for rank in ranking.ranks if rank.member == "VN/GOV/H58"]
    assert (own.calls, own.answered) == (
        sum(entry.calls for entry in usage.usages),
        sum(entry.calls for entry in usage.usages if entry.kind == emc.KIND_ANSWERED),
    )
    assert (len(ranking.ranks), len(ministries.ranks)) == (62, 27)


@pytest.mark.parametrize("member", [CALLER, MINISTRY, "VN/GOV/G22/lgsp"])
async def test_who_has_no_grant_for_the_usage_is_refused_it(exchange: RunningExchange, member: str) -> None:
    async with Exchange(exchange.gateway, exchange.tokens(member)) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await ExchangeServiceStub(channel.channel).GetUsage(GetUsageRequest())
    assert status.decode(raised.value).reason == "ACCESS_DENIED"
