"""What a contract says, as JSON: methods, fields, types, comments, and an example request."""

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from ndxp.contract import Contract
from ndxp.messages import shown

KINDS = {
    (False, False): "", (True, False): "client stream",
    (False, True): "server stream", (True, True): "stream both ways",
}  # fmt: skip
"""What a method streams, by whether its client and its server do."""

_SCALARS = {
    getattr(FieldDescriptor, f"TYPE_{name.upper()}"): name
    for name in (
        "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "bytes", "uint32",
        "sfixed32", "sfixed64", "sint32", "sint64",
    )
}  # fmt: skip


def kind_of(*, client_streaming: bool, server_streaming: bool) -> str:
    """How many messages a method takes and gives; empty for one and one."""
    return KINDS[client_streaming, server_streaming]


def of_service(contract: Contract) -> dict[str, Any]:
    """A service with its methods, as JSON."""
    return {
        "service": contract.service.full_name,
        "comment": contract.comment(contract.service),
        "methods": [_head(contract, method) for method in contract.service.methods],
    }


def of_method(contract: Contract, method: MethodDescriptor, example: Any) -> dict[str, Any]:
    """A method with the messages and enums of its request and answer, as JSON.

    ``example`` is a request of the catalogue, None for one with empty fields.
    """
    messages, enums = _reached(method)
    return {
        **_head(contract, method),
        "request": method.input_type.full_name,
        "answer": method.output_type.full_name,
        "messages": {kind.full_name: _of_message(contract, kind) for kind in messages},
        "enums": {
            kind.full_name: {
                "comment": contract.comment(kind),
                "values": [{"name": value.name, "comment": contract.comment(value)} for value in kind.values],
            }
            for kind in enums
        },
        "example": _empty(method) if example is None else example,
        "to_be_filled_in": example is None,
    }


def _empty(method: MethodDescriptor) -> Any:
    """A request to be filled in, without fields that are messages."""
    request = shown(GetMessageClass(method.input_type)())
    return [request] if method.client_streaming else request


def _head(contract: Contract, method: MethodDescriptor) -> dict[str, Any]:
    return {
        "method": f"{method.containing_service.full_name}/{method.name}",
        "comment": contract.comment(method),
        "read_only": contract.read_only(method),
        "client_streaming": method.client_streaming,
        "server_streaming": method.server_streaming,
    }


def _reached(method: MethodDescriptor) -> tuple[list[Descriptor], list[EnumDescriptor]]:
    """The messages of a method, request and answer first, and the enums in them; protobuf's own have known forms."""
    messages = list(dict.fromkeys([method.input_type, method.output_type]))
    enums = list[EnumDescriptor]()
    seen = {kind.full_name for kind in messages}
    for kind in messages:  # it grows meanwhile
        for field in kind.fields:
            value = value_of_map(field) or field
            inner = value.message_type or value.enum_type
            if inner is None or inner.full_name in seen or inner.full_name.startswith("google.protobuf."):
                continue
            seen.add(inner.full_name)
            if isinstance(inner, Descriptor):
                messages.append(inner)
            else:
                enums.append(inner)
    return messages, enums


def _of_message(contract: Contract, kind: Descriptor) -> dict[str, Any]:
    fields = [
        {"name": field.json_name, "type": type_of(field), "comment": contract.comment(field)} for field in kind.fields
    ]
    return {"comment": contract.comment(kind), "fields": fields}


def type_of(field: FieldDescriptor) -> str:
    """The type of a field as a contract writes it, without the package."""
    value = value_of_map(field)
    if value is not None and field.message_type is not None:
        return f"map<{_single(field.message_type.fields_by_name['key'])}, {_single(value)}>"
    oneof = field.containing_oneof
    choice = f", one of {oneof.name}" if oneof is not None and len(oneof.fields) > 1 else ""
    return f"{'repeated ' if field.is_repeated else ''}{_single(field)}{choice}"


def _single(field: FieldDescriptor) -> str:
    inner = field.message_type or field.enum_type
    return inner.name if inner is not None else _SCALARS[field.type]


def value_of_map(field: FieldDescriptor) -> FieldDescriptor | None:
    """The field of a map's values; None for a field that is no map."""
    entry = field.message_type
    return entry.fields_by_name["value"] if entry is not None and entry.GetOptions().map_entry else None
