"""The HTTP application: what is where, and who may use it."""

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from fastapi.responses import JSONResponse

from gateway.control import admin, ledger, problems, quotas, rights, statistics, tokens, transactions
from gateway.control.credentials import Credentials
from gateway.control.problems import Problem
from gateway.control.readiness import Readiness
from gateway.control.tokens import TokenIssuer
from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is put together from."""

    store: Store
    registry: RegistryStore
    credentials: Credentials
    issuer: TokenIssuer
    reader: Reader
    writer: Writer
    signer: Signer
    salt_key: bytes
    readiness: Readiness


def create(parts: Parts) -> FastAPI:
    """Puts the application together; opens nothing."""
    admin_secret = parts.credentials.admin_secret()

    async def operator(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {admin_secret}".encode()):
            raise Problem(
                401, "Operators only",
                "send 'Authorization: Bearer SECRET' with the secret of 'admin' in the credentials file",
            )  # fmt: skip

    app = FastAPI(
        title="NDXP, simulated: control",
        version=__version__,
        description="Tokens, registry and ledger of a simulated data exchange. Every person in it is synthetic.",
    )
    problems.install(app)
    app.include_router(tokens.router(parts.issuer, parts.credentials, parts.registry))
    for router in (
        admin.router(parts.registry, parts.credentials),
        rights.router(parts.registry),
        quotas.router(parts.registry, parts.store),
        transactions.router(parts.reader, parts.store, parts.registry),
        statistics.router(parts.reader, parts.store),
        ledger.router(parts.reader, parts.writer, parts.signer, parts.store, parts.salt_key),
    ):
        app.include_router(router, prefix="/admin/v1", dependencies=[Depends(operator)])

    @app.get("/healthz", tags=["health"])
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"])
    async def ready() -> JSONResponse:
        """Registry there, contracts known, journal and ledger taking records."""
        waits = await parts.readiness.waits_for()
        return JSONResponse({"ready": not waits, "waits_for": waits}, 503 if waits else 200)

    return app
