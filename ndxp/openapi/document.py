"""The OpenAPI 3.1 document of a contract: every method at its path, and at those that the contract adds."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor

from ndxp.contract import Contract
from ndxp.openapi.answers import SECURITY, SHARED_SCHEMAS, errors, parameters, result_headers, shared
from ndxp.openapi.rules import paths_of_rules
from ndxp.openapi.schemas import Schema, Schemas, described

JSON, STREAM = "application/json", "application/connect+json"

_VARIABLE = re.compile(r"\{[^}]*\}")

_STREAMED = (
    "A stream of envelopes, as the Connect protocol has them: a byte of flags, four bytes of length, and a message in "
    "JSON. The last envelope of an answer has the flag 2 and says how the call ended."
)


def document(
    files: bytes, contract: str, *, url: str, token_url: str, examples: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document of a contract in a serialised FileDescriptorSet.

    ``url`` is where calls go, ``token_url`` where tokens come from; ``examples`` are requests in JSON by the methods'
    names, an array for a stream. Raises ValueError when the files do not describe the contract.
    """
    read = Contract(files, contract)
    schemas = Schemas(read)
    paths, shapes = dict[str, dict[str, Any]](), dict[str, str]()
    for method in read.service.methods:
        operation = _operation(read, schemas, method, (examples or {}).get(method.name))
        paths[f"/{contract}/{method.name}"] = {"post": operation}
    for method in read.service.methods:
        for path, verb, operation in paths_of_rules(read, schemas, method):
            known = shapes.setdefault(_VARIABLE.sub("{}", path), path)
            for parameter, name in zip(operation["parameters"], _VARIABLE.findall(known), strict=False):
                parameter["name"] = name[1:-1]  # OpenAPI has one name for what is at one place
            paths.setdefault(known, {}).setdefault(verb, {**_told(read, method), **operation})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": contract,
            "version": read.service.file.package.rpartition(".")[2] or "v1",
            **described(read.comment(read.service)),
        },
        "servers": [{"url": url}],
        "security": SECURITY,
        "tags": [{"name": read.service.name}],
        "paths": paths,
        "components": {**shared(token_url), "schemas": {**SHARED_SCHEMAS, **schemas.components()}},
    }


def _told(contract: Contract, method: MethodDescriptor) -> dict[str, Any]:
    """What an operation says of a method."""
    text = [contract.comment(method)]
    if contract.read_only(method):
        text.append("It changes nothing.")
    if method.client_streaming:
        text.append(
            "It takes a stream of messages, which is not plain JSON: call it by gRPC, or with a client of the Connect "
            "protocol."
        )
    elif method.server_streaming:
        text.append("It answers with a stream of messages.")
    return {"tags": [method.containing_service.name], **described("\n\n".join(filter(None, text)))}


def _operation(contract: Contract, schemas: Schemas, method: MethodDescriptor, example: Any) -> dict[str, Any]:
    streamed = method.client_streaming or method.server_streaming
    asked = _content(schemas, method.input_type, streamed=streamed)
    if example is not None and not streamed:
        asked[JSON]["example"] = example
    elif example is not None:
        asked[STREAM]["schema"]["contentSchema"]["examples"] = example if isinstance(example, list) else [example]
    return {
        "operationId": method.name,
        **_told(contract, method),
        "parameters": parameters(),
        "requestBody": {"required": True, "content": asked},
        "responses": {
            "200": {
                "description": contract.comment(method.output_type) or "The answer.",
                "headers": result_headers(),
                "content": _content(schemas, method.output_type, streamed=streamed),
            },
            **errors(),
        },
    }


def _content(schemas: Schemas, kind: Descriptor, *, streamed: bool) -> dict[str, Schema]:
    """A message as a body; of a stream, the schema of each message is in ``contentSchema``."""
    message = schemas.message(kind)
    if not streamed:
        return {JSON: {"schema": message}}
    return {
        STREAM: {
            "schema": {
                "type": "string", "description": _STREAMED, "contentMediaType": STREAM, "contentSchema": message,
            }
        }
    }  # fmt: skip
