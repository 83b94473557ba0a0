"""Placeholders in requests that a profile defines, such as $number or $id, filled in for each call."""

from collections.abc import Callable, Iterator, Mapping
from string import Template
from typing import Any

from ndxp.identifiers import member_of
from ndxp.samples import Turn
from ndxp.world import normalise_name

ID = "5d0c6f1e9ab24c7783e1f0a46b92d835"
"""The first value of $id; it has the same length as the values that replace it each time the request is sent."""


_VALUES: Mapping[str, Callable[[Turn], str]] = {
    "number": lambda turn: turn.citizen.number,
    "full_name": lambda turn: turn.citizen.full_name,
    "plain_name": lambda turn: normalise_name(turn.citizen.full_name),
    "birth_date": lambda turn: turn.citizen.birth_date.isoformat(),
    "address": lambda turn: str(turn.citizen.current_address),
    "absent_number": lambda turn: turn.world.absent_number(turn.number),
    "turn": lambda turn: str(turn.number),
    "client": lambda turn: turn.client,
    "member": lambda turn: member_of(turn.client).rpartition("/")[2],
    "id": lambda _: ID,
}


NAMES = tuple(_VALUES)


def complaint(request: Any) -> str:
    """What is wrong with the placeholders of a request; empty when nothing is."""
    for text in _texts(request):
        template = Template(text)
        if not template.is_valid():
            return f"{text[:100]!r} has a $ without a name behind it; a $ itself is written $$"
        if unknown := [name for name in template.get_identifiers() if name not in _VALUES]:
            return f"there is no ${unknown[0][:100]}; there are: {', '.join(f'${name}' for name in NAMES)}"
    return ""


def fill(request: Any, turn: Turn) -> Any:
    """The request with its placeholders filled in; it must have passed ``complaint``."""
    match request:
        case str():
            template = Template(request)
            return template.substitute({name: _VALUES[name](turn) for name in template.get_identifiers()})
        case list():
            return [fill(item, turn) for item in request]
        case dict():
            return {key: fill(item, turn) for key, item in request.items()}
        case _:
            return request


def _texts(request: Any) -> Iterator[str]:
    match request:
        case str():
            yield request
        case list():
            for item in request:
                yield from _texts(item)
        case dict():
            yield from _texts(list(request.values()))
