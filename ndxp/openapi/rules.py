"""Operations at the paths that ``google.api.http`` gives a method: path, query and body."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import MethodDescriptor

from ndxp.contract import Contract
from ndxp.http_rules import ONE, REST, WHOLE, HttpRule, Template, is_bound, query_fields
from ndxp.openapi.answers import errors, parameters, result_headers
from ndxp.openapi.schemas import Schema, Schemas

_VERBS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
"""Those that OpenAPI has."""


def paths_of_rules(
    contract: Contract, schemas: Schemas, method: MethodDescriptor
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, verb and operation of each rule of a method with one request and one answer."""
    if method.client_streaming or method.server_streaming:
        return
    for rule in contract.rules(method):
        if rule.verb in _VERBS:
            path, in_path = _path(rule.template)
            yield path, rule.verb.lower(), _operation(schemas, method, rule, in_path)


def _operation(schemas: Schemas, method: MethodDescriptor, rule: HttpRule, in_path: list[Schema]) -> dict[str, Any]:
    kind = method.input_type
    bound = set(rule.template.fields)
    operation: dict[str, Any] = {"parameters": [*in_path, *parameters()]}
    if rule.body == WHOLE:
        fields = [field for field in kind.fields if field.name not in bound]
        operation["requestBody"] = _body(schemas.fields(kind, fields))
    elif rule.body in kind.fields_by_name:
        bound.add(rule.body)
        operation["requestBody"] = _body(schemas.field(kind.fields_by_name[rule.body]))
    if rule.body != WHOLE:
        operation["parameters"] += [
            {"name": ".".join(field.json_name for field in path), "in": "query", "schema": schemas.field(path[-1])}
            for path in query_fields(kind)
            if not is_bound(path, bound)
        ]
    field = method.output_type.fields_by_name.get(rule.response_body)
    answer = schemas.field(field) if field is not None else schemas.message(method.output_type)
    result = {
        "description": "The answer.",
        "headers": result_headers(),
        "content": {"application/json": {"schema": answer}},
    }
    return {**operation, "responses": {"200": result, **errors()}}


def _body(schema: Schema) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path(template: Template) -> tuple[str, list[Schema]]:
    """A path as OpenAPI has it, and its parameters: a variable is one segment there."""
    names, written = list[str](), list[str]()
    for number, part in enumerate(template.parts, start=1):
        if part.pattern not in (ONE, REST):
            written.append(part.pattern)
            continue
        name = part.field or f"segment_{number}"
        names.append(f"{name}_{number}" if name in names else name)
        written.append(f"{{{names[-1]}}}")
    path = f"/{'/'.join(written)}{f':{template.action}' if template.action else ''}"
    return path, [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
