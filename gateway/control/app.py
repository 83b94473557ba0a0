"""The HTTP application: its routes, and the role that each needs."""

from collections.abc import Collection
from dataclasses import dataclass

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse

from gateway.control.api import (
    admin,
    faults,
    grant_requests,
    ledger,
    members,
    quotas,
    rest,
    rights,
    statistics,
    tokens,
    transactions,
)
from gateway.control.credentials import Credentials
from gateway.control.discovery import Discovery
from gateway.control.grant_requests import GrantRequests
from gateway.control.http import problems
from gateway.control.http.audit import ChangeLog, Concluded
from gateway.control.http.bodies import BodyLimit
from gateway.control.http.roles import SECRETS_OF_ROLES, Doorkeeper, Role
from gateway.control.issuer import TokenIssuer
from gateway.control.keeper import Keeper
from gateway.control.readiness import Readiness
from gateway.http.language import Spoken
from gateway.http.names import Named
from gateway.http.requests import Counting, Requests
from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.standing import Standings
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of which the application is made."""

    store: Store
    registry: RegistryStore
    credentials: Credentials
    issuer: TokenIssuer
    discovery: Discovery
    adapter_address: str
    reader: Reader
    writer: Writer
    signer: Signer
    salt_key: bytes
    readiness: Readiness
    keeper: Keeper
    grant_requests: GrantRequests
    changes: ChangeLog
    requests: Requests
    names: Collection[str] | None
    """Public names under which plain HTTP answers (see ``ndxp.hosts``); None with TLS, where certificates decide."""


def create(parts: Parts) -> FastAPI:
    """Makes the application; opens nothing."""
    changes = parts.changes
    doorkeeper = Doorkeeper(parts.credentials.secrets_of(SECRETS_OF_ROLES), changes)
    app = FastAPI(
        title="NDXP, simulated: control",
        version=__version__,
        description="Tokens, registry and ledger of a simulated data exchange. Every person in it is synthetic.",
        docs_url=None,
        redoc_url=None,  # these pages load scripts from a public server, and users type secrets into them
    )
    app.add_middleware(BodyLimit)
    problems.install(app)
    app.add_middleware(Concluded, changes=changes, keep=parts.keeper.look)
    app.add_middleware(Counting, requests=parts.requests)
    if parts.names is not None:
        app.add_middleware(Named, names=parts.names, process="control", setting="NDXP_CONTROL_NAMES")
    app.add_middleware(Spoken)

    # Before the others: FastAPI puts a router together when it first looks for a path in it, which takes 80 ms for all.
    @app.get("/healthz", tags=["health"])
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"])
    async def ready() -> JSONResponse:
        """Whether the registry is there, and journal and ledger take records."""
        waits = await parts.readiness.waits_for()
        return JSONResponse({"ready": not waits, "waits_for": waits}, 503 if waits else 200)

    app.include_router(tokens.router(parts.issuer, parts.credentials, parts.registry))
    for router, reading in (
        (admin.router(parts.registry, parts.discovery, parts.keeper), Role.VIEWER),
        (rest.router(parts.registry, parts.discovery, parts.adapter_address), Role.VIEWER),
        (members.router(parts.registry, parts.credentials), Role.VIEWER),
        (rights.router(parts.registry), Role.VIEWER),
        (grant_requests.router(parts.grant_requests), Role.VIEWER),
        (quotas.router(parts.registry, parts.store), Role.VIEWER),
        (faults.router(parts.registry), Role.VIEWER),
        (tokens.keys_router(parts.issuer), Role.VIEWER),
        (statistics.router(parts.reader, parts.store), Role.VIEWER),
        (
            transactions.router(parts.reader, Standings(parts.reader, parts.signer), parts.store, parts.registry),
            Role.AUDITOR,
        ),
        (ledger.router(parts.reader, parts.writer, parts.signer, parts.store, parts.salt_key), Role.AUDITOR),
    ):
        app.include_router(
            router, prefix="/admin/v1", dependencies=[Depends(doorkeeper.needs(reading))], responses=problems.DESCRIBED
        )
    return app
