"""An agency's server: its services behind the door, health, reflection, and a stop that loses no call."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from grpc_health.v1 import health_pb2

from ndxp.access_log.v1 import access_log_pb2, access_log_pb2_grpc
from ndxp.agency.access_log import AccessLog, AccessLogService
from ndxp.agency.database import Database
from ndxp.agency.door import Desk, Door
from ndxp.agency.reflection import Reflection
from ndxp.agency.subject import SubjectKey
from ndxp.agency.traffic import Traffic
from ndxp.client import MAX_MESSAGE, Credentials, TokenRefused
from ndxp.wire import accepting
from ndxp.wire.assertion import KeyUnavailable, Verifier, key_of
from ndxp.wire.health import Health
from ndxp.wire.tls import Tls, listen
from ndxp.wire.tracing import tracer

GRACE = 10.0
"""Seconds that calls in flight get to finish when the server stops."""

_MOST_WAITING = 10_000
"""How many calls may wait for the event loop; gRPC ends more than that as CANCELLED, without a reason.

gRPC's own limits are too low for a few gateways: above 1,000 waiting calls it ends some by chance, above 3,000 all.
"""

_OPTIONS = (
    ("grpc.server.max_pending_requests", _MOST_WAITING),
    ("grpc.server.max_pending_requests_hard_limit", _MOST_WAITING),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)


_log = logging.getLogger(__name__)


class AgencyServer:
    """Serves contracts on one port, as one subsystem or as several.

    ``credentials`` is the file with their secrets and the key of subjects, read when they are first needed. With a
    database the access log is offered besides the agency's own contracts. ``tls_folder`` holds the certificates, None
    for plaintext; the server shows that of the first subsystem. ``largest`` is the size of the largest message of a
    request, in bytes. ``traffics`` count the calls, by subsystem. Raises CertificateMissing.
    """

    def __init__(
        self,
        subsystems: str | Sequence[str],
        credentials: Path,
        database: Database | None = None,
        tls_folder: Path | None = None,
        *,
        largest: int = MAX_MESSAGE,
    ) -> None:
        subsystems = [subsystems] if isinstance(subsystems, str) else subsystems
        self._tls = Tls.load(tls_folder, subsystems[0]) if tls_folder else None
        desks = {
            subsystem: Desk(
                Verifier(subsystem, partial(_own_key, credentials, subsystem)), Traffic(subsystem), tracer(subsystem)
            )
            for subsystem in subsystems
        }
        self.traffics = {subsystem: desk.traffic for subsystem, desk in desks.items()}
        access_log = AccessLog(database) if database else None
        door = Door(desks, access_log, SubjectKey(credentials))
        self._server = accepting.server(
            interceptors=[door], options=(*_OPTIONS, ("grpc.max_receive_message_length", largest))
        )
        self._health = Health()
        self._contracts: list[str] = []
        if database:
            name = access_log_pb2.DESCRIPTOR.services_by_name["AccessLogService"].full_name
            self.add(name, AccessLogService(database), access_log_pb2_grpc.add_AccessLogServiceServicer_to_server)

    def add(self, contract: str, servicer: Any, register: Callable[[Any, Any], None]) -> None:
        """Adds a service by its full name, with its generated ``add_...Servicer_to_server``."""
        register(servicer, self._server)
        self._contracts.append(contract)

    async def start(self, address: str) -> int:
        """Starts at ``host:port`` (port 0: any free one) and returns the port; raises OSError when it is taken."""
        self._health.add_to(self._server)
        Reflection(self._contracts).add_to(self._server)
        port = listen(self._server, address, self._tls)
        await self._server.start()
        for contract in ("", *self._contracts):
            self._health.set(contract, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def stop(self) -> None:
        """Reports NOT_SERVING, takes no new calls and waits for calls in flight, at most GRACE seconds."""
        self._health.end()
        await self._server.stop(GRACE)


def _own_key(credentials: Path, subsystem: str) -> bytes:
    try:
        return key_of(Credentials.load(credentials, subsystem).secret)
    except TokenRefused as error:
        _log.error("no call can be let in: %s", error)
        raise KeyUnavailable("the agency cannot read its own secret; its log tells more") from error
