"""OpenAPI documents of contracts, as they are called at the X-Road door."""

from typing import Any

from gateway.rest.xroad_door import names
from gateway.rest.xroad_door.message import Target
from ndxp.contract import Contract
from ndxp.messages import JSON, LINES
from ndxp.openapi import document
from ndxp.wire import metadata

_SENT_AS_X_ROAD = (
    metadata.CLIENT, metadata.SERVICE, metadata.PATH, metadata.MESSAGE_ID, metadata.USER_ID, metadata.ISSUE,
    metadata.REPRESENTED_PARTY,
)  # fmt: skip
_HEADERS = {
    "X-Road-Client": "The calling subsystem, INSTANCE/CLASS/MEMBER/SUBSYSTEM; it must be the one of the token.",
    "X-Road-Id": "An id of the message; made if it is left out.",
    "X-Road-UserId": "The officer who asks.",
    "X-Road-Issue": "The matter that the call belongs to.",
    "X-Road-Represented-Party": "On whose behalf the caller asks, [CLASS/]MEMBER.",
}
_FAULT = {
    "type": "object", "description": "An error of the exchange; its type is in the header X-Road-Error, too.",
    "properties": {name: {"type": "string"} for name in ("type", "message", "detail")},
    "required": ["type", "message", "detail"],
}  # fmt: skip


def of_contract(contract: Contract, *, code: str, target: Target, door: str) -> dict[str, Any]:
    """The document of a contract that a provider offers under a service code; ``door`` is the URL of the doors.

    Methods are at their paths below ``/r1``.
    """
    url = f"{door}/r1/{names.encoded(f'{target.provider}/{code}')}"
    made = document(contract, url=url, token_url=f"{door}/token")
    prefix = f"/{contract.service.full_name}/"
    own = {f"/{path.removeprefix(prefix)}": item for path, item in made["paths"].items() if path.startswith(prefix)}
    for item in own.values():
        _translate(item["post"])
    made["paths"] = own
    made["components"]["schemas"]["xroad.Fault"] = _FAULT
    return made


def _translate(operation: dict[str, Any]) -> None:
    """Turns an operation of the JSON door into one of this door."""
    replaced = {f"#/components/parameters/{name}" for name in _SENT_AS_X_ROAD}
    headers = [
        {
            "name": name, "in": "header", "required": name == "X-Road-Client", "description": text,
            "schema": {"type": "string"},
        }
        for name, text in _HEADERS.items()
    ]  # fmt: skip
    operation["parameters"] = [*headers, *(each for each in operation["parameters"] if each["$ref"] not in replaced)]
    answer = operation["responses"]["200"]
    for body in (operation["requestBody"], answer):
        body["content"] = {kind: what for kind, what in body["content"].items() if kind in (JSON, LINES)}
    content = {
        JSON: {"schema": {"$ref": "#/components/schemas/xroad.Fault"}},
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ndxp.Problem"}},
    }
    operation["responses"] = {
        "200": answer,
        "default": {"description": "An error of the exchange, or a problem of the provider.", "content": content},
    }
