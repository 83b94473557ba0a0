"""One gateway worker: ``python -m gateway.dataplane``. Several share a port; each is a process of its own."""

import asyncio
import contextlib
import gc
import logging
import resource
import sys
from functools import partial

if __name__ == "__main__":
    gc.disable()  # until `run_process`

import msgspec
import redis
import uvloop

from gateway.announcements import Announcements
from gateway.dataplane.allowance import Allowances
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.directory import Directory
from gateway.dataplane.faults import FaultCounts
from gateway.dataplane.gauges import gauges
from gateway.dataplane.journal import Journal
from gateway.dataplane.listener import Listener
from gateway.dataplane.pipeline import WorkerState
from gateway.dataplane.relay import Relays
from gateway.dataplane.upstream import Upstreams
from gateway.registry_store import VERSION, RegistryStore, StateLost
from gateway.settings import GatewaySettings
from gateway.store import STREAM, connect
from ndxp.metrics import shown
from ndxp.process import end, freeze, pulse, run_process, until_stopped
from ndxp.wire.tls import GATEWAY, Tls
from ndxp.wire.tracing import tracer

_FIRST, _WATCH, _ATTEND = 0.05, 0.5, 0.5
"""Seconds between two looks for the first registry, for a newer one, and between two checks of calls under way."""

SERVICE = "ndxp-gateway"
"""The gateway's service name in traces; members have their identifiers."""

_SPARE_FILES = 200
"""File descriptors that a worker needs besides its connections."""

_log = logging.getLogger("gateway")


class Worker:
    """Everything a worker is made of, and its background duties."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._store = connect(settings.redis_url)
        self._registry = RegistryStore(self._store)
        self._announcements = Announcements(settings.redis_url)
        tls = Tls.load(settings.tls_folder, GATEWAY) if settings.tls_folder else None
        deadlines = Deadlines(asyncio.get_running_loop())
        self._upstreams = Upstreams(tls)
        journal = Journal(settings.redis_url, settings.journal_patience, settings.durability)
        self.state = WorkerState(
            settings,
            settings.name,
            journal,
            Allowances(self._store, settings.name),
            fault_counts=FaultCounts(self._store),
        )
        self._directory = Directory(self.state, self._upstreams, deadlines)
        spans = tracer(SERVICE, settings.name)
        self._relays = Relays(self.state, self._upstreams, deadlines, spans)
        self._listener = Listener(settings, self._relays, self._directory, tls)
        self._upstreams.turn = self._listener.turns.turn
        self._lost = False  # whether the store has less of the registry than this worker has read of it

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT; then finishes the calls in flight. Raises OSError for a taken port."""
        async with asyncio.TaskGroup() as duties:
            stopped = duties.create_task(until_stopped())
            journal = self.state.journal
            serving = (journal.run, self._attend, self.state.allowances.run)
            writing = [duties.create_task(duty()) for duty in serving]
            loaded = duties.create_task(self._first_load())
            await asyncio.wait((stopped, loaded), return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                await end([loaded, *writing])
                return
            following = (self._watch, self._announcements.run, self._directory.follow)
            watchers = [duties.create_task(duty()) for duty in following]
            freeze()
            _log.info("%s takes calls on %s", self.state.node, await self._listener.open())
            await stopped
            await end(watchers)
            self._directory.drain()
            await asyncio.sleep(self._settings.notice)
            await self._listener.close(self._settings.drain)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(journal.flushed(), self._settings.journal_patience)
            await end(writing)
        await self._upstreams.close()
        await self._store.aclose()

    async def _first_load(self) -> None:
        _log.info("waiting for the registry in the store")
        unread = 0
        while True:
            with contextlib.suppress(redis.RedisError):
                version = await self._registry.version()
                if version not in (0, unread):
                    try:
                        return await self._load()
                    except msgspec.ValidationError as error:
                        # It cannot decide about calls, and a restart would not change that, so it waits.
                        unread = version
                        _log.error(
                            "version %d of the registry is of newer software (%s); this gateway takes no calls until "
                            "it is upgraded too",
                            version, error,
                        )  # fmt: skip
            await asyncio.sleep(_FIRST)

    async def _load(self) -> None:
        published = await self._registry.load()
        state, addresses = self.state, self._settings.addresses
        state.snapshot = published.snapshot
        state.tokens.use_keys(published.token_keys)
        state.provider_keys = published.provider_keys
        state.salt_key = published.salt_key
        state.generations = published.generations
        services = published.snapshot.registry.services
        current = {service.listens_at(addresses) for service in services} | published.snapshot.faults.addresses
        state.admission.keep(current)
        self._upstreams.keep(current)
        self._directory.show(published.snapshot, addresses)

    async def _look(self) -> int:
        """The registry's version, and how many journal entries wait, in one request to the store."""
        async with self._store.pipeline(transaction=False) as pipe:
            pipe.get(VERSION)
            pipe.xlen(STREAM)
            version, self.state.admission.backlog = await pipe.execute()
        return int(version or 0)

    def _notice_loss(self, lost: bool) -> None:
        """Notes whether the store has lost the registry: calls go on with the known one, but health is NOT_SERVING."""
        if lost and not self._lost:
            _log.error(
                "the store has lost the registry, or a part of it; this gateway waits until control has put it back"
            )
        elif self._lost and not lost:
            _log.info("the registry is back in the store")
        self._lost = lost

    async def _watch(self) -> None:
        unread = 0
        while True:
            with contextlib.suppress(redis.RedisError):
                version = await self._look()
                if version < self.state.snapshot.version:
                    self._notice_loss(True)
                elif version not in (self.state.snapshot.version, unread):
                    try:
                        await self._load()
                        self._notice_loss(False)
                        self._relays.dismiss()
                    except StateLost:
                        self._notice_loss(True)
                    except msgspec.ValidationError as error:
                        # During an upgrade. An unknown field may restrict a right, so it must not be ignored.
                        unread = version
                        _log.error(
                            "version %d of the registry is of newer software (%s); calls go on by version %d, and no "
                            "change is followed until this gateway is upgraded too",
                            version, error, self.state.snapshot.version,
                        )  # fmt: skip
            await self._announcements.wait(_WATCH)

    async def _attend(self) -> None:
        """Ends waits that took too long, ends calls that are no longer allowed, and sets the health of the worker."""
        state = self.state
        while True:  # from the start, because health is SERVING until it is set
            state.journal.expire()
            self._relays.dismiss()
            ready = state.journal.available and not state.admission.journal_full and not self._lost
            self._directory.serving(ready)
            await pulse(_ATTEND)


async def _run(settings: GatewaySettings) -> None:
    _raise_file_limit(settings.max_connections + _SPARE_FILES)
    worker = Worker(settings)
    state = worker.state
    async with shown(settings.metrics_address, state.traffic.collect, partial(gauges, state)):
        await worker.run()


def _raise_file_limit(wanted: int) -> None:
    """Lets the process have as many descriptors as its connections need, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        _log.warning("the system allows %d descriptors, and connections may need %d (ulimit -Hn)", allowed, wanted)


def main() -> int:
    """Runs a worker; exit code 0 after a stop, 1 when it cannot start, 2 for wrong settings."""
    return run_process("gateway", GatewaySettings, _run, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
