"""Runs agencies in one process: one world, one loop, a graceful stop."""

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from ndxp.agency.contract import check
from ndxp.agency.database import Database
from ndxp.agency.jobs import Handler, Jobs
from ndxp.agency.onward import Onward
from ndxp.agency.parts import Part
from ndxp.agency.retention import Retention
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.agency.traffic import collect
from ndxp.clock import Clock, ClockRefused
from ndxp.metrics import shown
from ndxp.process import freeze, start_logging, until_stopped, warn_of_unknown, wrong_settings
from ndxp.world import World

_log = logging.getLogger("services")
_Settings = TypeVar("_Settings", bound=AgencySettings)


@dataclass(slots=True)
class Foundation(Generic[_Settings]):
    """What an agency is built on: its part of the exchange, its settings, the world, the clock, a database of its own.

    What it adds to ``ending`` tells calls without an end of their own to end; what it adds to ``closing`` runs when no
    call is left.
    """

    part: Part
    settings: _Settings
    world: World
    database: Database
    clock: Clock
    jobs: list[Jobs] = field(default_factory=list)
    ending: list[Callable[[], None]] = field(default_factory=list)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def onward(self) -> Onward:
        """The agency's way to other agencies, through the gateway; it is closed with the agency."""
        settings = self.settings
        onward = Onward(gateway=settings.gateway, control_url=settings.control_url, credentials=settings.credentials)
        self.closing.append(onward.close)
        return onward

    def works(self, handlers: Mapping[str, Handler]) -> None:
        """Says how the agency does the work that its methods leave for later, by the kind of the job."""
        self.jobs.append(Jobs(self.database, self.clock, handlers))


@dataclass(frozen=True, slots=True)
class Composition(Generic[_Settings]):
    """How an agency is put together.

    ``build`` makes what answers its calls; ``register`` are the generated ``add_...Servicer_to_server`` of its
    contracts, in the order in which its part names them.
    """

    build: Callable[[Foundation[_Settings]], Any]
    register: Sequence[Callable[[Any, Any], None]]
    settings: type[_Settings]


class Agency:
    """An agency over a world, not started yet. Raises PartRefused when it does not do what its part says."""

    def __init__(
        self, part: Part, composition: Composition[_Settings], settings: _Settings, world: World, usual_port: int = 0
    ) -> None:
        database = Database(settings.database_url.replace("{name}", part.name))
        self.foundation = Foundation(part, settings, world, database, Clock(settings.clock_file))
        self.server = AgencyServer(part.subsystems, settings.credentials, database, settings.tls_folder)
        self.retention = Retention(database, settings.access_log_limits)
        servicer = composition.build(self.foundation)
        check(part, servicer)
        for contract, register in zip(part.contracts, composition.register, strict=True):
            self.server.add(contract, servicer, register)
        self._working: list[asyncio.Task[None]] = []
        self._address = settings.addresses.get(part.subsystems[0], f"127.0.0.1:{usual_port}")

    async def start(self) -> int:
        """Starts serving and returns the port; raises OSError when the address is taken."""
        part = self.foundation.part
        port = await self.server.start(self._address)
        host = self._address.rpartition(":")[0]
        runs_as, offers = _in_short(part.subsystems), _in_short(part.contracts)
        _log.info("%s (%s) serves %s on %s:%d", part.name, runs_as, offers, host, port)
        self._working = [asyncio.create_task(jobs.run()) for jobs in self.foundation.jobs]
        return port

    async def stop(self) -> None:
        """Lets calls in flight finish, then closes what the agency opened."""
        for end in self.foundation.ending:
            end()
        for working in self._working:
            working.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self.server.stop()
        for close in self.foundation.closing:
            await close()
        self.foundation.database.close()


def _in_short(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def host(agencies: Sequence[tuple[Part, Composition[Any]]], ports: Mapping[str, int], called: str) -> int:
    """Serves until SIGTERM; returns the exit code: 0 stopped, 1 cannot start, 2 settings are wrong.

    It turns the garbage collector on, as ``run_process`` does.
    ``ports`` are the usual ones, by the agencies' names, where the settings say nothing of an address; ``called`` is
    what lines about failures begin with. Raises what an agency raises while it is put together.
    """
    gc.enable()
    try:
        settings = [composition.settings() for _, composition in agencies]
        start_logging(settings[0], "services")
        warn_of_unknown(*settings)
        world = World(settings[0].seed, settings[0].population)
    except ValidationError as error:
        return _failed(called, 2, f"wrong setting: {'; '.join(wrong_settings(error))}")
    except (SettingsError, ValueError) as error:
        return _failed(called, 2, f"wrong setting: {error}")
    planned = [
        partial(Agency, part, composition, own, world, ports[part.name])
        for (part, composition), own in zip(agencies, settings, strict=True)
    ]
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(planned, settings[0].metrics_address))
    except ClockRefused as error:
        return _failed(called, 2, str(error))
    except OSError as error:
        return _failed(called, 1, str(error))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return _failed(called, 1, f"cannot open the database ({reason}); see NDXP_DATABASE_URL")
    return 0


async def _serve(planned: Sequence[Callable[[], Agency]], metrics_address: str) -> None:
    told_to_stop = asyncio.create_task(until_stopped())
    await asyncio.sleep(0)  # from here on a signal stops gracefully, also one that comes before all have started
    agencies: list[Agency] = []
    try:
        for make in planned:
            agencies.append(make())
            await agencies[-1].start()
        traffics = [traffic for agency in agencies for traffic in agency.server.traffics.values()]
        async with shown(metrics_address, partial(collect, *traffics)):
            freeze()
            async with asyncio.TaskGroup() as beside:
                cutting = [beside.create_task(agency.retention.run()) for agency in agencies]
                await told_to_stop
                for task in cutting:
                    task.cancel()
    finally:
        told_to_stop.cancel()
        async with asyncio.TaskGroup() as stopping:
            for agency in agencies:
                stopping.create_task(agency.stop())


def _failed(called: str, code: int, why: str) -> int:
    sys.stderr.write(f"{called}: {' '.join(why.split())}\n")
    return code
