"""Agencies on the wire, and a stand-in for the exchange: it gives tokens, signs assertions and forwards calls."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest

from ndxp import clock
from ndxp.agency import jobs
from ndxp.agency.hosting import Agency
from ndxp.civil_status.v1.civil_status_pb2_grpc import CivilStatusServiceStub
from ndxp.client import Credentials, Exchange, Tokens
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.social_security.v1.social_security_pb2_grpc import SocialSecurityServiceStub
from ndxp.subject import SUBJECTS
from ndxp.wire import metadata, status
from ndxp.wire.assertion import Assertion, key_of, sign
from ndxp.wire.streams import keep_status
from ndxp.world import World
from services.population import service as population_service
from tests.support.agencies import COMPOSITIONS, PARTS, agency
from tests.support.fakes import TokenOffice

FailureOf = Callable[[Awaitable[Any]], Awaitable[status.Failure]]
MEMBER = "VN/GOV/H26/one-stop"
OTHER = "VN/GOV/H29/one-stop"
KEEPER = "VN/GOV/G01/lgsp"
CIVIL_STATUS = "VN/GOV/G15/civil-status"
PORTAL = "VN/GOV/G22/public-services"
SCHOOLS, OTHER_SCHOOLS = "VN/GOV/H26/schools", "VN/GOV/H29/schools"


class Secrets(dict[str, str]):
    """Everybody's secret; whoever is not an agency may call too."""

    def __missing__(self, name: str) -> str:
        return f"secret of {name}"


SECRETS = Secrets({SUBJECTS: "key of subjects"})
SECRETS.update({name: SECRETS[name] for part in PARTS.values() for name in part.subsystems})


def judged(client: str, secret: str) -> tuple[int, object]:
    """The control process: a token is the client's name here."""
    if SECRETS[client] == secret:
        return 200, {"access_token": client, "expires_in": 3600}
    return 401, {"error": "invalid_client"}


@dataclass
class Forwarded:
    """A call that went through the stand-in."""

    client: str
    method: str
    transaction_id: str
    metadata: dict[str, Any]
    remaining: float | None
    subjects: str = ""


@dataclass
class Gateway(grpc.GenericRpcHandler):
    """Forwards every call to a provider of its contract, signed; ``failing`` answers methods itself instead.

    ``providers`` are the ways to them, by contract and subsystem.
    """

    providers: dict[tuple[str, str], grpc.aio.Channel] = field(default_factory=dict)
    forwarded: list[Forwarded] = field(default_factory=list)
    failing: dict[str, Callable[[Any], Awaitable[None]]] = field(default_factory=dict)
    target: str = ""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        method = details.method.lstrip("/")

        async def forward(requests: Any, context: Any) -> AsyncIterator[bytes]:
            given = dict(context.invocation_metadata())
            client = given["authorization"].removeprefix("Bearer ")
            contract, _, name = method.partition("/")
            chosen = given.get(metadata.SERVICE)
            subsystem, channel = next(
                (subsystem, channel)
                for (known, subsystem), channel in self.providers.items()
                if (known == contract or chosen) and chosen in (None, subsystem)
            )
            transaction_id = str(uuid4())
            call = Forwarded(client, method, transaction_id, given, context.time_remaining())
            self.forwarded.append(call)
            context.set_trailing_metadata(((metadata.TRANSACTION_ID, transaction_id),))
            if name in self.failing:
                await self.failing[name](context)
            assertion = Assertion(
                client, subsystem, method, transaction_id, given.get(metadata.USER_ID, ""),
                purpose=given.get(metadata.PURPOSE, ""), traceparent=given.get(metadata.TRACEPARENT, ""),
            )  # fmt: skip
            rpc: Any = channel.stream_stream(details.method)(
                requests,
                timeout=context.time_remaining(),
                metadata=((metadata.ASSERTION, sign(assertion, key_of(SECRETS[subsystem]))),),
            )
            upstream = keep_status(rpc)
            try:
                async for response in upstream:
                    yield response
                call.subjects = metadata.subjects(await upstream.trailing_metadata())
            except grpc.aio.AioRpcError as error:
                own = tuple(error.trailing_metadata() or ())
                call.subjects = metadata.subjects(own)
                context.set_trailing_metadata((*own, (metadata.TRANSACTION_ID, transaction_id)))
                await context.abort(error.code(), error.details() or "")
            finally:
                upstream.cancel()

        return grpc.stream_stream_rpc_method_handler(forward)


