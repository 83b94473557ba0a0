"""UsageService on the wire: asks the exchange for its statistics, and shows what the rules make of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.agency.rights import keeps
from ndxp.emc.v1 import emc_pb2 as pb
from ndxp.emc.v1.emc_pb2_grpc import UsageServiceServicer
from ndxp.exchange.v1 import exchange_pb2 as exchange
from ndxp.identifiers import member_of
from services.emc import rules
from services.emc.records import Calls, Group, Kind, Member

_Context = grpc.aio.ServicerContext[Any, Any]
_METHODS = exchange.DESCRIPTOR.services_by_name["ExchangeService"].methods_by_name
_USAGE = OnwardMethod(_METHODS["GetUsage"], exchange.GetUsageResponse, "the question for the usage", "USAGE")
_MEMBERS = OnwardMethod(
    _METHODS["ListMembers"], exchange.ListMembersResponse, "the question for the members", "MEMBERS"
)
_GROUPS = {Group.PROVINCES: "provinces", Group.MINISTRIES: "ministries"}
"""What the exchange calls those who are ranked."""


class UsageService(UsageServiceServicer):
    """The measurement's methods."""

    def __init__(self, onward: Onward) -> None:
        self._onward = onward

    async def GetMemberUsage(self, request: pb.GetMemberUsageRequest, _: _Context) -> pb.GetMemberUsageResponse:
        """The usage of the caller's member, or of any for the ministry."""
        days = rules.read_days(request.since, request.until, _today())
        member = rules.read_member(request.member, member_of(caller().client), of_all=keeps())
        calls = await self._calls(*days)
        response = pb.GetMemberUsageResponse(member=member)
        for day, service, kind, count in rules.by_day_service_and_kind(calls, member):
            response.usages.add(day=day, service=service, kind=pb.Kind.Name(kind), calls=count)
        return response

    async def GetRanking(self, request: pb.GetRankingRequest, _: _Context) -> pb.GetRankingResponse:
        """The measured members of a group by their calls."""
        group = rules.read_group(request.group)
        since, until = rules.read_days(request.since, request.until, _today())
        calls = await self._calls(since, until)
        response = pb.GetRankingResponse(since=since, until=until)
        for rank in rules.ranking(calls, await self._members(_GROUPS[group])):
            response.ranks.add(
                place=rank.place, member=rank.member.identifier, name=rank.member.name, calls=rank.calls,
                answered=rank.answered,
            )  # fmt: skip
        return response

    async def _calls(self, since: str, until: str) -> Sequence[Calls]:
        given = await self._onward.call(_USAGE, exchange.GetUsageRequest(since=since, until=until))
        return [_calls(usage) for usage in given.answer.usages]

    async def _members(self, group: str) -> Sequence[Member]:
        members, token, more = list[Member](), "", True
        while more:
            request = exchange.ListMembersRequest(group=group, page_size=500, page_token=token)
            page = (await self._onward.call(_MEMBERS, request)).answer
            members += [Member(member.id, member.name) for member in page.members]
            token, more = page.next_page_token, bool(page.next_page_token)
        return members


def _today() -> date:
    """Today in the ledger, whose time is the real one whatever the nation's clock shows."""
    return datetime.now(UTC).date()


def _calls(usage: exchange.Usage) -> Calls:
    counts = {Kind.ANSWERED: usage.answered, Kind.FAILED: usage.failed, Kind.REFUSED: usage.refused}
    return Calls(day=usage.day, client=usage.client, service=usage.service, counts=counts)
