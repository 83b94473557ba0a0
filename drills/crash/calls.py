"""The clients' calls: sample calls (reads, changes and streams) about random people of the nation."""

import random
from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import uuid4

import grpc

from ndxp.samples import Sample, Turn, samples
from ndxp.world import World

CLIENT = "VN/GOV/H26/one-stop"
"""The subsystem that calls."""

_PEOPLE = 400

Pairs = tuple[tuple[str, str], ...]
Send = Callable[[Pairs, float], grpc.Call]
"""Sends one call with metadata and a deadline in seconds; returns it when it has ended; raises grpc.RpcError."""


class Calls:
    """Draws random calls, for one client."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self._world = World()
        people = list(self._world.sample(_PEOPLE, self._source.randrange(10**6), alive=True))
        self._kinds = [sample for sample in samples().values() if sample.drills]
        self._weights = [sample.drills for sample in self._kinds]
        self._people = {sample.name: [one for one in people if sample.suits(one)] for sample in self._kinds}
        self._turns = count(self._source.randrange(10**6))

    def draw(self, channel: grpc.Channel) -> Send:
        """The next call."""
        [sample] = self._source.choices(self._kinds, self._weights)
        who = self._source.choice(self._people[sample.name])
        requests: list[Any] = sample.make(Turn(self._world, who, next(self._turns), CLIENT))
        if sample.numbered:
            for request in requests:
                request.request_id = str(uuid4())
        return _prepare(channel, sample, requests)

    def pause(self) -> float:
        """Seconds until the next call."""
        return self._source.uniform(0.0, 0.03)


def _prepare(channel: grpc.Channel, sample: Sample, requests: list[Any]) -> Send:
    method = sample.method
    streams = method.client_streaming or method.server_streaming
    rpc: Any = (channel.stream_stream if streams else channel.unary_unary)(
        f"/{sample.full_method}",
        request_serializer=type(requests[0]).SerializeToString,
        response_deserializer=sample.answer.FromString,
    )

    def send(pairs: Pairs, timeout: float) -> grpc.Call:
        if streams:
            call = rpc(iter(requests), metadata=pairs, timeout=timeout)
            for _ in call:
                pass
        else:
            _, call = rpc.with_call(requests[0], metadata=pairs, timeout=timeout)
        ended: grpc.Call = call
        return ended

    return send
