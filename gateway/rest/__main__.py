"""The doors for HTTP: ``python -m gateway.rest``."""

import asyncio
import gc
import logging
import os
import sys

if __name__ == "__main__":
    gc.disable()  # until `run_process`

import uvloop

from gateway.announcements import Announcements
from gateway.http.requests import Requests
from gateway.http.server import listen, serve
from gateway.registry_store import RegistryStore
from gateway.rest import app, json_door, ndxp_door, xroad_door
from gateway.rest.call import Calls
from gateway.rest.known import Known
from gateway.rest.rest_services.adapter import Adapter
from gateway.rest.traffic import SERVICE, Traffic
from gateway.settings import RestSettings
from gateway.store import connect
from ndxp.address import loopback
from ndxp.agency.traffic import collect
from ndxp.metrics import shown
from ndxp.process import end, freeze, run_process, until_stopped
from ndxp.rpc import Lanes
from ndxp.wire import metadata
from ndxp.wire.tls import REST, Tls, file_of
from ndxp.wire.tracing import tracer

_LARGEST_HEAD = 64 * 1024
"""Bytes of a request's head. It is more than any call may have, so that a caller learns which of its fields are too
large; a smaller one would depend on how the network divides the head."""

_log = logging.getLogger("rest")


async def _serve(settings: RestSettings) -> None:
    """Serves until SIGTERM or SIGINT. Raises OSError for a taken port."""
    store = connect(settings.redis_url)
    known = Known(RegistryStore(store))
    tls = Tls.load(settings.tls_folder, REST) if settings.tls_folder else None
    lanes = Lanes(settings.gateway, settings.connections, agent=metadata.DOORS, tls=tls)
    traffic = Traffic(known, tracer(SERVICE, settings.name))
    calls = Calls(lanes, known, settings, traffic)
    requests = Requests("ndxp_rest_requests", "Requests to the doors for HTTP.")
    doors = [
        *ndxp_door.routes(calls, settings, tls),
        *xroad_door.routes(calls, settings.body_patience),
        *json_door.routes(calls),  # the last, because an annotated path can be any
    ]
    names = None if tls else settings.names
    application = app.create(calls, requests, names=names, origins=settings.cors_origins, doors=doors)
    certificate = file_of(settings.tls_folder, REST) if settings.tls_folder else None
    server = serve(application, certificate, settings.drain, largest_head=_LARGEST_HEAD)
    adapter = Adapter(known, most_bytes=settings.max_body_bytes, tls=tls)
    gauges = shown(settings.metrics_address, traffic.collect, requests.collect, lambda: collect(*adapter.traffics))
    async with gauges, asyncio.TaskGroup() as duties:
        stopped = duties.create_task(until_stopped())
        first = duties.create_task(known.first())
        await asyncio.wait((stopped, first), return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            await end([first])
            return
        announcements = Announcements(settings.redis_url)
        watching = [duties.create_task(duty) for duty in (known.watch(announcements), announcements.run())]
        await adapter.start(settings.adapter_address)
        freeze()
        duties.create_task(server.serve([listen(settings.rest_address)]))
        _log.info("the doors are open on %s", settings.rest_address)
        await stopped
        server.stop()
        await adapter.stop()
        await end(watching)
    lanes.close()
    await store.aclose()


async def _run(settings: RestSettings) -> None:
    if not (settings.allow_plaintext or settings.tls_folder or loopback(settings.rest_address)):
        raise ValueError(
            f"NDXP_REST_ADDRESS={settings.rest_address} is open to other machines without TLS, so tokens can be read "
            "on the network: listen on 127.0.0.1, give it certificates with NDXP_TLS_FOLDER, or run a proxy with TLS "
            "in front of it and set NDXP_ALLOW_PLAINTEXT=true"
        )
    await _serve(settings)


def main() -> int:
    """Runs the process; exit code 0 after a stop, 1 when it cannot start, 2 for wrong settings."""
    os.umask(0o077)
    return run_process("rest", RestSettings, _run, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
