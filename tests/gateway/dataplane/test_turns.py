"""Connections that send more than a turn takes, and those beside them."""

import time
from dataclasses import replace
from typing import Any

import pytest

from gateway.dataplane.turns import LONG_TURN, TURN, Share, Turns
from ndxp.http2 import frames
from tests.support.fakes import until
from tests.support.house import DEMO, UNARY, House
from tests.support.peers import RawCaller, RawProvider, message

GET = f"{DEMO}/{UNARY}"
MANY = 20_000


@pytest.mark.parametrize("member", [True, False], ids=["a member", "a stranger"])
async def test_who_sends_without_a_pause_waits_and_not_the_others(
    member: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dataplane.turns.LONG_TURN", 0)
    async with RawProvider(lambda called: called.answer(b"answer")) as provider:
        house = House(provider.address)
        house.listener.limits = replace(house.listener.limits, turn=0, nuisances_at_once=10**9)
        address = await house.listener.open()
        async with RawCaller(address) as flood, RawCaller(address) as other:
            identity = (house.identity,) if member else ()
            await flood.ended(flood.call(GET, *identity, data=[message(b"x")]))
            flood.connection.write(frames.window_update(0, 1) * MANY)
            last = flood.call(GET, *identity, data=[message(b"x")])
            await until(lambda: any(inbound.connection.behind for inbound in house.listener.connections))
            call = await other.ended(other.call(GET, house.identity, data=[message(b"x")]))
            assert call.trailers["grpc-status"] == "0"
            assert not last.end
            assert (await flood.ended(last)).trailers["grpc-status"] == ("0" if member else "16")
        await house.close()


@pytest.mark.parametrize(
    ("used", "alone"), [(0, False), (5000, False), (5000, True)], ids=["little", "much", "much, and nobody else calls"]
)
async def test_a_member_who_has_used_more_than_his_share_waits_for_his_turn_when_others_call(
    used: int, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    class Watched(Turns):
        def wait(self, carrier: Any) -> None:
            waited.append(carrier)
            super().wait(carrier)

    monkeypatch.setattr("gateway.dataplane.turns._AT_ONCE", 1000)  # seconds, so that no test is slow enough
    async with RawProvider(lambda called: called.answer(b"answer")) as provider:
        house = House(provider.address)
        house.listener.turns = Watched(house.listener.loop)
        house.listener.limits = replace(house.listener.limits, turn=1000)
        address = await house.listener.open()
        async with RawCaller(address) as caller:
            await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
            [inbound] = house.listener.connections
            share = inbound._share
            assert share is not None
            share.spend(time.perf_counter() - used)
            if not alone:
                other, now = Share(house.listener.limits), time.perf_counter()
                house.listener.turns.serve(other, now)
                house.listener.turns.serve(share, now)
            call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
            assert call.trailers["grpc-status"] == "0"
        assert bool(waited) is (used > 0 and not alone)
        await house.close()


async def test_all_connections_of_a_member_from_one_address_have_one_share() -> None:
    async with RawProvider(lambda called: called.answer(b"answer")) as provider:
        house = House(provider.address)
        address = await house.listener.open()
        async with RawCaller(address) as first, RawCaller(address) as second:
            for caller in (first, second):
                await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
            one, other = house.listener.connections
            assert one._share is other._share is not None
        await house.close()


async def test_the_calls_of_a_lost_connection_all_end() -> None:
    async with RawProvider(lambda called: None) as provider:
        house = House(provider.address)
        house.listener.limits = replace(house.listener.limits, turn=0)
        address = await house.listener.open()
        async with RawCaller(address) as caller:
            for _ in range(20):
                caller.call(GET, house.identity, data=[message(b"x")])
            await until(lambda: len(house.listener.relays.under_way) == 20)
        await until(lambda: not house.listener.relays.under_way and not house.listener.connections)
        await house.close()


async def test_turns_are_long_until_a_second_member_calls() -> None:
    house = House("127.0.0.1:1")
    turns, limits, now = house.listener.turns, house.listener.limits, time.perf_counter()
    one, other = Share(limits), Share(limits)
    turns.serve(one, now)
    turns.serve(one, now)
    assert turns.turn() == LONG_TURN
    turns.serve(other, now + 3600)  # so that no test is too slow
    assert turns.turn() == TURN < LONG_TURN
    await house.close()
