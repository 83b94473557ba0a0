"""The OpenAPI 3.1 document of a contract: every method at its path, and at those that the contract adds."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor

from ndxp.contract import Contract
from ndxp.messages import JSON, LINES
from ndxp.openapi.answers import SECURITY, SHARED_SCHEMAS, errors, parameters, result_headers, shared
from ndxp.openapi.rules import paths_of_rules
from ndxp.openapi.schemas import Schema, Schemas, described

_ENVELOPES = "application/connect+json"

_STREAMED = {
    LINES: "A line of JSON for each message. The last line is an object with the member `error` when the call failed.",
    _ENVELOPES: (
        "A stream of envelopes, as the Connect protocol has them: a byte of flags, four bytes of length, and a message "
        "in JSON. The last envelope of an answer has the flag 2 and says how the call ended."
    ),
}
"""What the body of a stream is, by its content type."""

_VARIABLE = re.compile(r"\{[^}]*\}")


def document(
    contract: Contract, *, url: str, token_url: str, examples: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document of a contract.

    ``url`` is where calls go, ``token_url`` where tokens come from; ``examples`` are requests in JSON by the methods'
    names, an array for a stream.
    """
    service, schemas = contract.service, Schemas(contract)
    paths, shapes = dict[str, dict[str, Any]](), dict[str, str]()
    for method in service.methods:
        operation = _operation(contract, schemas, method, (examples or {}).get(method.name))
        paths[f"/{service.full_name}/{method.name}"] = {"post": operation}
    for method in service.methods:
        for path, verb, operation in paths_of_rules(contract, schemas, method):
            known = shapes.setdefault(_VARIABLE.sub("{}", path), path)
            for parameter, name in zip(operation["parameters"], _VARIABLE.findall(known), strict=False):
                parameter["name"] = name[1:-1]  # OpenAPI has one name for what is at one place
            paths.setdefault(known, {}).setdefault(verb, {**_about(contract, method), **operation})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": service.full_name,
            "version": service.file.package.rpartition(".")[2] or "v1",
            **described(contract.comment(service)),
        },
        "servers": [{"url": url}],
        "security": SECURITY,
        "tags": [{"name": service.name}],
        "paths": paths,
        "components": {**shared(token_url), "schemas": {**SHARED_SCHEMAS, **schemas.components()}},
    }


def _about(contract: Contract, method: MethodDescriptor) -> dict[str, Any]:
    """What an operation says of a method."""
    text = [contract.comment(method)]
    if contract.read_only(method):
        text.append("It changes nothing.")
    if method.client_streaming:
        text.append("It takes a stream of messages.")
    if method.server_streaming:
        text.append("It answers with a stream of messages.")
    return {"tags": [method.containing_service.name], **described("\n\n".join(filter(None, text)))}


def _operation(contract: Contract, schemas: Schemas, method: MethodDescriptor, example: Any) -> dict[str, Any]:
    streamed = method.client_streaming or method.server_streaming
    content = _content(schemas, method.input_type, many=method.client_streaming, enveloped=streamed)
    if example is not None:
        content[JSON]["example"] = example
    return {
        "operationId": method.name,
        **_about(contract, method),
        "parameters": parameters(),
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": contract.comment(method.output_type) or "The answer.",
                "headers": result_headers(),
                "content": _answer(schemas, method, enveloped=streamed),
            },
            **errors(),
        },
    }


def _answer(schemas: Schemas, method: MethodDescriptor, *, enveloped: bool) -> dict[str, Schema]:
    content = _content(schemas, method.output_type, many=method.server_streaming, enveloped=enveloped)
    return {kind: media for kind, media in content.items() if kind != JSON or not method.server_streaming}


def _content(schemas: Schemas, kind: Descriptor, *, many: bool, enveloped: bool) -> dict[str, Schema]:
    """A message, or many, as a body by its content type; of a stream, the schema of a message is ``contentSchema``."""
    message = schemas.message(kind)
    streams = ([LINES] if many else []) + ([_ENVELOPES] if enveloped else [])
    return {
        JSON: {"schema": {"type": "array", "items": message} if many else message},
        **{
            each: {
                "schema": {
                    "type": "string", "description": _STREAMED[each], "contentMediaType": each,
                    "contentSchema": message,
                }
            }
            for each in streams
        },
    }  # fmt: skip
