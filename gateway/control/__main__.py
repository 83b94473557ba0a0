"""The control process: ``python -m gateway.control``."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial

if __name__ == "__main__":
    gc.disable()  # until `run_process`

import msgspec
import redis
import uvloop

from gateway.control import app, directory
from gateway.control.credentials import Credentials
from gateway.control.discovery import Discovery
from gateway.control.exchange_file import read_exchange
from gateway.control.grant_requests import GrantRequests
from gateway.control.http.audit import ChangeLog
from gateway.control.http.roles import SECRETS_OF_ROLES
from gateway.control.issuer import TokenIssuer
from gateway.control.keeper import Keeper
from gateway.control.published import Published
from gateway.control.readiness import Readiness
from gateway.control.usage import Usage
from gateway.core import registry as core
from gateway.core.doubts import doubts
from gateway.http.problem import Problem
from gateway.http.requests import Requests
from gateway.http.server import listen, serve
from gateway.keys import load_or_create_secret
from gateway.ledger.gauges import LedgerGauges
from gateway.ledger.reader import Reader
from gateway.ledger.recorder import Recorder
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore, StateLost
from gateway.settings import ControlSettings
from gateway.store import connect
from ndxp.address import loopback
from ndxp.agency.database import Database
from ndxp.agency.server import AgencyServer
from ndxp.agency.traffic import collect
from ndxp.exchange.v1 import exchange_pb2_grpc
from ndxp.exhausted import why
from ndxp.metrics import shown
from ndxp.process import end, freeze, run_process, until_stopped
from ndxp.sqlite import sqlite_url
from ndxp.subject import SUBJECTS
from ndxp.wire.tls import CONTROL, Tls, file_of

_log = logging.getLogger("control")


class Control:
    """Everything the control process is made of."""

    def __init__(self, settings: ControlSettings) -> None:
        settings.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._settings = settings
        self._store = connect(settings.redis_url)
        self._registry = RegistryStore(self._store)
        self._tls = Tls.load(settings.tls_folder, CONTROL) if settings.tls_folder else None
        self._credentials = Credentials(
            settings.run_folder / "credentials.json", self._registry, settings.tls_folder, settings.handed_out
        )
        self._salt_key = load_or_create_secret(settings.run_folder / "salt-key")
        self._keeper = Keeper(settings.run_folder / "registry.json", self._registry, self._salt_key, self._tell)
        self._requests = GrantRequests(
            Database(sqlite_url(settings.run_folder / "grant-requests.db")), self._registry, self._keeper.look
        )
        self._changes = ChangeLog(self._store, settings.name, self._salt_key)
        self._issuer = TokenIssuer(settings.run_folder / "token-key.pem", self._registry, settings.token_life)
        self._engine = open_ledger(settings.ledger)
        self._signer = Signer(settings.run_folder, settings.ledger_name)
        self._writer = Writer(self._engine, self._signer)
        self._recorder = Recorder(self._store, self._writer, settings.name, settings.ledger_keep_days)

    async def run(self, file: core.Registry) -> None:
        """Serves until SIGTERM or SIGINT. Raises OSError for a taken port, RegistryError for an unfit file."""
        await self._until_store_answers()
        await self._keeper.look()
        await self._registry.put_salt_key(self._salt_key)
        await self._take(file)
        known = (await self._registry.load()).snapshot
        for doubt in doubts(known.registry, known.contracts):
            _log.warning("in the registry: %s", doubt)
        await self._credentials.withdraw(await self._credentials.known() - known.subsystems.keys())
        await self._credentials.issue([*SECRETS_OF_ROLES, SUBJECTS, *known.subsystems])
        await self._issuer.publish()
        recorder = self._recorder if self._settings.record else None
        requests = Requests("ndxp_control_requests", "Requests to control's HTTP API.")
        published = Published(self._registry)
        discovery = Discovery(self._registry, self._settings.addresses, directory.SUBSYSTEM, self._tls)
        parts = app.Parts(
            store=self._store,
            registry=self._registry,
            credentials=self._credentials,
            issuer=self._issuer,
            discovery=discovery,
            adapter_address=self._settings.adapter_address,
            reader=Reader(self._engine),
            writer=self._writer,
            signer=self._signer,
            salt_key=self._salt_key,
            readiness=Readiness(self._store, self._keeper, self._writer, recorder, self._settings),
            keeper=self._keeper,
            grant_requests=self._requests,
            changes=self._changes,
            requests=requests,
            names=None if self._tls else self._settings.names,
        )
        application = app.create(parts)
        server = serve(application, file_of(tls, CONTROL) if (tls := self._settings.tls_folder) else None)
        listening = listen(self._settings.control_address)
        provider = AgencyServer(
            [directory.SUBSYSTEM],
            self._settings.run_folder / "credentials.json",
            tls_folder=self._settings.tls_folder,
            largest=directory.LARGEST,
        )
        provider.add(
            directory.CONTRACT,
            directory.ExchangeService(self._registry, self._requests, Usage(parts.reader, self._store)),
            exchange_pb2_grpc.add_ExchangeServiceServicer_to_server,
        )
        await provider.start(self._settings.exchange_address)
        ledger = [LedgerGauges(self._store, recorder, self._writer)] if recorder else []
        gauges = shown(
            self._settings.metrics_address,
            published.collect,
            requests.collect,
            partial(collect, *provider.traffics.values()),
            *(each.collect for each in ledger),
            refresh=[published.refresh, *(each.refresh for each in ledger)],
        )
        freeze()
        async with gauges, asyncio.TaskGroup() as duties:
            stopped = duties.create_task(until_stopped())
            always = (discovery.run, self._issuer.run, self._keeper.run)
            tasks = [duties.create_task(self._forever(duty)) for duty in always]
            if recorder:
                tasks.append(duties.create_task(recorder.run()))
            duties.create_task(server.serve([listening]))
            scheme = "https" if self._tls else "http"
            _log.info("control answers on %s://%s", scheme, self._settings.control_address)
            await stopped
            server.stop()
            await provider.stop()
            await end(tasks)
        self._engine.dispose()
        self._requests.database.close()
        await self._store.aclose()

    async def _take(self, file: core.Registry) -> None:
        """Takes what is new in the exchange file. A change of an existing registry is recorded as a transaction."""
        if not await self._registry.is_new(file):
            return
        if not await self._registry.version():
            await self._registry.take(file)
            return
        request_record = await self._changes.ask(directory.SUBSYSTEM, "TakeExchangeFile", "", msgspec.json.encode(file))
        try:
            taken = await self._registry.take(file)
        except core.RegistryError as error:
            await self._changes.end(request_record, 422, b"")
            raise core.RegistryError(
                f"{self._settings.exchange_file} does not go with what was changed at run time: {error}; put back into "
                "the file what that needs, start, remove it with `ndxp`, and then take it out of the file"
            ) from error
        await self._changes.end(request_record, 200, b"")
        if taken:
            _log.info("took what is new in %s", self._settings.exchange_file)
        else:
            _log.warning(
                "the registry was written by an older version and stays as it is: differences in %s are not taken; "
                "make these changes with `ndxp`, or in the file after this start",
                self._settings.exchange_file,
            )

    async def _tell(self, lost: str) -> None:
        """Records that control has put the registry back; no request asked for it."""
        _log.error(
            "the registry is restored. Calls that were answered just before may have no record, because the journal "
            "was in the store too; quotas start at zero. Find out who emptied the store"
        )
        request_record = await self._changes.ask(directory.SUBSYSTEM, "RebuildRegistry", "", lost.encode())
        await self._changes.end(request_record, 200, b"")

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
            except (redis.RedisError, Problem) as error:
                lost = isinstance(error, StateLost)
                _log.warning("%s", error if lost else f"the store does not answer: {why(error)}")
                await asyncio.sleep(0.1 if lost else 1)


def _stay_private(settings: ControlSettings) -> None:
    """Raises ValueError when secrets would travel in the clear to and from other machines."""
    if settings.allow_plaintext or settings.tls_folder or loopback(settings.control_address):
        return
    raise ValueError(
        f"NDXP_CONTROL_ADDRESS={settings.control_address} is open to other machines without TLS, so secrets and tokens "
        "can be read on the network: listen on 127.0.0.1, give it certificates with NDXP_TLS_FOLDER, or run a proxy "
        "with TLS in front of it and set NDXP_ALLOW_PLAINTEXT=true"
    )


async def _run(settings: ControlSettings) -> None:
    _stay_private(settings)
    file = read_exchange(settings)  # before anything is opened or made
    await Control(settings).run(directory.complete(file, settings.exchange_address))


def main() -> int:
    """Runs the process; exit code 0 after a stop, 1 when it cannot start, 2 for wrong settings or a wrong file."""
    os.umask(0o077)
    return run_process("control", ControlSettings, _run, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
