"""What the exchange knows of each province now. The agencies are asked through the gateway, as the operators."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import grpc

from console.exchange import Exchange
from ndxp.admin import AdminApi
from ndxp.client import Exchange as Connection
from ndxp.client import Tokens
from ndxp.emc.v1 import emc_pb2 as emc
from ndxp.emc.v1.emc_pb2_grpc import UsageServiceStub
from ndxp.errors import Code
from ndxp.identifiers import member_code
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.operations.v1 import operations_pb2 as operations
from ndxp.operations.v1.operations_pb2_grpc import OperationsServiceStub
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceStub
from ndxp.sandbox.life import OPERATIONS
from ndxp.wire import metadata
from ndxp.world.provinces import Province, provinces

FRESH = 60.0
"""Seconds for which answers are shown to everybody before the agencies are asked again."""

_AT_ONCE = 8
_PATIENCE = 10.0
_CENTRE = "H25"

_Given = TypeVar("_Given")


@dataclass(frozen=True, slots=True)
class Answer(Generic[_Given]):
    """What was asked: what came, or None and why nothing came; and when it was asked."""

    value: _Given | None
    why: str
    asked: datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a province by the key of its name; ``value`` is None for one that is not reported."""

    name: str
    value: float | None
    why: str
    asked: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """The calls that a province's subsystems made in the last hour, and how many of them were answered."""

    calls: int = 0
    answered: int = 0

    @property
    def share(self) -> float | None:
        """The share that was answered; None without calls."""
        return _share(self.answered, self.calls)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was asked, by the exchange's code of a province where each was asked for itself."""

    dossiers: Mapping[str, Answer[one_stop.GetPunctualityResponse]]
    stays: Answer[Mapping[str, int]]
    today: Answer[operations.Figures]
    usage: Answer[Mapping[str, Use]]
    ranks: Mapping[str, Answer[emc.GetRankingResponse]]

    def of(self, province: Province) -> list[Figure]:
        """The figures of a province in the order in which they are shown."""
        code = province.agency_code
        return [
            *_dossiers(self.dossiers[code]),
            _one("ops.stays", self.stays, lambda stays: stays.get(province.code)),
            *self._centre(code),
            _one("ops.calls", self.usage, lambda usage: usage.get(code, Use()).calls),
            _one("ops.answered", self.usage, lambda usage: usage.get(code, Use()).share),
            _one("ops.rank", self.ranks["ops.provinces"], lambda ranking: _place(ranking, code)),
        ]

    def one(self, province: Province, name: str) -> Figure:
        """One of the figures of a province."""
        return next(figure for figure in self.of(province) if figure.name == name)

    def answers(self, province: Province) -> bool:
        """Whether the province's one-stop system has answered."""
        return self.dossiers[province.agency_code].value is not None

    def _centre(self, code: str) -> list[Figure]:
        """What hospitals and schools have reported: in Hà Nam only, which has an operations centre."""
        if code != _CENTRE:
            return [Figure(name, None, "", self.today.asked) for name in ("ops.admissions", "ops.attendance")]
        return [
            _one("ops.admissions", self.today, lambda day: day.admissions.admitted if day.hospitals else None),
            _one("ops.attendance", self.today, lambda day: _share(day.attendance.present, day.attendance.enrolled)),
        ]


def _dossiers(answer: Answer[one_stop.GetPunctualityResponse]) -> list[Figure]:
    return [
        _one("ops.dossiers", answer, lambda counts: counts.received),
        _one("ops.on_time", answer, lambda counts: _share(counts.on_time, counts.ended)),
        _one("ops.online", answer, lambda counts: _share(counts.online, counts.received)),
        _one("ops.late", answer, lambda counts: counts.late if counts.received else None),
    ]


def _one(name: str, answer: Answer[_Given], read: Callable[[_Given], float | None]) -> Figure:
    return Figure(name, None if answer.value is None else read(answer.value), answer.why, answer.asked)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _place(ranking: emc.GetRankingResponse, code: str) -> int | None:
    """The place among the members that are measured; None for a member that is not, or has made no call."""
    return next((rank.place for rank in ranking.ranks if rank.calls and rank.member == f"VN/GOV/{code}"), None)


