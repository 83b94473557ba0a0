"""Runs agencies in one process: one world, one loop, a graceful stop."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from ndxp.agency.database import Database
from ndxp.agency.retention import Retention
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.agency.traffic import collect
from ndxp.metrics import shown
from ndxp.process import freeze, start_logging, until_stopped, warn_of_unknown, wrong_settings
from ndxp.world import World

_log = logging.getLogger("services")
_Settings = TypeVar("_Settings", bound=AgencySettings)


@dataclass(frozen=True, slots=True)
class Agency:
    """A composed agency, not started yet.

    ``ending`` tells calls without an end of their own to end; ``closing`` runs when no call is left.
    """

    name: str
    subsystem: str
    contract: str
    address: str
    server: AgencyServer
    database: Database
    ending: Sequence[Callable[[], None]] = ()
    closing: Sequence[Callable[[], Awaitable[None]]] = ()

    async def start(self) -> int:
        """Starts serving and returns the port; raises OSError when the address is taken."""
        port = await self.server.start(self.address)
        host = self.address.rpartition(":")[0]
        _log.info("%s (%s) serves %s on %s:%d", self.name, self.subsystem, self.contract, host, port)
        return port

    async def stop(self) -> None:
        """Lets calls in flight finish, then closes what the agency opened."""
        for end in self.ending:
            end()
        await self.server.stop()
        for close in self.closing:
            await close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Composition(Generic[_Settings]):
    """How an agency is put together: its settings, and the function that builds it from them over a world."""

    settings: type[_Settings]
    compose: Callable[[_Settings, World], Agency]


def database_of(settings: AgencySettings, name: str) -> Database:
    """Opens the database of the agency with this name."""
    return Database(settings.database_url.replace("{name}", name))


def host(compositions: Sequence[Composition[Any]]) -> int:
    """Serves until SIGTERM; returns the exit code: 0 stopped, 1 cannot start, 2 settings are wrong."""
    try:
        settings = [composition.settings() for composition in compositions]
        start_logging(settings[0], "services")
        warn_of_unknown(*settings)
        world = World(settings[0].seed, settings[0].population)
    except ValidationError as error:
        return _failed(2, f"wrong setting: {'; '.join(wrong_settings(error))}")
    except (SettingsError, ValueError) as error:
        return _failed(2, f"wrong setting: {error}")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(compositions, settings, world))
    except OSError as error:
        return _failed(1, str(error))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return _failed(1, f"cannot open the database ({reason}); see NDXP_DATABASE_URL")
    return 0


async def _serve(compositions: Sequence[Composition[Any]], settings: Sequence[AgencySettings], world: World) -> None:
    told_to_stop = asyncio.create_task(until_stopped())
    await asyncio.sleep(0)  # from here on a signal stops gracefully, also one that comes before all have started
    agencies: list[Agency] = []
    try:
        for composition, own in zip(compositions, settings, strict=True):
            agencies.append(composition.compose(own, world))
            await agencies[-1].start()
        traffics = [agency.server.traffic for agency in agencies]
        async with shown(settings[0].metrics_address, partial(collect, *traffics)):
            freeze()
            async with asyncio.TaskGroup() as beside:
                cutting = [
                    beside.create_task(Retention(agency.database, own.access_log_limits).run())
                    for agency, own in zip(agencies, settings, strict=True)
                ]
                await told_to_stop
                for task in cutting:
                    task.cancel()
    finally:
        told_to_stop.cancel()
        async with asyncio.TaskGroup() as stopping:
            for agency in agencies:
                stopping.create_task(agency.stop())


def _failed(code: int, why: str) -> int:
    sys.stderr.write(f"services: {' '.join(why.split())}\n")
    return code
