"""gRPC's core as client and provider: the published cases, and the effect of load, slow peers and ended connections."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import grpc

from drills.attacks.wire import Wire
from drills.interop.leaving import TAKEN, TOGETHER, Leaving
from drills.interop.result import Failed, Results, all_of, judged
from drills.interop.site import Counted, Site
from ndxp.wire import status
from tests.support.interop import (
    CASES,
    Client,
    Empty,
    InputRequest,
    OutputRequest,
    Payload,
    ResponseParameters,
    SimpleRequest,
)

MANY_CALLS = 3000
_LARGE = 8 * 1024 * 1024
_PIECES, _PIECE = 64, 65_536
_PAUSE = 0.02
"""Seconds between two messages of a slow peer."""

_AT_ONCE, _SECONDS = 16, 4.0
"""Calls at once while connections end, and for how long."""

_PEER = "grpcio"


async def published(peer: str, client: Client) -> Results:
    """The fourteen cases."""
    async for result in all_of(peer, {case.__name__: partial(case, client) for case in CASES}):
        yield result


async def cases(site: Site) -> Results:
    """The published cases, large messages, compression, slow callers, and thousands of calls at once."""
    async with Counted() as server, site.client() as client:
        await site.provide(f"127.0.0.1:{server.port}")
        async for result in published(_PEER, client):
            yield result
        more: dict[str, Callable[[], Awaitable[str | None]]] = {
            "messages of 8 MiB": partial(_large, client),
            "slow reader": partial(_slow_reader, client),
            "slow writer": partial(_slow_writer, client),
            f"{MANY_CALLS} calls at once": partial(many, client),
        }
        async for result in all_of(_PEER, more):
            yield result


async def endings(site: Site) -> Results:
    """Providers that leave, are replaced or are killed, and a gateway whose connections reach their age."""
    async with site.client() as client:
        async with Counted() as first:
            await site.provide(f"127.0.0.1:{first.port}")
            yield await judged(_PEER, "provider replaced while calls go on", _replaced(site, client, first))
        async with Counted() as second:
            await site.provide(f"127.0.0.1:{second.port}")
            yield await judged(_PEER, "provider killed and restarted", _restarted(client, second))
    async with Counted() as server, site.gateway(NDXP_MAX_CONNECTION_AGE="1") as old, site.client(old) as client:
        await site.provide(f"127.0.0.1:{server.port}")
        yield await judged(_PEER, "gateway's connections end at an age", _aged(client, old))
    # This one must be last, because it does not describe its contract.
    async with Leaving() as leaving, site.client() as client:
        await site.provide(f"127.0.0.1:{leaving.port}", answers=False)
        yield await judged("h2 provider", "GOAWAY in mid-flight", _goaway(client, leaving))


async def many(client: Client) -> str:
    """Thousands of calls at once: each must be answered, or refused with a reason and a transaction."""
    calls = (_outcome(client.call("UnaryCall", SimpleRequest(response_size=10), timeout=40)) for _ in range(MANY_CALLS))
    outcomes = Counter(await asyncio.gather(*calls))
    if any(result.startswith("bare") for result in outcomes):
        raise Failed(_summary(outcomes))
    return _summary(outcomes)


async def _large(client: Client) -> None:
    request = SimpleRequest(response_size=_LARGE, payload=Payload(body=bytes(_LARGE)))
    if len((await client.call("UnaryCall", request, timeout=30)).payload.body) != _LARGE:
        raise Failed("the answer has another size")


async def _slow_reader(client: Client) -> None:
    wanted = [ResponseParameters(size=_PIECE)] * _PIECES
    call = client.call("StreamingOutputCall", OutputRequest(response_parameters=wanted), timeout=40)
    sizes = [len((await call.read()).payload.body)]
    for _ in range(20):  # other calls on its connection
        await client.call("UnaryCall", SimpleRequest(response_size=10))
    while (response := await call.read()) is not grpc.aio.EOF:
        sizes.append(len(response.payload.body))
        await asyncio.sleep(_PAUSE)
    if sizes != [_PIECE] * _PIECES:
        raise Failed(f"{len(sizes)} of {_PIECES} messages came")


async def _slow_writer(client: Client) -> None:
    call = client.call("StreamingInputCall", timeout=40)
    for _ in range(_PIECES):
        await call.write(InputRequest(payload=Payload(body=bytes(_PIECE))))
        await asyncio.sleep(_PAUSE)
    await call.done_writing()
    if (size := (await call).aggregated_payload_size) != _PIECES * _PIECE:
        raise Failed(f"{size} bytes came")


async def _goaway(client: Client, provider: Leaving) -> str:
    outcomes = Counter(
        await asyncio.gather(*(_outcome(client.call("EmptyCall", Empty(), timeout=20)) for _ in range(TOGETHER)))
    )
    if outcomes != {"OK": TOGETHER} or provider.answered != TOGETHER:
        raise Failed(f"{_summary(outcomes)}; the provider has answered {provider.answered}")
    return f"{TAKEN} taken before, {TOGETHER - TAKEN} tried elsewhere"


async def _replaced(site: Site, client: Client, first: Counted) -> str:
    """The provider moves to another address; the old one leaves with GOAWAY and lets its calls end."""
    going = asyncio.create_task(_go_on(client))
    await asyncio.sleep(_SECONDS / 8)
    async with Counted() as second:
        await site.provide(f"127.0.0.1:{second.port}")
        await first.leave(_SECONDS)
        outcomes = await going
    if set(outcomes) != {"OK"} or not second.taken:
        raise Failed(f"{_summary(outcomes)}; the new one has taken {second.taken}")
    return _summary(outcomes)


async def _restarted(client: Client, first: Counted) -> str:
    going = asyncio.create_task(_go_on(client))
    await asyncio.sleep(_SECONDS / 4)
    await first.leave(None)
    await asyncio.sleep(_SECONDS / 8)
    async with Counted(first.port) as second:
        outcomes = await going
        if any(result.startswith("bare") for result in outcomes) or not second.taken:
            raise Failed(f"{_summary(outcomes)}; the new one has taken {second.taken}")
    return _summary(outcomes)


async def _aged(client: Client, address: str) -> str:
    if (ending := await asyncio.to_thread(_ending, address)) != "GOAWAY NO_ERROR":
        raise Failed(f"a connection that has its age is {ending}")
    stream = client.call("FullDuplexCall", timeout=40)
    question = OutputRequest(response_parameters=[ResponseParameters(size=1)])
    await stream.write(question)
    await stream.read()
    outcomes = await _go_on(client)
    await stream.write(question)
    if set(outcomes) != {"OK"} or len((await stream.read()).payload.body) != 1:
        raise Failed(_summary(outcomes))
    await stream.done_writing()
    if await stream.read() is not grpc.aio.EOF or await stream.code() is not grpc.StatusCode.OK:
        raise Failed("the stream that was open all the time did not end well")
    return f"{_summary(outcomes)}, and a stream all the time"


def _ending(address: str) -> str:
    with Wire(address) as wire:
        return wire.ending()


async def _go_on(client: Client) -> Mapping[str, int]:
    """Makes calls without a pause, some at once, and counts how they end."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _SECONDS
    outcomes: Counter[str] = Counter()

    async def one_after_the_other() -> None:
        while loop.time() < until:
            outcomes[await _outcome(client.call("UnaryCall", SimpleRequest(response_size=100)))] += 1

    await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))
    return outcomes


async def _outcome(call: Any) -> str:
    """OK, or the status and its reason; "bare" means: no transaction, or no reason of the gateway."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        failure = status.decode(error)
        reason = failure.reason or (failure.message if failure.origin == "provider" else "")
        result = f"{failure.code.name} {reason}"
        return result if reason and failure.transaction_id else f"bare {result}"
    return "OK"


def _summary(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {result}" for result, count in sorted(outcomes.items(), key=lambda each: -each[1]))
