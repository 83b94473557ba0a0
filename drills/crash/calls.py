"""What the clients ask: reads, changes with a request_id, and streams, about people drawn from the nation."""

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import grpc

from ndxp.passports.v1 import passports_pb2, passports_pb2_grpc
from ndxp.population.v1 import population_pb2, population_pb2_grpc
from ndxp.world import Citizen, World

_PEOPLE = 400
_BATCH = 5
_MOTHER_AGES = range(20, 41)

Pairs = tuple[tuple[str, str], ...]
Send = Callable[[Pairs, float], grpc.Call]
"""Sends one call with its metadata and deadline in seconds, and gives it when it has ended; raises grpc.RpcError."""


class Calls:
    """Draws calls; to be used by one client."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self._people = list(World().sample(_PEOPLE, self._source.randrange(10**6), alive=True))
        self._mothers = [c for c in self._people if int(c.sex) == population_pb2.SEX_FEMALE and c.age() in _MOTHER_AGES]

    def draw(self, channel: grpc.Channel) -> Send:
        """The next call."""
        population: Any = population_pb2_grpc.PopulationServiceStub(channel)
        passports: Any = passports_pb2_grpc.PassportServiceStub(channel)
        who = self._source.choice(self._people)
        kinds: dict[Callable[[], Send], int] = {
            lambda: _unary(population.GetCitizen, population_pb2.GetCitizenRequest(**_claim(who))): 3,
            lambda: _unary(population.VerifyCitizen, population_pb2.VerifyCitizenRequest(**_claim(who))): 3,
            lambda: _unary(population.ChangeAddress, _move(who)): 3,
            lambda: _unary(population.RegisterBirth, _birth(self._source.choice(self._mothers))): 1,
            lambda: _unary(passports.SubmitApplication, _application(who)): 1,
            lambda: _stream(population.BatchVerifyCitizens, self._batch()): 2,
        }
        (make,) = self._source.choices(list(kinds), list(kinds.values()))
        return make()

    def pause(self) -> float:
        """Seconds until the next call."""
        return self._source.uniform(0.0, 0.03)

    def _batch(self) -> list[population_pb2.BatchVerifyCitizensRequest]:
        people = self._source.choices(self._people, k=_BATCH)
        return [
            population_pb2.BatchVerifyCitizensRequest(item_id=str(item), **_claim(who))
            for item, who in enumerate(people)
        ]


def _unary(method: Any, request: Any) -> Send:
    def send(pairs: Pairs, timeout: float) -> grpc.Call:
        _, call = method.with_call(request, metadata=pairs, timeout=timeout)
        ended: grpc.Call = call
        return ended

    return send


def _stream(method: Any, requests: list[Any]) -> Send:
    def send(pairs: Pairs, timeout: float) -> grpc.Call:
        call = method(iter(requests), metadata=pairs, timeout=timeout)
        for _ in call:
            pass
        ended: grpc.Call = call
        return ended

    return send


def _claim(who: Citizen) -> dict[str, str]:
    return {"citizen_number": who.number, "full_name": who.full_name, "birth_date": who.birth_date.isoformat()}


def _move(who: Citizen) -> population_pb2.ChangeAddressRequest:
    province = who.birth_registration.province
    address = population_pb2.Address(province=province, ward="Phường 1", detail=f"Số {uuid4().int % 1000}")
    return population_pb2.ChangeAddressRequest(
        request_id=str(uuid4()), citizen_number=who.number, current_address=address
    )


def _birth(mother: Citizen) -> population_pb2.RegisterBirthRequest:
    return population_pb2.RegisterBirthRequest(
        request_id=str(uuid4()), surname="Trần", middle_name="Minh", given_name="An", sex=population_pb2.SEX_FEMALE,
        birth_date="2023-06-15", province=mother.birth_registration.province, mother_number=mother.number,
    )  # fmt: skip


def _application(who: Citizen) -> passports_pb2.SubmitApplicationRequest:
    return passports_pb2.SubmitApplicationRequest(
        request_id=str(uuid4()), delivery_address=str(who.current_address), **_claim(who)
    )
