"""What every operation of a document shares: the headers of a call, its errors, and how a caller is known."""

from collections.abc import Mapping
from typing import Any

from ndxp.errors import HTTP_STATUS, RULES, Code, connect_code
from ndxp.wire import metadata

REQUEST_HEADERS: Mapping[str, str] = {
    metadata.CLIENT: "The calling subsystem; it must be the one of the token, and may be left out.",
    metadata.SERVICE: "The subsystem that is to answer, where several offer the service.",
    metadata.MESSAGE_ID: "An id of the caller's own; recorded in the ledger.",
    metadata.USER_ID: "The officer who asks; recorded in the ledger. Trần Văn B is sent as RFC 8187 writes it: "
    "UTF-8''Tr%E1%BA%A7n%20V%C4%83n%20B.",
    metadata.ISSUE: "The matter that the call belongs to; recorded in the ledger.",
    metadata.REPRESENTED_PARTY: "On whose behalf the caller asks; recorded in the ledger.",
    metadata.PATH: "The path of a call of a REST service; other services take none.",
    metadata.FAULT: "Effects of a fault that this call is to meet, where the exchange lets callers ask for faults.",
    metadata.PURPOSE: "What the data is for, where the grant asks for a purpose; recorded in the ledger.",
}
"""What a caller may say of a call, beside the trace."""

_ANSWERS: Mapping[str, str] = {
    metadata.TRANSACTION_ID: "The transaction, by which the call is found in the ledger.",
    metadata.WITHHELD: "Fields of the answer that the grant does not release, with spaces between.",
    metadata.GRANT: "The grant that withholds them.",
    metadata.ERROR_ORIGIN: "Who refused: gateway or provider.",
    metadata.REPLAY_OF: "The transaction in which this answer was given first, if it is given again.",
    metadata.FAULT: "The faults, set on purpose, that the call has met.",
    "retry-after": "Seconds to wait before the next try.",
}

_OF_A_RESULT = (metadata.TRANSACTION_ID, metadata.WITHHELD, metadata.GRANT, metadata.REPLAY_OF, metadata.FAULT)
_OF_AN_ERROR = (metadata.TRANSACTION_ID, metadata.ERROR_ORIGIN, metadata.FAULT, "retry-after")


_PROBLEM = {
    "type": "object",
    "description": "What is wrong and what to do (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened."},
        "code": {"type": "string", "enum": [code.name for code in Code if code is not Code.OK]},
        "reason": {"type": "string", "description": "Why, such as ACCESS_DENIED; the provider may have its own."},
        "hop": {"type": "string", "description": "Where it was refused, such as gateway/authorise."},
        "remedy": {"type": "string", "description": "What to do."},
        "message_vi": {"type": "string", "description": "What happened, in Vietnamese."},
        "field": {"type": "string", "description": "The field of the request, or the header, that is wrong."},
        "origin": {"type": "string", "enum": ["gateway", "provider"]},
        "transaction_id": {"type": "string"},
        "retry_after": {"type": "number", "description": "Seconds to wait before the next try."},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["type", "title", "status", "detail"],
}

_CONNECT_ERROR = {
    "type": "object",
    "description": "An error as the Connect protocol has it, for a call with the header connect-protocol-version.",
    "properties": {
        "code": {"type": "string", "enum": [connect_code(code) for code in Code if code is not Code.OK]},
        "message": {"type": "string"},
        "details": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["code"],
}


def shared(token_url: str) -> dict[str, Any]:
    """The parts of ``components`` that do not depend on the contract. ``token_url`` gives tokens for a secret."""
    return {
        "parameters": _parameters(),
        "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _ANSWERS.items()},
        "responses": {
            **{f"Error{status}": _error(codes) for status, codes in _codes().items()},
            "Error": {
                "description": "The request cannot be translated into a call.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ndxp.Problem"}}},
            },
        },
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": f"A token of {token_url}, or of `ndxp token MEMBER`.",
            },
            "credentials": {
                "type": "oauth2",
                "description": "The id of the subsystem and its secret, for a token.",
                "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}},
            },
        },
    }


SHARED_SCHEMAS = {"ndxp.Problem": _PROBLEM, "ndxp.ConnectError": _CONNECT_ERROR}
"""The schemas of errors."""

SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"credentials": []}]
"""Either of the ways to a token is enough."""


def parameters() -> list[dict[str, str]]:
    """References to the headers that a call may have."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in _parameters()]


def result_headers() -> dict[str, dict[str, str]]:
    """References to the headers of a result."""
    return _references(_OF_A_RESULT)


def errors() -> dict[str, dict[str, str]]:
    """References to every error answer, by HTTP status."""
    known = {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in _codes()}
    return {**known, "default": {"$ref": "#/components/responses/Error"}}


def _parameters() -> dict[str, Any]:
    of_the_exchange = {
        name: {
            "name": name, "in": "header", "description": text,
            "schema": {"type": "string", "maxLength": metadata.MAX_VALUE, "pattern": "^[ -~]*$"},
        }
        for name, text in REQUEST_HEADERS.items()
    }  # fmt: skip
    return {
        **of_the_exchange,
        metadata.TRACEPARENT: {
            "name": metadata.TRACEPARENT, "in": "header", "schema": {"type": "string"},
            "description": "The trace that the call belongs to (W3C Trace Context).",
        },
        "connect-timeout-ms": {
            "name": "connect-timeout-ms", "in": "header", "schema": {"type": "string", "pattern": "^[0-9]{1,10}$"},
            "description": "Milliseconds that the caller waits at most.",
        },
    }  # fmt: skip


def _codes() -> dict[int, list[Code]]:
    found = dict[int, list[Code]]()
    for code, status in sorted(HTTP_STATUS.items(), key=lambda pair: pair[1]):
        if code is not Code.OK:
            found.setdefault(status, []).append(code)
    return found


def _error(codes: list[Code]) -> dict[str, Any]:
    of_the_exchange = [f"- `{reason}`: {rule.meaning}" for reason, rule in RULES.items() if rule.code in codes]
    names = " or ".join(code.name for code in codes)
    description = "\n".join([f"{names}.", *(["", *of_the_exchange] if of_the_exchange else [])])
    return {
        "description": description,
        "headers": _references(_OF_AN_ERROR),
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ndxp.Problem"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/ndxp.ConnectError"}},
        },
    }


def _references(names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
