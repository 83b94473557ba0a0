"""The control process: ``python -m gateway.control``."""

import asyncio
import contextlib
import hashlib
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import redis
import uvicorn
import yaml

from gateway.control import app, directory
from gateway.control.credentials import ADMIN, Credentials
from gateway.control.discovery import Discovery
from gateway.control.readiness import Readiness
from gateway.control.tokens import TokenIssuer
from gateway.core import registry as core
from gateway.keys import load_or_create, load_or_create_secret, public_jwk
from gateway.ledger.reader import Reader
from gateway.ledger.recorder import Recorder
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore
from gateway.settings import ControlSettings
from gateway.store import connect
from ndxp.agency.server import AgencyServer
from ndxp.exchange.v1 import exchange_pb2_grpc
from ndxp.process import end, run_process, until_stopped
from ndxp.subject import SUBJECTS

_log = logging.getLogger("control")


class Control:
    """Everything the control process is made of."""

    def __init__(self, settings: ControlSettings) -> None:
        settings.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._settings = settings
        self._store = connect(settings.redis_url)
        self._registry = RegistryStore(self._store)
        self._credentials = Credentials(settings.run_folder / "credentials.json", self._registry, settings.handed_out)
        self._key = load_or_create(settings.run_folder / "token-key.pem")
        self._salt_key = load_or_create_secret(settings.run_folder / "salt-key")
        self._engine = open_ledger(settings.ledger)
        self._signer = Signer(settings.run_folder, settings.ledger_name)
        self._writer = Writer(self._engine, self._signer)
        self._recorder = Recorder(self._store, self._writer, settings.name, settings.ledger_keep_days)

    async def run(self, registry: core.Registry, source: str) -> None:
        """Serves until SIGTERM or SIGINT. Raises OSError for a taken port."""
        jwk = public_jwk(self._key)
        await self._until_store_answers()
        await self._registry.put_salt_key(self._salt_key)
        await self._registry.seed(registry, source)
        known = (await self._registry.load()).snapshot
        await self._credentials.issue([ADMIN, SUBJECTS, *known.subsystems])
        await self._registry.publish_key(jwk)
        recorder = self._recorder if self._settings.record else None
        parts = app.Parts(
            store=self._store, registry=self._registry, credentials=self._credentials,
            issuer=TokenIssuer(self._key, jwk["kid"], self._settings.token_life),
            reader=Reader(self._engine), writer=self._writer, signer=self._signer,
            salt_key=self._salt_key,
            readiness=Readiness(self._store, self._registry, self._writer, recorder),
        )  # fmt: skip
        application = app.create(parts)
        server = _Server(uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off"))
        listening = _listen(self._settings.control_address)
        provider = AgencyServer(directory.SUBSYSTEM, self._settings.run_folder / "credentials.json")
        provider.add(
            directory.CONTRACT, directory.ExchangeService(self._registry),
            exchange_pb2_grpc.add_ExchangeServiceServicer_to_server,
        )  # fmt: skip
        await provider.start(self._settings.exchange_address)
        discovery = Discovery(self._registry, self._settings.addresses, directory.SUBSYSTEM)
        async with asyncio.TaskGroup() as duties:
            stopped = duties.create_task(until_stopped())
            tasks = [duties.create_task(self._forever(discovery.run))]
            if self._settings.record:
                tasks.append(duties.create_task(self._recorder.run()))
            duties.create_task(server.serve([listening]))
            _log.info("control answers on http://%s", self._settings.control_address)
            await stopped
            server.should_exit = True
            await provider.stop()
            await end(tasks)
        self._engine.dispose()
        await self._store.aclose()

    async def _until_store_answers(self) -> None:
        while True:
            try:
                await self._store.ping()
                return
            except redis.RedisError as error:
                _log.warning("waiting for the store: %s", error)
                await asyncio.sleep(0.05)

    async def _forever(self, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await duty()
            except redis.RedisError as error:
                _log.warning("the store does not answer: %s", type(error).__name__)
                await asyncio.sleep(1)


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    try:
        listening = socket.create_server((host, int(port)))
    except OSError as error:
        raise OSError(f"cannot listen on {address}; is the port in use?") from error
    # asyncio sets it on sockets of its own making only; without it a kept-alive connection waits 40 ms for each answer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def read_exchange_file(path: Path) -> tuple[core.Registry, str]:
    """The registry in a file and the file's digest; raises RegistryError that names file and place."""
    try:
        data = path.read_bytes()
        return core.parse(yaml.safe_load(data)), hashlib.sha256(data).hexdigest()
    except (OSError, yaml.YAMLError, core.RegistryError) as error:
        raise core.RegistryError(f"{path}: {' '.join(str(error).split())}") from error


async def _run() -> None:
    settings = ControlSettings()
    registry, source = read_exchange_file(settings.exchange_file)
    await Control(settings).run(registry, source)


def main() -> int:
    """Runs the process; exit code 0 after a stop, 1 when it cannot start, 2 for wrong settings or a wrong file."""
    os.umask(0o077)
    return run_process("control", _run)


if __name__ == "__main__":
    sys.exit(main())
