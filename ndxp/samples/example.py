"""Example requests in JSON, from the catalogue, for documents and people; they are about documented citizens."""

from itertools import chain
from typing import Any

from google.protobuf.json_format import MessageToDict

from ndxp.samples import PERSONA, Sample, Turn, samples
from ndxp.world import World

CLIENT = "VN/GOV/H26/one-stop"
"""Who makes the calls, where a request names its caller."""

_MOST_ITEMS = 2
_OTHERS = 1000
"""How many citizens are looked at for one whom a call suits."""


def examples(contract: str) -> dict[str, Any]:
    """Requests by the methods' names, for those methods of a contract that the catalogue has; an array for a stream."""
    world = World()
    return {
        sample.method.name: _example(sample, world)
        for sample in reversed(list(samples().values()))
        if sample.method.containing_service.full_name == contract
    }


def _example(sample: Sample, world: World) -> Any:
    persona = world.persona(PERSONA).citizen
    others = (world.sample(_OTHERS, alive=True) for _ in range(1))  # only where they are needed
    citizen = next(citizen for people in chain([[persona]], others) for citizen in people if sample.suits(citizen))
    requests: list[Any] = sample.make(Turn(world, citizen, 1, CLIENT))[:_MOST_ITEMS]
    if sample.numbered:
        for number, request in enumerate(requests):
            request.request_id = f"00000000-0000-4000-8000-{number:012}"  # a call of one's own needs one of its own
    shown = [MessageToDict(request) for request in requests]
    return shown if sample.method.client_streaming else shown[0]
