"""Gives access tokens for OAuth 2.0 client credentials (EdDSA, short-lived), and shows the keys that sign them."""

import base64
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from gateway.control.api.shapes import TokenKey
from gateway.control.credentials import Credentials
from gateway.control.issuer import TokenIssuer
from gateway.registry_store import RegistryStore
from ndxp.identifiers import in_slashes

_FORM = "application/x-www-form-urlencoded"
_FIELDS = {
    "grant_type": {"type": "string", "const": "client_credentials"},
    "client_id": {"type": "string", "description": "A subsystem, unless it is in the Basic header."},
    "client_secret": {"type": "string", "format": "password"},
}
_MAX_FIELDS = 100
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Refused(Exception):
    """No token, with the HTTP status and an error code of RFC 6749, section 5.2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error

    def response(self) -> JSONResponse:
        headers = {"WWW-Authenticate": 'Basic realm="ndxp", charset="UTF-8"'} if self.status == 401 else {}
        return JSONResponse(
            {"error": self.error, "error_description": str(self)}, self.status, headers=headers | _NOT_KEPT
        )


def router(issuer: TokenIssuer, credentials: Credentials, registry: RegistryStore) -> APIRouter:
    """``POST /oauth2/token`` (RFC 6749, section 4.4) and the keys (RFC 7517)."""
    routes = APIRouter(tags=["identity"])
    body = {"required": True, "content": {_FORM: {"schema": {"type": "object", "properties": _FIELDS}}}}

    @routes.post("/oauth2/token", openapi_extra={"requestBody": body})
    async def token(request: Request) -> JSONResponse:
        """Gives a token for the credentials of a subsystem, in the Basic header or in the form.

        Its identifier may have NDXP's form, and its header may be encoded as RFC 6749, section 2.3.1, asks for.
        """
        try:
            form = await _form(request)
            for client_id, secret in _client_secrets(request.headers.get("authorization", ""), form):
                if (generation := await credentials.generation(client_id, secret)) is not None:
                    token = issuer.issue(client_id, generation)
                    answer = {"access_token": token, "token_type": "Bearer", "expires_in": issuer.life}
                    return JSONResponse(answer, headers=_NOT_KEPT)
            raise _Refused(401, "invalid_client", "unknown client or wrong secret; see the credentials file")
        except _Refused as refused:
            return refused.response()
        except RedisError:
            return _Refused(503, "temporarily_unavailable", "the store does not answer; try again").response()

    @routes.get("/.well-known/jwks.json")
    async def jwks() -> dict[str, list[dict[str, Any]]]:
        """The public keys of tokens; ``exp`` is when an old key is removed."""
        return {"keys": await registry.keys()}

    return routes


def keys_router(issuer: TokenIssuer) -> APIRouter:
    """Routes below ``/admin/v1``."""
    routes = APIRouter(tags=["identity"])

    @routes.get("/keys")
    async def keys() -> list[TokenKey]:
        """The keys of tokens: which one signs, and until when (seconds since 1970) the old ones are valid."""
        return await issuer.keys()

    @routes.post("/keys", status_code=201)
    async def rotate_token_key(leaked: Annotated[bool, Body(embed=True)] = False) -> list[TokenKey]:
        """Signs with a new key from now on; tokens of the old key are valid until they expire.

        When the old key has ``leaked``, its tokens end at once.
        """
        return await issuer.rotate(leaked=leaked)

    return routes


async def _form(request: Request) -> dict[str, str]:
    """The fields of the request, without empty ones, which count as left out (RFC 6749, section 3.2)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise _Refused(400, "invalid_request", f"send a form, Content-Type: {_FORM}")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:  # of ASCII, of UTF-8, of too many fields
        raise _Refused(400, "invalid_request", f"send a form of at most {_MAX_FIELDS} fields") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Refused(400, "invalid_request", "a field occurs twice")
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise _Refused(400, "invalid_request", "grant_type is missing; it must be client_credentials")
    if grant_type != "client_credentials":
        raise _Refused(400, "unsupported_grant_type", "grant_type must be client_credentials")
    return form


def _client_secrets(authorization: str, form: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The pairs of client and secret that a request may contain; some headers can be read in two ways.

    Raises _Refused for a secret in both header and form, and for a client_id that contradicts the header.
    """
    named = in_slashes(form.get("client_id", ""))
    if not authorization:
        yield named, form.get("client_secret", "")
        return
    if "client_secret" in form:
        raise _Refused(400, "invalid_request", "send the secret in the header or in the form, not in both")
    readings = [(in_slashes(client_id), secret) for client_id, secret in _basic(authorization)]
    if named and readings and all(named != client_id for client_id, _ in readings):
        raise _Refused(400, "invalid_request", "client_id is not the client of the header")
    yield from readings


def _basic(authorization: str) -> Iterator[tuple[str, str]]:
    """Client and secret of a Basic header, decoded as RFC 6749 asks, and undecoded, as many clients send them."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # of base64, of UTF-8, of ASCII
        return
    client_id, _, secret = text.partition(":")
    yield unquote_plus(client_id), unquote_plus(secret)
    if "/" not in client_id and text.count(":") >= 4:  # NDXP's form, whose own colons are not encoded
        *parts, secret = text.split(":", 4)
        client_id = ":".join(parts)
    yield client_id, secret
