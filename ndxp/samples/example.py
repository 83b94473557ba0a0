"""Example requests in JSON, from the catalogue, for documents and people; they are about documented citizens."""

from typing import Any

from ndxp.messages import plain
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
    citizen = world.persona(PERSONA).citizen
    if not sample.suits(citizen):
        citizen = next(filter(sample.suits, world.sample(_OTHERS, alive=True)))
    requests: list[Any] = sample.make(Turn(world, citizen, 1, CLIENT))[:_MOST_ITEMS]
    if sample.numbered:
        for number, request in enumerate(requests):
            request.request_id = f"00000000-0000-4000-8000-{number:012}"  # a call of one's own needs one of its own
    shown = list(map(plain, requests))
    return shown if sample.method.client_streaming else shown[0]
