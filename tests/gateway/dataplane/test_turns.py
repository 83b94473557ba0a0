"""Connections that send more than a turn takes, and those beside them."""

from dataclasses import replace

import pytest

from ndxp.http2 import frames
from tests.support.fakes import until
from tests.support.house import DEMO, UNARY, House
from tests.support.peers import RawCaller, RawProvider, message

GET = f"{DEMO}/{UNARY}"
MANY = 20_000


@pytest.mark.parametrize("member", [True, False], ids=["a member", "a stranger"])
async def test_who_sends_without_a_pause_waits_and_not_the_others(member: bool) -> None:
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
