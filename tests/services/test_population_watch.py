"""The feed of changes: nothing is skipped or repeated, however often a watcher reconnects."""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.agency.database import Change, Transaction
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.wire import status
from ndxp.world import World
from tests.services.conftest import CIVIL_STATUS
from tests.support.fakes import until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
ADDRESS = pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")


async def move(town: "Town", numbers: list[str], request_id: RequestId) -> None:
    for number in numbers:
        await town.population().ChangeAddress(
            pb.ChangeAddressRequest(request_id=request_id(), citizen_number=number, current_address=ADDRESS)
        )


async def watch(town: "Town", **request: Any) -> list[pb.WatchChangesResponse]:
    stream = town.population().WatchChanges(pb.WatchChangesRequest(stop_at_end=True, **request))
    return [change async for change in stream]


@pytest.mark.parametrize("seed", range(4))
async def test_a_watcher_who_reconnects_at_random_sees_every_change_once(
    town: "Town", world: World, request_id: RequestId, seed: int
) -> None:
    chance = random.Random(seed)
    numbers = [citizen.number for citizen in world.sample(40, seed, alive=True)]
    seen: list[pb.WatchChangesResponse] = []

    async def follow() -> None:
        while len(seen) < len(numbers):
            cursor = seen[-1].cursor if seen else ""
            stream = town.population().WatchChanges(pb.WatchChangesRequest(cursor=cursor))
            for _ in range(min(chance.randint(1, 9), len(numbers) - len(seen))):
                seen.append(await stream.read())
            stream.cancel()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        tasks.create_task(move(town, numbers, request_id))
    assert [change.citizen_number for change in seen] == numbers
    assert len({change.cursor for change in seen}) == len(numbers)


async def test_only_the_kinds_that_are_asked_for_are_told(town: "Town", world: World, request_id: RequestId) -> None:
    mover, dying = world.sample(2, 7, alive=True)
    await move(town, [mover.number], request_id)
    await town.population(CIVIL_STATUS).RegisterDeath(
        pb.RegisterDeathRequest(
            request_id=request_id(), citizen_number=dying.number, full_name=dying.full_name, death_date="2023-07-01"
        )
    )
    assert [change.kind for change in await watch(town)] == [pb.CHANGE_KIND_ADDRESS, pb.CHANGE_KIND_DEATH]
    deaths = await watch(town, kinds=[pb.CHANGE_KIND_DEATH])
    assert [change.citizen_number for change in deaths] == [dying.number]
    assert await watch(town, cursor=deaths[-1].cursor) == []


async def test_watchers_who_wait_do_not_look_into_the_database_each_for_itself(
    town: "Town", world: World, request_id: RequestId, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    glances: list[int] = []
    changes, newest = Transaction.changes, Transaction.newest_change

    def noted(self: Transaction, after: int, **how: Any) -> list[Change]:
        looked.append(after)
        return changes(self, after, **how)

    def glanced(self: Transaction) -> int:
        glances.append(newest(self))
        return glances[-1]

    monkeypatch.setattr(Transaction, "changes", noted)
    monkeypatch.setattr(Transaction, "newest_change", glanced)
    mover, *others = [citizen.number for citizen in world.sample(6, alive=True)]
    await move(town, [mover], request_id)
    deaths = pb.WatchChangesRequest(kinds=[pb.CHANGE_KIND_DEATH])
    streams = [town.population().WatchChanges(r) for r in [pb.WatchChangesRequest()] * 5 + [deaths] * 5]
    for stream in streams[:5]:
        assert (await stream.read()).citizen_number == mover
    await until(lambda: len(looked) == 5 * 2 + 5)  # what was there and that there is no more; and no death
    glances.clear()
    await until(lambda: len(glances) >= 4)  # somebody has looked for news four times, for all ten
    assert len(looked) == 5 * 2 + 5
    await move(town, others, request_id)
    for stream in streams[:5]:
        assert [(await stream.read()).citizen_number for _ in others] == others
    for stream in streams:
        stream.cancel()


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 19, "1", "A" * 32])
async def test_a_cursor_that_this_stream_never_gave_is_refused(
    town: "Town", failure_of: "FailureOf", cursor: str
) -> None:
    failure = await failure_of(watch(town, cursor=cursor))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "CURSOR_INVALID")


@pytest.mark.parametrize("kind", [0, 99])
async def test_a_kind_that_there_is_not_is_refused(town: "Town", failure_of: "FailureOf", kind: int) -> None:
    failure = await failure_of(watch(town, kinds=[kind]))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "KIND_UNKNOWN")


async def test_a_watcher_is_told_to_reconnect_when_the_agency_stops(
    town: "Town", world: World, request_id: RequestId
) -> None:
    stream = town.population().WatchChanges(pb.WatchChangesRequest())
    await move(town, [next(world.sample(1, alive=True)).number], request_id)
    await stream.read()
    for end in town.agencies["population"].foundation.ending:
        end()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stream.read()
    failure = status.decode(raised.value)
    assert (failure.code, failure.reason) == (Code.UNAVAILABLE, "STOPPING")
