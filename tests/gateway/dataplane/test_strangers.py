"""Strangers who hold connections, and members who come after them."""

from contextlib import AsyncExitStack

from gateway.dataplane.health import WATCH
from tests.support.fakes import until
from tests.support.house import DEMO, UNARY, House
from tests.support.peers import RawCaller, RawProvider, message


async def test_strangers_who_watch_health_on_every_connection_keep_no_member_out() -> None:
    async with RawProvider(lambda called: called.answer(b"answer")) as provider, AsyncExitStack() as stack:
        house = House(provider.address, {"max_connections": 8})
        address = await house.listener.open()
        watches = []
        for _ in range(12):
            caller = await stack.enter_async_context(RawCaller(address))
            watches.append(caller.call(WATCH.removeprefix("/"), data=[message(b"")], end=True))
            await until(lambda: watches[-1].data or watches[-1].end)
        await until(lambda: [bool(watch.end) for watch in watches] == [True] * 10 + [False] * 2)
        member = await stack.enter_async_context(RawCaller(address))
        call = await member.ended(member.call(f"{DEMO}/{UNARY}", house.identity, data=[message(b"x")]))
        assert call.trailers["grpc-status"] == "0"
        await house.close()
