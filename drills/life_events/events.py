"""The life events of the drill: what is filed, what may happen to it, and how it has to end."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.samples.life_events import ALL_OF_A_DEATH, birth_of, death_of
from ndxp.samples.sample import can_be_mother
from ndxp.world import Citizen, Sex, World
from ndxp.world.registers.participation import Participation

BIRTH, DEATH, SHORT_DEATH = "birth", "death", "death with 2 procedures"
CORRECTED, NOT_CORRECTED = "birth, name corrected", "birth, name not corrected"
NO_MOTHER, WITHDRAWN = "birth with a man as mother", "birth, withdrawn"
_SHARES = {BIRTH: 8, DEATH: 4, SHORT_DEATH: 2, CORRECTED: 2, NOT_CORRECTED: 1, NO_MOTHER: 1, WITHDRAWN: 2}
_MOST_TRIES = 200_000


@dataclass(slots=True)
class Event:
    """An application. ``ends`` is the state that it has to reach; ``dossier`` how it stands, as it was last seen."""

    kind: str
    request: Any
    ends: pb.DossierState
    request_ids: list[str]
    """For what is done after filing, in order; the same for the same seed."""
    right_name: str = ""
    dossier: pb.Dossier = field(default_factory=pb.Dossier)


def events(world: World, count: int, source: random.Random) -> list[Event]:
    """So many events, of people who are in no other one; of each kind at least one where there are enough."""
    kinds = [*_SHARES][:count]
    kinds += source.choices([*_SHARES], weights=[*_SHARES.values()], k=count - len(kinds))
    people = _people(world, source)
    return [_event(kind, world, people, source) for kind in kinds]


def _event(kind: str, world: World, people: Iterator[Citizen], source: random.Random) -> Event:
    request_id, *others = (str(UUID(int=source.getrandbits(128))) for _ in range(3))
    if kind in (DEATH, SHORT_DEATH):
        deceased = next(each for each in people if kind == SHORT_DEATH or _has_pension(world, each))
        procedures = ALL_OF_A_DEATH if kind == DEATH else ALL_OF_A_DEATH[:2]
        request: Any = death_of(deceased, next(people), procedures, request_id=request_id)
        return Event(kind, request, pb.DOSSIER_STATE_DONE, others)
    if kind == NO_MOTHER:
        man = next(each for each in people if each.sex is Sex.MALE and each.age() > 20)
        return Event(kind, birth_of(man, request_id=request_id), pb.DOSSIER_STATE_REFUSED, others)
    mother = next(each for each in people if can_be_mother(each))
    request = birth_of(mother, request_id=request_id)
    if kind in (CORRECTED, NOT_CORRECTED):
        request.birth.mother.full_name = "Nguyễn Không Có"
    ends = {NOT_CORRECTED: pb.DOSSIER_STATE_REFUSED, WITHDRAWN: pb.DOSSIER_STATE_RETURNED}
    return Event(kind, request, ends.get(kind, pb.DOSSIER_STATE_DONE), others, right_name=mother.full_name)


def _people(world: World, source: random.Random) -> Iterator[Citizen]:
    """Living people of whom the registers agree, each once."""
    for citizen in world.sample(_MOST_TRIES, source.getrandbits(32), alive=True):
        if world.inconsistency(citizen.number) is None:
            yield citizen


def _has_pension(world: World, citizen: Citizen) -> bool:
    entry = world.entry(Participation, citizen.number)
    return entry is not None and entry.pension
