"""Access tokens: OAuth 2.0 client credentials in, a short-lived EdDSA token out; and the keys they are signed with."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Header
from fastapi.responses import JSONResponse

from gateway.control.credentials import Credentials
from gateway.control.issuer import TokenIssuer
from gateway.registry_store import RegistryStore


def router(issuer: TokenIssuer, credentials: Credentials, registry: RegistryStore) -> APIRouter:
    """``POST /oauth2/token`` (RFC 6749, section 4.4) and the keys (RFC 7517)."""
    routes = APIRouter(tags=["identity"])

    @routes.post("/oauth2/token")
    async def token(
        grant_type: Annotated[str, Form()] = "",
        client_id: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        """Gives a token for the credentials of a subsystem, in the Basic header or in the form."""
        if grant_type != "client_credentials":
            return _refused(400, "unsupported_grant_type", "grant_type must be client_credentials")
        if authorization:
            client_id, client_secret = _basic(authorization)
        generation = await credentials.generation(client_id, client_secret)
        if generation is None:
            return _refused(401, "invalid_client", "unknown client or wrong secret; see the credentials file")
        return JSONResponse(
            {"access_token": issuer.issue(client_id, generation), "token_type": "Bearer", "expires_in": issuer.life},
            headers={"Cache-Control": "no-store"},
        )

    @routes.get("/.well-known/jwks.json")
    async def jwks() -> dict[str, list[dict[str, Any]]]:
        """The public keys of tokens; ``exp`` is when a former one goes."""
        return {"keys": await registry.keys()}

    return routes


def keys_router(issuer: TokenIssuer) -> APIRouter:
    """Routes below ``/admin/v1``."""
    routes = APIRouter(tags=["identity"])

    @routes.get("/keys")
    async def keys() -> list[dict[str, Any]]:
        """The keys of tokens: which one signs, and until when (seconds since 1970) former ones are good."""
        return await issuer.keys()

    @routes.post("/keys", status_code=201)
    async def rotate_token_key(leaked: Annotated[bool, Body(embed=True)] = False) -> list[dict[str, Any]]:
        """Signs with a new key from now on; tokens of the former one are good until they expire.

        When the former one has ``leaked``, all of them end now.
        """
        return await issuer.rotate(leaked=leaked)

    return routes


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # of base64, of UTF-8, of ASCII
        return "", ""
    return (client_id, secret) if scheme.lower() == "basic" else ("", "")


def _refused(status: int, error: str, description: str) -> JSONResponse:
    headers = {"WWW-Authenticate": "Basic realm=ndxp"} if status == 401 else None
    return JSONResponse({"error": error, "error_description": description}, status, headers=headers)
