"""``POST /token``: an access token in the form of WSO2, as the real NDXP gives it. The control process decides."""

import asyncio
import ssl

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gateway.settings import RestSettings
from ndxp.wire.tls import Tls

_LARGEST = 8 * 1024
_PATIENCE = 5.0
"""Seconds for the form of a caller, and for the answer of the control process."""

_PASSED_ON = ("authorization", "content-type")
_PASSED_BACK = ("cache-control", "pragma", "www-authenticate", "retry-after")
_SCOPE = "default"


class TokenOffice:
    """Passes requests for tokens on to the control process. Nothing of them is kept or logged."""

    def __init__(self, settings: RestSettings, tls: Tls | None) -> None:
        self._url = f"{settings.control_url.rstrip('/')}/oauth2/token"
        self._secure = tls.https() if tls is not None else ssl.create_default_context()

    async def answer(self, request: Request) -> Response:
        """The answer of the control process, with the ``scope`` that WSO2's has."""
        try:
            async with asyncio.timeout(_PATIENCE):
                form = await _form(request)
        except TimeoutError:
            return _refusal(408, "invalid_request", f"the form was not there within {_PATIENCE:g} s")
        except ClientDisconnect:
            return _refusal(400, "invalid_request", "the caller has gone")
        if form is None:
            return _refusal(413, "invalid_request", f"the form is larger than {_LARGEST} bytes")
        try:
            # A proxy of the environment would read the secret.
            async with httpx.AsyncClient(timeout=_PATIENCE, verify=self._secure, trust_env=False) as http:
                headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
                told = await http.post(self._url, content=form, headers=headers)
            said = told.json()
        except (httpx.HTTPError, ValueError):
            return _refusal(503, "temporarily_unavailable", "the exchange gives no tokens now; try again")
        if told.status_code == httpx.codes.OK:
            said = {"access_token": said["access_token"], "scope": _SCOPE, **said}
        headers = {name: told.headers[name] for name in _PASSED_BACK if name in told.headers}
        return JSONResponse(said, told.status_code, headers=headers)


async def _form(request: Request) -> bytes | None:
    """The body; None when it is too large."""
    form = b""
    async for part in request.stream():
        form += part
        if len(form) > _LARGEST:
            return None
    return form


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    """An error as RFC 6749, section 5.2, has it."""
    return JSONResponse({"error": error, "error_description": description}, status)
