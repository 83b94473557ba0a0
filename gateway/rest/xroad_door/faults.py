"""How a call that failed in the exchange is answered: one table from our reasons to X-Road's error types."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from gateway.rest import failures
from ndxp.errors import Code, Reason
from ndxp.wire.status import Failure

JSON = "application/json;charset=utf-8"
"""The content type of what the exchange itself answers."""

BAD_REQUEST = "client.bad_request"
MISSING_HEADER = "client.missing_header"

TYPES: Mapping[Reason, str] = {
    Reason.TOKEN_MISSING: MISSING_HEADER,
    Reason.TOKEN_INVALID: "server.clientproxy.ssl_authentication_failed",
    Reason.TOKEN_EXPIRED: "server.clientproxy.ssl_authentication_failed",
    Reason.CERTIFICATE_INVALID: "server.clientproxy.ssl_authentication_failed",
    Reason.INVALID_METADATA: BAD_REQUEST,
    Reason.METADATA_TOO_LARGE: BAD_REQUEST,
    Reason.MEMBER_DISABLED: "server.clientproxy.unknown_member",
    Reason.UNKNOWN_SERVICE: "server.serverproxy.unknown_service",
    Reason.UNKNOWN_PROVIDER: "server.clientproxy.unknown_member",
    Reason.ACCESS_DENIED: "server.serverproxy.access_denied",
    Reason.PURPOSE_REQUIRED: "server.serverproxy.access_denied",
    Reason.SERVICE_DISABLED: "server.serverproxy.service_disabled",
    Reason.QUOTA_EXCEEDED: "server.serverproxy.service_failed",
    Reason.OVERLOADED: "server.serverproxy.service_failed",
    Reason.CIRCUIT_OPEN: "server.serverproxy.network_error",
    Reason.REQUEST_MALFORMED: "client.invalid_request",
    Reason.MESSAGE_TOO_LARGE: "client.invalid_request",
    Reason.STREAM_TOO_LARGE: "client.invalid_request",
    Reason.JOURNAL_UNAVAILABLE: "server.serverproxy.logging_failed",
    Reason.PROVIDER_UNREACHABLE: "server.serverproxy.network_error",
    Reason.PROVIDER_TIMEOUT: "server.serverproxy.network_error",
    Reason.FIELDS_NOT_WITHHELD: "server.serverproxy.service_failed",
    Reason.FAULT_INJECTED: "server.serverproxy.service_failed",
    Reason.GATEWAY_ONLY: "server.serverproxy.access_denied",
}
"""X-Road's error type for each reason, in the spelling of X-Road 7.8.

A token takes the place of the certificate that a client shows to its security server in X-Road. X-Road knows no quotas.
"""

_NETWORK_ERROR = "server.serverproxy.network_error"
_BY_CODE: Mapping[Code, str] = {
    Code.INVALID_ARGUMENT: BAD_REQUEST, Code.UNAVAILABLE: _NETWORK_ERROR, Code.DEADLINE_EXCEEDED: _NETWORK_ERROR,
}  # fmt: skip
"""The type when the reason is not one of the table, as with the adapter of REST services, or when there is none."""


class Fault(Exception):
    """The exchange does not carry out a request. ``detail`` says in words why, and what to do."""

    def __init__(self, type_: str, message: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """400 for mistakes of the client, 500 for everything else, as X-Road has it."""
        return 400 if self.type.startswith("client.") else 500

    def response(self, headers: Mapping[str, str]) -> JSONResponse:
        """The answer, with these header fields too."""
        body = {"type": self.type, "message": self.message, "detail": self.detail}
        fields = {**self.headers, **headers, "x-road-error": self.type}
        return JSONResponse(body, self.status, headers=fields, media_type=JSON)


def fault(failure: Failure) -> Fault:
    """The fault for a call that failed in the exchange. Its detail has reason, hop, transaction and remedy."""
    hop = f" at {failure.hop}" if failure.hop else ""
    parts = [
        f"{failure.reason or failure.code.name}{hop}",
        f"transaction {failure.transaction_id}" if failure.transaction_id else "",
        f"remedy: {failure.remedy}" if failure.remedy else "",
    ]
    return Fault(_type(failure), failure.message, "; ".join(filter(None, parts)), failures.headers(failure))


def bad_request(message: str, detail: str) -> Fault:
    """The fault for a request that is not in the form of the protocol, so that the door cannot translate it."""
    return Fault(BAD_REQUEST, message, detail)


def _type(failure: Failure) -> str:
    if failure.reason in TYPES:
        return TYPES[Reason(failure.reason)]
    return _BY_CODE.get(failure.code, "server.serverproxy.service_failed")
