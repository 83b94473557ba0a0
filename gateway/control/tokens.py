"""Access tokens: OAuth 2.0 client credentials in, a short-lived EdDSA token out."""

import base64
import time
import uuid
from typing import Annotated

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Form, Header
from fastapi.responses import JSONResponse

from gateway.control.credentials import Credentials
from gateway.dataplane.tokens import AUDIENCE, ISSUER
from gateway.registry_store import RegistryStore


class TokenIssuer:
    """Signs tokens that name a subsystem; ``life`` is in seconds."""

    def __init__(self, key: Ed25519PrivateKey, key_id: str, life: int) -> None:
        self._key = key
        self._key_id = key_id
        self.life = life

    def issue(self, client: str) -> str:
        """A token for a subsystem, good from now on."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": client, "iat": now, "exp": now + self.life, "jti": str(uuid.uuid4())
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})


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
        if not await credentials.good(client_id, client_secret):
            return _refused(401, "invalid_client", "unknown client or wrong secret; see the credentials file")
        return JSONResponse(
            {"access_token": issuer.issue(client_id), "token_type": "Bearer", "expires_in": issuer.life},
            headers={"Cache-Control": "no-store"},
        )

    @routes.get("/.well-known/jwks.json")
    async def jwks() -> dict[str, list[dict[str, str]]]:
        """The public keys of tokens."""
        return {"keys": await registry.keys()}

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
