"""``POST /token``: an access token in the form of WSO2, as the real NDXP gives it. The control process decides."""

import ssl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.rest.bodies import BodyRefused, read_small
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
        https = self._url.startswith("https:")
        # The public authorities are read only where they are needed, because that takes time.
        self._secure: ssl.SSLContext | bool = tls.https() if tls is not None else https and ssl.create_default_context()

    async def answer(self, request: Request) -> Response:
        """The answer of the control process, with the ``scope`` that WSO2's has."""
        import httpx  # here, because it takes 5 MB

        try:
            form = await read_small(request, _LARGEST, _PATIENCE, "form")
        except BodyRefused as error:
            return _refusal(error.status, "invalid_request", str(error))
        try:
            # A proxy of the environment would read the secret.
            async with httpx.AsyncClient(timeout=_PATIENCE, verify=self._secure, trust_env=False) as http:
                headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
                answer = await http.post(self._url, content=form, headers=headers)
            members = answer.json()
        except (httpx.HTTPError, ValueError):
            return _refusal(503, "temporarily_unavailable", "the exchange gives no tokens now; try again")
        if answer.status_code == httpx.codes.OK:
            members = {"access_token": members["access_token"], "scope": _SCOPE, **members}
        headers = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        return JSONResponse(members, answer.status_code, headers=headers)


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    """An error as RFC 6749, section 5.2, has it."""
    return JSONResponse({"error": error, "error_description": description}, status)
