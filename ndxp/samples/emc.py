"""Sample calls to the measurement of usage."""

from google.protobuf.message import Message

from ndxp.emc.v1 import emc_pb2 as pb
from ndxp.samples.sample import Sample, Turn

_METHODS = pb.DESCRIPTOR.services_by_name["UsageService"].methods_by_name


def _get_ranking(turn: Turn) -> list[Message]:
    return [pb.GetRankingRequest(group=pb.GROUP_MINISTRIES if turn.number % 3 == 0 else pb.GROUP_PROVINCES)]


def _get_member_usage(_: Turn) -> list[Message]:
    return [pb.GetMemberUsageRequest()]


SAMPLES = (
    Sample(name="usage-ranking", method=_METHODS["GetRanking"], make=_get_ranking),
    Sample(name="member-usage", method=_METHODS["GetMemberUsage"], make=_get_member_usage),
)
