"""The demo's traffic: a sample of the reported year, replayed through the gateway and held against three counts."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

import grpc

from ndxp.access_log.v1 import access_log_pb2, access_log_pb2_grpc
from ndxp.admin import Session
from ndxp.client import Exchange
from ndxp.health_insurance.v1 import health_insurance_pb2, health_insurance_pb2_grpc
from ndxp.passports.v1 import passports_pb2, passports_pb2_grpc
from ndxp.population.v1 import population_pb2, population_pb2_grpc
from ndxp.sandbox.life import OPERATIONS
from ndxp.wire import metadata
from ndxp.world import Citizen, World, normalise_name

MATCHED, DIFFERED = 604_825_046, 409_648_471
"""Requests to the population database until June 2023: those that matched in full, and those with a difference."""

REQUESTS = 5000
CHECK_INS = 200
APPLICATIONS = 100
_AT_ONCE = 32
_PATIENCE, _AGAIN = 60.0, 0.25

PERSONA = "traveller"
"""The documented citizen in whose name the sample begins: verified once, checked in once, an applicant once."""

POPULATION, INSURER, IMMIGRATION = "VN/GOV/G01/population", "VN/GOV/G24/health-insurance", "VN/GOV/G01/passports"
VERIFY = "ndxp.population.v1.PopulationService/VerifyCitizen"
GET = "ndxp.population.v1.PopulationService/GetCitizen"
CHECK_IN = "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn"
SUBMIT = "ndxp.passports.v1.PassportService/SubmitApplication"

_Book: TypeAlias = "Counter[tuple[str, str]]"  # how often a client was answered by a method

Claim = tuple[str, str, str]
"""Number, name and birth date, as a caller states them."""


@dataclass(slots=True)
class Count:
    """One row of the reckoning: what was sent, what came back, and what the two independent books say."""

    what: str
    sent: int
    answered: int = 0
    yes: int = 0
    no: int = 0
    expected_yes: int | None = None
    agency: int = 0
    ledger: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def reconciles(self) -> bool:
        """Whether all the numbers are the same."""
        counts = {self.sent, self.answered, self.yes + self.no, self.agency, self.ledger}
        return len(counts) == 1 and self.expected_yes in (None, self.yes)


def split(requests: int) -> tuple[int, int]:
    """How many of so many requests match and differ when they are split as reported."""
    matching = round(requests * MATCHED / (MATCHED + DIFFERED))
    return matching, requests - matching


def claims(world: World, requests: int, seed: int) -> list[tuple[Claim, bool]]:
    """Claims of citizens, each with whether it must match, in random order.

    Every fourth that matches is written without diacritics, the persona's among them. Those that differ have, in
    turn, a wrong name, a wrong birth date and a number that nobody has.
    """
    matching, _ = split(requests)
    people = _people(world, requests, seed)
    made = [(_true_claim(person, index % 4 == 0), True) for index, person in enumerate(people[:matching])]
    made += [(_false_claim(world, person, index), False) for index, person in enumerate(people[matching:])]
    random.Random(seed).shuffle(made)
    return made


def _people(world: World, count: int, seed: int, *, alive: bool = False) -> list[Citizen]:
    return [world.persona(PERSONA).citizen, *world.sample(count - 1, seed, alive=alive)]


def _true_claim(person: Citizen, plain: bool) -> Claim:
    name = normalise_name(person.full_name) if plain else person.full_name
    return person.number, name, person.birth_date.isoformat()


def _false_claim(world: World, person: Citizen, index: int) -> Claim:
    number, name, born = person.number, person.full_name, person.birth_date
    if index % 3 == 0:
        return number, f"{person.surname} {person.middle_name} {person.given_name}h", born.isoformat()
    if index % 3 == 1:
        return number, name, (born - timedelta(days=1)).isoformat()
    return world.absent_number(index), name, born.isoformat()


class Replay:
    """Replays a sample of the reported traffic on an exchange that nobody else uses meanwhile.

    ``advance`` is told of every answer. What the books held before does not count.
    """

    def __init__(self, session: Session, advance: Callable[[], None], seed: int = 2023) -> None:
        self._session = session
        self._advance = advance
        self._world = World()
        self._random = random.Random(seed)
        self._seed = seed
        self._stack = AsyncExitStack()
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._before: tuple[_Book, _Book] = (Counter(), Counter())
        self.seconds = 0.0

    async def __aenter__(self) -> "Replay":
        self._before = await self._books()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def verifications(self, requests: int) -> Count:
        """Ministries, provinces and companies verify citizens."""
        consumers = self._consumers()
        planned = claims(self._world, requests, self._seed)
        count = Count("VerifyCitizen, by 80 members", requests, expected_yes=sum(expected for _, expected in planned))

        async def verify(claim: Claim) -> bool:
            number, name, born = claim
            request = population_pb2.VerifyCitizenRequest(citizen_number=number, full_name=name, birth_date=born)
            stub = population_pb2_grpc.PopulationServiceStub(await self._channel(self._random.choice(consumers)))
            return bool((await stub.VerifyCitizen(request)).matched)

        for consumer in consumers:
            await self._channel(consumer)
        began = time.monotonic()
        await self._all(count, verify, [claim for claim, _ in planned])
        self.seconds = time.monotonic() - began
        return count

    async def check_ins(self, patients: int) -> Count:
        """Hospitals check patients in; the insurer verifies each at the population database."""
        count = Count("CheckIn, by hospitals", patients)
        hospitals = [client for client in self._subsystems("provinces") if client.endswith("/hospital")]

        async def check_in(person: Citizen) -> bool:
            number, name, born = _true_claim(person, False)
            hospital = self._random.choice(hospitals)
            request = health_insurance_pb2.CheckInRequest(
                request_id=str(uuid.uuid4()), citizen_number=number, full_name=name, birth_date=born,
                facility=hospital.split("/")[2],
            )  # fmt: skip
            stub = health_insurance_pb2_grpc.HealthInsuranceServiceStub(await self._channel(hospital))
            return bool((await stub.CheckIn(request)).admitted)

        await self._all(count, check_in, _people(self._world, patients, self._seed + 1, alive=True))
        return count

    async def applications(self, applicants: int) -> Count:
        """Provinces submit passport applications; the department verifies each applicant."""
        count = Count("SubmitApplication, provinces", applicants)
        offices = [client for client in self._subsystems("provinces") if client.endswith("/one-stop")]

        async def submit(person: Citizen) -> bool:
            number, name, born = _true_claim(person, False)
            request = passports_pb2.SubmitApplicationRequest(
                request_id=str(uuid.uuid4()), citizen_number=number, full_name=name, birth_date=born,
                delivery_address=str(person.current_address),
            )  # fmt: skip
            stub = passports_pb2_grpc.PassportServiceStub(await self._channel(self._random.choice(offices)))
            application = (await stub.SubmitApplication(request)).application
            return bool(application.state != passports_pb2.APPLICATION_STATE_REFUSED)

        await self._all(count, submit, _people(self._world, applicants, self._seed + 2, alive=True))
        return count

    async def refused(self, client: str) -> str:
        """A call by a member without a grant; returns its transaction id, "" should it not be refused."""
        stub = population_pb2_grpc.PopulationServiceStub(await self._channel(client))
        try:
            await stub.GetCitizen(population_pb2.GetCitizenRequest())
        except grpc.aio.AioRpcError as error:
            trailing = dict(error.trailing_metadata() or ())
            return str(trailing.get(metadata.TRANSACTION_ID, ""))
        return ""

    async def reckon(self, verified: Count, checked_in: Count, applied: Count) -> list[Count]:
        """Fills in what the agencies' access logs and the ledger counted, nested calls on rows of their own."""
        now = await self._books()
        agencies, ledger = (book - before for book, before in zip(now, self._before, strict=True))
        nested = [
            Count("  nested, by the insurer", checked_in.answered, checked_in.answered),
            Count("  nested, by Immigration", applied.answered, applied.answered),
        ]
        own = (INSURER, IMMIGRATION)
        for count, method, clients in (
            (verified, VERIFY, None), (checked_in, CHECK_IN, None), (nested[0], GET, own[:1]),
            (applied, SUBMIT, None), (nested[1], GET, own[1:]),
        ):  # fmt: skip
            count.agency, count.ledger = (_sum(book, method, clients, own) for book in (agencies, ledger))
        for count in nested:
            count.yes = count.agency
        return [verified, checked_in, nested[0], applied, nested[1]]

    async def _books(self) -> tuple[_Book, _Book]:
        """What the agencies' access logs and the ledger have counted as answered with OK."""
        agencies: _Book = Counter()
        for provider in (POPULATION, INSURER, IMMIGRATION):
            stub = access_log_pb2_grpc.AccessLogServiceStub(await self._channel(OPERATIONS))
            answer = await stub.CountAccesses(
                access_log_pb2.CountAccessesRequest(), metadata=((metadata.SERVICE, provider),)
            )
            agencies.update({(c.client, c.method): c.count for c in answer.counts if c.status_code == 0})
        ledger: _Book = Counter()
        for total in self._recorded():
            if total["status_code"] == 0:
                ledger[total["client"], total["method"]] += total["count"]
        return agencies, ledger

    def _recorded(self) -> list[dict[str, Any]]:
        """The ledger's totals, when it has all that was answered; those that it has when that takes too long."""
        deadline = time.monotonic() + _PATIENCE
        while not (found := self._session.get("/totals"))["caught_up"] and time.monotonic() < deadline:
            time.sleep(_AGAIN)  # control waits itself, unless its store is away
        totals: list[dict[str, Any]] = found["totals"]
        return totals

    async def _all(self, count: Count, ask: Callable[[Any], Awaitable[bool]], questions: Sequence[Any]) -> None:
        """Asks everything, so many at once, and counts the answers in."""
        waiting = iter(questions)

        async def worker() -> None:
            for question in waiting:
                try:
                    yes = await ask(question)
                except grpc.aio.AioRpcError as error:
                    name = error.code().name
                    count.failures[name] = count.failures.get(name, 0) + 1
                else:
                    count.answered += 1
                    count.yes += yes
                    count.no += not yes
                self._advance()

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(worker())

    async def _channel(self, client: str) -> grpc.aio.Channel:
        if client not in self._channels:
            exchange = Exchange(self._session.state.gateway, self._session.tokens(client))
            self._channels[client] = (await self._stack.enter_async_context(exchange)).channel
        return self._channels[client]

    def _consumers(self) -> list[str]:
        """One subsystem of every member that is connected to the population database, the agencies left out."""
        front = ("/one-stop", "/lgsp", "/ekyc")
        return [client for client in self._subsystems("connected") if client.endswith(front)]

    def _subsystems(self, group: str) -> list[str]:
        members = self._session.get("/members", group=group)
        return [f"{member['id']}/{name}" for member in members for name in member["subsystems"]]


def _sum(book: _Book, method: str, clients: Sequence[str] | None, agencies: Sequence[str]) -> int:
    """How often a book has a method: by these clients, or by all that are no agencies."""
    return sum(
        number
        for (client, called), number in book.items()
        if called == method and (client in clients if clients is not None else client not in agencies)
    )