@dataclass
class Town:
    """The agencies of a test with the exchange before them."""

    world: World
    control: TokenOffice
    gateway: Gateway
    agencies: dict[str, Agency]
    ports: dict[str, int]
    _members: dict[str, Exchange]

    def channel(self, member: str = MEMBER) -> grpc.aio.Channel:
        """The exchange as a member sees it."""
        if member not in self._members:
            tokens = Tokens(self.control.url, Credentials(member, SECRETS[member]))
            self._members[member] = Exchange(self.gateway.target, tokens, retries=False)
        return self._members[member].channel

    def population(self, member: str = MEMBER) -> PopulationServiceStub:
        return PopulationServiceStub(self.channel(member))

    def health_insurance(self, member: str = MEMBER) -> HealthInsuranceServiceStub:
        return HealthInsuranceServiceStub(self.channel(member))

    def passports(self, member: str = MEMBER) -> PassportServiceStub:
        return PassportServiceStub(self.channel(member))

    def civil_status(self, member: str = MEMBER) -> CivilStatusServiceStub:
        return CivilStatusServiceStub(self.channel(member))

    def social_security(self, member: str = MEMBER) -> SocialSecurityServiceStub:
        return SocialSecurityServiceStub(self.channel(member))

    def onward_calls(self) -> list[Forwarded]:
        """The calls that agencies made."""
        own = {subsystem for made in self.agencies.values() for subsystem in made.foundation.part.subsystems}
        return [call for call in self.gateway.forwarded if call.client in own]


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def control() -> Iterator[TokenOffice]:
    control = TokenOffice(judged)
    yield control
    control.close()


@pytest.fixture
def progress() -> str:
    """How passport applications move on; parametrize to change it."""
    return "time"


@pytest.fixture
def step_seconds() -> float:
    return 3600.0


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """A clock of the nation that stands at its first moment until a test moves it."""
    file = tmp_path / "clock"
    clock.begin(file, 0)
    return file


@pytest.fixture
def quick_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agencies look for jobs all the time, and hardly wait before they try one again."""
    monkeypatch.setattr(jobs, "_LOOK_EVERY", 0.005)
    monkeypatch.setattr(jobs, "_FIRST_PAUSE", 0.001)


@pytest.fixture
async def town(
    world: World,
    control: TokenOffice,
    tmp_path: Path,
    progress: str,
    step_seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    """The three agencies on free ports, each with a database of its own."""
    monkeypatch.setattr(population_service, "POLL_SECONDS", 0.005)
    names = ("population", "health_insurance", "passports")
    settings = {"passports_progress": progress, "passports_step_seconds": step_seconds}
    async with open_town(world, control, tmp_path, names, **settings) as town:
        yield town


@asynccontextmanager
async def open_town(
    world: World, control: TokenOffice, folder: Path, names: Sequence[str], **settings: Any
) -> AsyncIterator[Town]:
    """Agencies on free ports, each with a database of its own in the folder; ``settings`` are any that they read."""
    credentials = folder / "credentials.json"
    credentials.write_text(json.dumps(SECRETS), encoding="utf-8")
    gateway = Gateway()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((gateway,))
    gateway.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    common: dict[str, Any] = {
        "control_url": control.url,
        "gateway": gateway.target,
        "credentials": credentials,
        "addresses": {subsystem: "127.0.0.1:0" for name in names for subsystem in PARTS[name].subsystems},
        "database_url": f"sqlite:///{folder}/{{name}}.db",
    }
    agencies = {}
    for name in names:
        own = COMPOSITIONS[name].settings
        wanted = {key: value for key, value in settings.items() if key in own.model_fields}
        agencies[name] = agency(name, own(**common, **wanted), world)
    members: dict[str, Exchange] = {}
    async with AsyncExitStack() as stack:
        await server.start()
        ports = {}
        for name, made in agencies.items():
            ports[name] = await made.start()
            stack.push_async_callback(made.stop)
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{ports[name]}")
            stack.push_async_callback(channel.close)
            for subsystem in PARTS[name].subsystems:
                for contract in PARTS[name].contracts:
                    gateway.providers[contract, subsystem] = channel
        stack.push_async_callback(server.stop, None)
        yield Town(world, control, gateway, agencies, ports, members)
        for member in members.values():
            await member.__aexit__()


@pytest.fixture
def failure_of() -> FailureOf:
    """Awaits a call that must fail, and gives what its caller can know of the failure."""

    async def failure_of(call: Awaitable[Any]) -> status.Failure:
        with pytest.raises(grpc.RpcError) as raised:
            await call
        return status.decode(raised.value)

    return failure_of


@pytest.fixture
def request_id() -> Callable[[], str]:
    return lambda: str(uuid4())