class Centre:
    """Asks for the figures when a page wants them, once for all pages, and not again for a minute."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asking = asyncio.Lock()
        self._kept: Figures | None = None
        self._kept_at = 0.0

    async def figures(self, fresh: float = FRESH) -> Figures:
        """The figures, not older than so many seconds. Raises Unanswered and Refused."""
        async with self._asking:
            if self._kept is None or time.monotonic() - self._kept_at >= fresh:
                self._kept = await self._ask()
                self._kept_at = time.monotonic()
            return self._kept

    async def _ask(self) -> Figures:
        usage = Answer(await self._exchange.ask(_usage), "", _now())
        gateway, tokens = await self._exchange.ask(_way_in)
        async with Connection(gateway, tokens, retries=False) as connection:
            ask = _Questions(connection.channel)
            async with asyncio.TaskGroup() as group:
                dossiers = {each.agency_code: group.create_task(ask.dossiers(each)) for each in provinces()}
                stays, today = group.create_task(ask.stays()), group.create_task(ask.today())
                ranks = {
                    "ops.provinces": group.create_task(ask.ranking(emc.GROUP_PROVINCES)),
                    "ops.ministries": group.create_task(ask.ranking(emc.GROUP_MINISTRIES)),
                }
        return Figures(
            {code: task.result() for code, task in dossiers.items()}, stays.result(), today.result(), usage,
            {name: task.result() for name, task in ranks.items()},
        )  # fmt: skip


class _Questions:
    """The questions to the agencies: a few at once, all within one time limit, each once."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._one_stop, self._residence = OneStopServiceStub(channel), ResidenceServiceStub(channel)
        self._operations, self._emc = OperationsServiceStub(channel), UsageServiceStub(channel)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._until = time.monotonic() + _PATIENCE

    async def dossiers(self, province: Province) -> Answer[one_stop.GetPunctualityResponse]:
        """The counts of a province's one-stop system."""
        there = [(metadata.SERVICE, f"VN/GOV/{province.agency_code}/one-stop")]
        return await self._ask(
            lambda left: self._one_stop.GetPunctuality(one_stop.GetPunctualityRequest(), timeout=left, metadata=there)
        )

    async def stays(self) -> Answer[Mapping[str, int]]:
        """Tonight's guests by the three digits of the province."""
        answer = await self._ask(lambda left: self._residence.CountStays(residence.CountStaysRequest(), timeout=left))
        found = {each.province: each.stays for each in answer.value.provinces} if answer.value is not None else None
        return Answer(found, answer.why, answer.asked)

    async def today(self) -> Answer[operations.Figures]:
        """What was reported to the centre of Hà Nam for today."""
        answer = await self._ask(lambda left: self._operations.GetFigures(operations.GetFiguresRequest(), timeout=left))
        return Answer(answer.value.days[-1] if answer.value is not None else None, answer.why, answer.asked)

    async def ranking(self, group: emc.Group) -> Answer[emc.GetRankingResponse]:
        """Today's ranking of provinces or ministries."""
        return await self._ask(lambda left: self._emc.GetRanking(emc.GetRankingRequest(group=group), timeout=left))

    async def _ask(self, call: Callable[[float], Awaitable[_Given]]) -> Answer[_Given]:
        async with self._turns:
            asked = _now()
            try:
                return Answer(await call(max(0.0, self._until - time.monotonic())), "", asked)
            except grpc.aio.AioRpcError as error:
                return Answer(None, f"{Code(error.code().value[0]).name}: {error.details()}", asked)


def _way_in(api: AdminApi) -> tuple[str, Tokens]:
    """The gateway, and the token of the operators, who may ask for figures. Raises TokenRefused."""
    tokens = api.state.tokens(OPERATIONS)
    tokens.blocking()
    return api.state.gateway, tokens


def _usage(api: AdminApi) -> Mapping[str, Use]:
    """The calls of the last hour by the member's code, from the ledger's statistics."""
    uses = dict[str, Use]()
    for each in api.get("/statistics", period="minute", by="client"):
        if each["client"].startswith("VN/GOV/"):
            code = member_code(each["client"])
            before = uses.get(code, Use())
            uses[code] = Use(before.calls + each["count"], before.answered + each["answered"])
    return uses


def _now() -> datetime:
    return datetime.now().astimezone()
