"""Calls by the paths of ``google.api.http`` annotations: which method is meant, and the request in JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from ndxp.contract import Contract
from ndxp.http_rules import ONE, REST, WHOLE, HttpRule, Template, is_bound, query_fields
from ndxp.messages import WrongRequest

_BOOLS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Route:
    """A method that an HTTP request means. ``values`` are the fields in its path, by their paths."""

    method: MethodDescriptor
    rule: HttpRule
    values: Mapping[str, str]

    @property
    def full_method(self) -> str:
        """The method as gRPC names it: "package.Service/Method"."""
        return f"{self.method.containing_service.full_name}/{self.method.name}"

    def request(self, query: Iterable[tuple[str, str]], body: Any = None) -> dict[str, Any]:
        """The request in JSON, from the decoded query and the parsed body; None without a body. Raises WrongRequest.

        Only what the rule says is checked here: whether it fits the message is seen when it is parsed.
        """
        request = self._of_body(body)
        if self.rule.body != WHOLE:
            self._take_query(request, query)
        elif unknown := next(iter(query), None):
            raise WrongRequest(f"{self.method.full_name} takes nothing in the query: {unknown[0][:100]!r}")
        for path, value in self.values.items():
            _put(request, self._fields(path), value)
        return request

    def answer(self, answer: dict[str, Any]) -> Any:
        """The part of an answer in JSON that is the HTTP answer; None when the provider left it empty."""
        field = self.method.output_type.fields_by_name.get(self.rule.response_body)
        return answer if field is None else answer.get(field.json_name)

    def _of_body(self, body: Any) -> dict[str, Any]:
        field = self.method.input_type.fields_by_name.get(self.rule.body)
        if body is None:
            return {}
        if field is not None:
            return {field.json_name: body}
        if self.rule.body != WHOLE:
            raise WrongRequest(f"{self.method.full_name} takes no body here")
        if not isinstance(body, dict):
            raise WrongRequest("a message is a JSON object")
        return body

    def _take_query(self, request: dict[str, Any], query: Iterable[tuple[str, str]]) -> None:
        bound = {*self.values, self.rule.body}
        known = dict[str, Sequence[FieldDescriptor]]()
        for path in query_fields(self.method.input_type):
            if not is_bound(path, bound):
                for named in (".".join(field.json_name for field in path), ".".join(field.name for field in path)):
                    known[named] = path
        for name, value in query:
            if name not in known:
                there = ", ".join(dict.fromkeys(".".join(f.json_name for f in path) for path in known.values()))
                raise WrongRequest(f"there is no {name[:100]!r} for the query; there are {there or 'none'}")
            _put(request, known[name], value)

    def _fields(self, path: str) -> list[FieldDescriptor]:
        kind: Any = self.method.input_type
        fields = list[FieldDescriptor]()
        for name in path.split("."):
            fields.append(kind.fields_by_name[name])
            kind = fields[-1].message_type
        return fields


class Routes:
    """The annotated methods of contracts. Where two paths fit, the one counts that is exact for longer."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        found = [
            Route(method, rule, {})
            for contract in contracts
            for method in contract.service.methods
            if not method.client_streaming and not method.server_streaming
            for rule in contract.rules(method)
        ]
        self._routes = sorted(found, key=lambda route: _order(route.rule.template))

    def find(self, verb: str, path: str) -> Route | None:
        """What an HTTP request means, by its path as it was on the wire; None when it is no annotated one.

        Raises WrongRequest when what is encoded in the path is not UTF-8.
        """
        try:
            for route in self._routes:
                if route.rule.verb == verb and (values := route.rule.template.match(path)) is not None:
                    return Route(route.method, route.rule, values)
        except UnicodeDecodeError:
            raise WrongRequest("the path is not UTF-8") from None
        return None


def _order(template: Template) -> tuple[bool, list[int]]:
    """The place of a path among others: first those that end with an action, such as ``:lend``."""
    return not template.action, [{ONE: 1, REST: 2}.get(part.pattern, 0) for part in template.parts]


def _put(request: dict[str, Any], path: Sequence[FieldDescriptor], text: str) -> None:
    """Puts a value of a path or a query into a request. Raises WrongRequest when it is there already."""
    *above, field = path
    for outer in above:
        inner = request.setdefault(outer.name if outer.name in request else outer.json_name, {})
        if not isinstance(inner, dict):
            raise WrongRequest(f"{outer.json_name}: a message is a JSON object")
        request = inner
    value = _value(field, text)
    if field.is_repeated:
        request.setdefault(field.json_name, []).append(value)
    elif field.json_name in request or field.name in request:
        raise WrongRequest(f"{'.'.join(f.json_name for f in path)} is there twice")
    else:
        request[field.json_name] = value


def _value(field: FieldDescriptor, text: str) -> Any:
    """A value in JSON: protobuf takes numbers as text too, but not the words of a truth value."""
    wrapped = field.message_type is not None and field.message_type.full_name == "google.protobuf.BoolValue"
    if not wrapped and field.type != FieldDescriptor.TYPE_BOOL:
        return text
    if text not in _BOOLS:
        raise WrongRequest(f"{field.json_name} must be true or false")
    return _BOOLS[text]
