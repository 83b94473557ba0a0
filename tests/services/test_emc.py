"""Usage of members and their ranking, of what the exchange has counted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.emc.v1 import emc_pb2 as pb
from ndxp.emc.v1.emc_pb2_grpc import UsageServiceStub
from ndxp.errors import Code
from ndxp.exchange.v1 import exchange_pb2 as exchange
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceServicer, add_ExchangeServiceServicer_to_server
from ndxp.world import World, provinces
from tests.services.conftest import MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

MINISTRY, DIRECTORY = "VN/GOV/G14/lgsp", "VN/GOV/G22/exchange"
POPULATION, INSURER = "VN/GOV/G01/population", "VN/GOV/G24/health-insurance"
PROVINCES = [exchange.Member(id=f"VN/GOV/{each.agency_code}", name=each.name) for each in provinces()]
USAGES = [
    exchange.Usage(day="2023-07-01", client=MEMBER, service=POPULATION, answered=5, failed=1),
    exchange.Usage(day="2023-07-01", client="VN/GOV/H26/hospital", service=POPULATION, answered=2, refused=3),
    exchange.Usage(day="2023-07-01", client="VN/GOV/H26/hospital", service=INSURER, answered=1),
    exchange.Usage(day="2023-07-01", client=OTHER, service=POPULATION, answered=12),
    exchange.Usage(day="2023-07-02", client=MEMBER, service=POPULATION, answered=1),
    exchange.Usage(day="2023-07-02", client="VN/GOV/H04/one-stop", service=POPULATION, answered=99),
    exchange.Usage(day="2023-07-02", client="VN/GOV/H25/one-stop", service=POPULATION, failed=13),
    exchange.Usage(day="2023-07-02", client="VN/COM/9900000009/ekyc", service=POPULATION, answered=50),
]


class Directory(ExchangeServiceServicer):
    """An exchange with the provinces as its members, which has counted some calls."""

    def __init__(self) -> None:
        self.asked: list[exchange.GetUsageRequest] = []

    async def ListMembers(self, request: exchange.ListMembersRequest, _: Any) -> exchange.ListMembersResponse:
        """Two pages."""
        assert request.group == "provinces"
        half = len(PROVINCES) // 2
        if request.page_token:
            return exchange.ListMembersResponse(members=PROVINCES[half:])
        return exchange.ListMembersResponse(members=PROVINCES[:half], next_page_token="more")

    async def GetUsage(self, request: exchange.GetUsageRequest, _: Any) -> exchange.GetUsageResponse:
        """The same whatever the days."""
        self.asked.append(request)
        return exchange.GetUsageResponse(since=request.since, until=request.until, usages=USAGES)


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
async def town(
    world: World, control: TokenOffice, tmp_path: Path, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Town"]:
    for name in (DIRECTORY, MINISTRY):
        monkeypatch.setitem(SECRETS, name, f"secret of {name}")
    server = grpc.aio.server()
    add_ExchangeServiceServicer_to_server(directory, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with open_town(world, control, tmp_path, ["emc"]) as town:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            town.gateway.providers["ndxp.exchange.v1.ExchangeService", DIRECTORY] = channel
            yield town
    await server.stop(None)


def stub(town: "Town", member: str = MEMBER) -> UsageServiceStub:
    return UsageServiceStub(town.channel(member))


async def ranks(town: "Town", **days: str) -> list[pb.Rank]:
    answer = await stub(town).GetRanking(pb.GetRankingRequest(group=pb.GROUP_PROVINCES, **days))
    return list(answer.ranks)


async def test_the_measured_provinces_are_ranked_by_all_calls_of_their_subsystems(town: "Town") -> None:
    found = await ranks(town, since="2023-07-01", until="2023-07-02")
    assert len(found) == 62
    assert [(rank.place, rank.member, rank.calls, rank.answered) for rank in found[:4]] == [
        (1, "VN/GOV/H25", 13, 0),
        (1, "VN/GOV/H26", 13, 9),
        (3, "VN/GOV/H29", 12, 12),
        (4, "VN/GOV/H01", 0, 0),
    ]
    assert found[1].name == "Hà Nội"
    assert {rank.place for rank in found[3:]} == {4}
    assert "VN/GOV/H04" not in {rank.member for rank in found}


async def test_a_member_sees_its_own_usage_by_day_service_and_kind(town: "Town", directory: Directory) -> None:
    request = pb.GetMemberUsageRequest(since="2023-07-01", until="2023-07-02")
    answer = await stub(town).GetMemberUsage(request)
    assert answer.member == "VN/GOV/H26"
    assert [(usage.day, usage.service, usage.kind, usage.calls) for usage in answer.usages] == [
        ("2023-07-01", POPULATION, pb.KIND_ANSWERED, 7),
        ("2023-07-01", POPULATION, pb.KIND_FAILED, 1),
        ("2023-07-01", POPULATION, pb.KIND_REFUSED, 3),
        ("2023-07-01", INSURER, pb.KIND_ANSWERED, 1),
        ("2023-07-02", POPULATION, pb.KIND_ANSWERED, 1),
    ]
    assert directory.asked == [exchange.GetUsageRequest(since="2023-07-01", until="2023-07-02")]
    assert [call.client for call in town.onward_calls()] == ["VN/GOV/G14/emc"]


async def test_the_usage_of_another_member_is_for_the_ministry_alone(town: "Town", failure_of: "FailureOf") -> None:
    request = pb.GetMemberUsageRequest(member="VN/GOV/H29", until="2023-07-02")
    failure = await failure_of(stub(town).GetMemberUsage(request))
    assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, "USAGE_OF_ANOTHER")
    assert not town.onward_calls()
    answer = await stub(town, MINISTRY).GetMemberUsage(request)
    assert [usage.calls for usage in answer.usages] == [12]


async def test_without_days_it_is_about_the_ledgers_today(town: "Town", directory: Directory) -> None:
    before = datetime.now(UTC).date()
    await ranks(town)
    [asked] = directory.asked
    assert asked.since == asked.until
    assert asked.until in (str(before), str(before + timedelta(1)))  # midnight may come between


async def test_wrong_days_and_no_group_are_refused_and_not_asked_onward(
    town: "Town", directory: Directory, failure_of: "FailureOf"
) -> None:
    for fields, reason, field in (
        ({"since": "yesterday"}, "SINCE_MALFORMED", "since"),
        ({"until": "2023"}, "UNTIL_MALFORMED", "until"),
        ({"until": "2023-02-30"}, "UNTIL_MALFORMED", "until"),
        ({"since": "2023-07-02", "until": "2023-07-01"}, "DAYS_OUT_OF_RANGE", "until"),
        ({"since": "2023-07-01", "until": "2023-08-01"}, "DAYS_OUT_OF_RANGE", "until"),
        ({"since": "2023-07-01"}, "DAYS_OUT_OF_RANGE", "until"),
    ):
        for call in (ranks(town, **fields), stub(town).GetMemberUsage(pb.GetMemberUsageRequest(**fields))):
            failure = await failure_of(call)
            assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
            assert field in failure.message
    failure = await failure_of(stub(town).GetRanking(pb.GetRankingRequest()))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "GROUP_MISSING")
    assert not directory.asked


async def test_an_exchange_that_does_not_let_it_know_is_said_to_be_the_reason(
    town: "Town", failure_of: "FailureOf"
) -> None:
    async def refuse(context: Any) -> None:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")

    town.gateway.failing["GetUsage"] = refuse
    failure = await failure_of(ranks(town))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "USAGE_REFUSED")
    assert "GetUsage" in failure.message
