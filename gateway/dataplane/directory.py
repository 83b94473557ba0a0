"""Health and reflection of every registered service at the gateway's own port."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from gateway.core.registry import Snapshot
from gateway.core.transaction import Call
from gateway.dataplane import headers, health, reflection, unary
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.health import Health, Status
from gateway.dataplane.pipeline import Claim, WorkerState, identify
from gateway.dataplane.reflection import Reflection
from gateway.dataplane.unary import Unanswered
from gateway.dataplane.upstream import Upstreams
from ndxp.errors import Code
from ndxp.http2 import Stream, StreamUser
from ndxp.http2.fields import Request

if TYPE_CHECKING:
    from gateway.dataplane.certificates import Certificate

_ALL_EVERY, _AGAIN = 30.0, 0.2
"""Seconds between two questions to the providers about all services, and about those that may be down."""

_PROBE_TIMEOUT = 1.0
ALIVE = "alive"
"""The health of this name is SERVING whenever the worker can answer: one that takes no calls need not be killed."""


class Directory:
    """Answers ``grpc.health.v1`` from probes of the providers, and reflection from the registry's contracts."""

    def __init__(self, state: WorkerState, upstreams: Upstreams, deadlines: Deadlines) -> None:
        self._state = state
        self._upstreams = upstreams
        self._health = Health(deadlines)
        self._reflection = Reflection(deadlines)
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._doubtful: set[str] = set()  # contracts that may be down
        self._doubt = asyncio.Event()
        upstreams.on_loss = self._lost

    def accept(
        self, stream: Stream, request: Request, connection: object, certificate: "Certificate | None"
    ) -> StreamUser | None:
        """Takes a call of health or reflection; None for any other."""
        path, longest = request.path, self._state.settings.max_stream_deadline
        if path in (health.CHECK, health.WATCH):
            return self._health.accept(stream, connection, longest, watch=path == health.WATCH)
        if path in reflection.PATHS:
            return self._reflection.accept(stream, lambda: self._may_reflect(request, certificate), longest)
        return None

    def show(self, snapshot: Snapshot, addresses: dict[str, str]) -> None:
        """Takes the contracts and addresses of a new snapshot; ``addresses`` override the registry's."""
        self._reflection.show(snapshot)
        before = self._addresses
        self._addresses = {
            contract: tuple(dict.fromkeys(s.listens_at(addresses) for s in services.values() if not s.disabled))
            for contract, services in snapshot.providers.items()
        }
        for contract in before.keys() - self._addresses.keys():
            self._health.set(contract, Status.SERVICE_UNKNOWN)
        self._ask_soon(contract for contract, at in self._addresses.items() if at != before.get(contract))

    def serving(self, ready: bool) -> None:
        """Sets the health of the gateway itself: that it is alive, and whether it takes calls."""
        self._health.set(ALIVE, Status.SERVING)
        self._health.set("", Status.SERVING if ready else Status.NOT_SERVING)

    def drain(self) -> None:
        """Sets everything to NOT_SERVING for good."""
        self._health.end()

    async def follow(self) -> None:
        """Asks the providers how their services are, until cancelled.

        A service that is new, or whose provider has closed a connection, is asked about at once, and until it is up.
        """
        loop = asyncio.get_running_loop()
        while True:
            all_at = loop.time() + _ALL_EVERY
            self._ask_soon(self._addresses)
            while loop.time() < all_at:
                await self.probe()
                await asyncio.sleep(_AGAIN)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(all_at):
                        await self._doubt.wait()

    async def probe(self) -> bool:
        """Asks how the services are that may be down; returns whether they are all up.

        A service is up when one of its providers says so.
        """
        asked = {contract: self._addresses[contract] for contract in self._doubtful & self._addresses.keys()}
        self._doubtful.clear()
        self._doubt.clear()
        async with asyncio.TaskGroup() as group:
            probes = {contract: group.create_task(self._probe(contract, at)) for contract, at in asked.items()}
        down = [contract for contract, probe in probes.items() if not probe.result()]
        self._ask_soon(contract for contract in down if asked[contract])
        return not down

    def _ask_soon(self, contracts: Iterable[str]) -> None:
        self._doubtful.update(contracts)
        if self._doubtful:
            self._doubt.set()

    def _lost(self, address: str) -> None:
        """A connection to a provider is lost: what it serves may be down."""
        self._ask_soon(contract for contract, addresses in self._addresses.items() if address in addresses)

    def _may_reflect(self, request: Request, certificate: "Certificate | None") -> None:
        """Raises Refusal for callers who could make no calls, unless reflection is open."""
        if not self._state.settings.open_reflection:
            pairs = headers.RequestHead(request.fields).pairs
            identify(self._state, Call(reflection.V1), Claim(pairs, None, certificate))

    async def _probe(self, contract: str, addresses: Sequence[str]) -> bool:
        """Asks whether a service is up, and notes it; the other providers only if the first one does not say so."""
        up = False
        for some in (addresses[:1], addresses[1:]):
            up = up or any(await asyncio.gather(*(self._ask(address, contract) for address in some)))
        self._health.set(contract, Status.SERVING if up else Status.NOT_SERVING)
        return up

    async def _ask(self, address: str, contract: str) -> bool:
        question = health_pb2.HealthCheckRequest(service=contract).SerializeToString()
        try:
            answer = await unary.call(self._upstreams, address, health.CHECK[1:], question, _PROBE_TIMEOUT)
        except Unanswered as error:
            # A provider without the health service is up when it answers at all.
            return error.code in (Code.UNIMPLEMENTED, Code.NOT_FOUND)
        try:
            return bool(Status.FromString(answer).status == Status.SERVING)
        except DecodeError:
            return False
