"""The HTTP application: what is where, and who may use it."""

import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from fastapi.responses import JSONResponse

from gateway.control import admin, problems, tokens, transactions
from gateway.control.credentials import Credentials
from gateway.control.problems import Problem
from gateway.control.tokens import TokenIssuer
from gateway.ledger.recorder import Recorder
from gateway.ledger.store import LedgerStore
from gateway.registry_store import RegistryStore
from ndxp import __version__


def create(
    registry: RegistryStore,
    credentials: Credentials,
    issuer: TokenIssuer,
    ledger: LedgerStore,
    recorder: Recorder,
    admin_secret: str,
) -> FastAPI:
    """Puts the application together; opens nothing."""

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
    app.include_router(tokens.router(issuer, credentials, registry))
    for router in (admin.router(registry, credentials), transactions.router(ledger, recorder, registry)):
        app.include_router(router, prefix="/admin/v1", dependencies=[Depends(operator)])

    @app.get("/healthz", tags=["health"])
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"])
    async def ready() -> JSONResponse:
        """Registry there, contracts known, and the recorder recording."""
        snapshot = (await registry.load()).snapshot
        unknown = sorted(name for name in snapshot.providers if name not in snapshot.contracts)
        waits = [f"contract of {name}" for name in unknown] + ([] if recorder.healthy else ["recorder"])
        return JSONResponse({"ready": not waits, "waits_for": waits}, 503 if waits else 200)

    return app
