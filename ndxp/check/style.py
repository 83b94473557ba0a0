"""Checks the style of a contract, as its descriptors show it."""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, EnumValueDescriptor, MethodDescriptor

from ndxp.check.inputs import has_request_id
from ndxp.check.line import Line
from ndxp.check.provider import Provider
from ndxp.check.result import Result, Rule

_PAGE = "CONTRIBUTING.md"
_VERSION = Rule(
    "style/package",
    "the package ends in a version, such as museum.v1",
    "a change that breaks callers needs another package beside this one",
    _PAGE,
)
_UNSPECIFIED = Rule(
    "style/unspecified",
    "the value 0 of an enum is ..._UNSPECIFIED",
    "0 is what a message without the field says; no answer may mean something by that",
    _PAGE,
)
_COMMENTS = Rule(
    "style/comments",
    "service, methods, messages, fields, enums and their values have comments",
    "callers know a contract by what `ndxp services describe` and the OpenAPI document say of it",
    _PAGE,
)
_NAMES = Rule(
    "style/names",
    "the request of a method is METHODRequest and its answer METHODResponse",
    "each method can then get fields of its own later, without a change for other methods",
    _PAGE,
)
_READ_ONLY = Rule(
    "style/read-only",
    "a method that reads (Get, List, Verify, Check) has `option idempotency_level = NO_SIDE_EFFECTS`",
    "the gateway forwards it without a record before the call, clients repeat it safely, and it has an HTTP GET",
    _PAGE,
)
_REQUEST_ID = Rule(
    "style/request-id",
    "the request of a method that may change something has a string request_id",
    "a caller whose answer was lost repeats the request with the same request_id; the agency does it once",
    _PAGE,
)
_PAGES = Rule(
    "style/pages",
    "a request with page_size or page_token has both, and the answer has next_page_token",
    "a caller can neither begin nor go on otherwise (AIP-158)",
    _PAGE,
)
_READS = re.compile(r"(?:Get|List|Verify|Check|BatchGet|BatchVerify)(?=[A-Z]|$)")
_PACKAGE = re.compile(r"(?:.+\.)?v[1-9]\d*(?:(?:alpha|beta)\d*)?")


def check_style(line: Line) -> Iterator[Result]:
    """The whole contract, and each of its methods."""
    provider = line.provider
    package = provider.contract.service.file.package
    right = _PACKAGE.fullmatch(package)
    yield _VERSION.passed(provider.name) if right else _said(_VERSION, provider.name, f"the package {package!r}")
    messages, enums = _declared(provider)
    zeros = [each.full_name for each in enums if not each.values_by_number[0].name.endswith("_UNSPECIFIED")]
    yield _none(_UNSPECIFIED, provider.name, zeros, "the value 0 is something else in")
    elements = [provider.contract.service, *provider.methods, *messages, *(f for m in messages for f in m.fields)]
    elements += [*enums, *(value for each in enums for value in each.values)]
    silent = [_named(each) for each in elements if not provider.contract.comment(each)]
    if len(silent) == len(elements):
        yield _COMMENTS.skipped(provider.name, "the agency's reflection shows no comments at all")
    else:
        yield _none(_COMMENTS, provider.name, silent, "no comment at")
    for method in provider.methods:
        yield from _check_method(provider, method)


def _check_method(provider: Provider, method: MethodDescriptor) -> Iterator[Result]:
    place, asked, answered = provider.place(method), method.input_type, method.output_type
    wanted = f"{method.name}Request", f"{method.name}Response"
    named = asked.name, answered.name
    yield _NAMES.passed(place) if named == wanted else _said(_NAMES, place, " and ".join(named))
    if not provider.contract.read_only(method):
        if _READS.match(method.name) and not has_request_id(asked):
            yield _said(_READ_ONLY, place, "no idempotency_level, and no request_id")
        elif has_request_id(asked):
            yield _REQUEST_ID.passed(place)
        else:
            yield _said(_REQUEST_ID, place, f"{asked.name} without request_id")
    else:
        yield _READ_ONLY.passed(place)
    paged = {name for name in ("page_size", "page_token") if name in asked.fields_by_name}
    if paged:
        goes_on = len(paged) == 2 and "next_page_token" in answered.fields_by_name
        yield _PAGES.passed(place) if goes_on else _said(_PAGES, place, f"only {', '.join(paged)}")


def _declared(provider: Provider) -> tuple[list[Descriptor], list[EnumDescriptor]]:
    """The messages and enums that the service's methods reach in its own package."""
    package = provider.contract.service.file.package
    messages = dict[str, Descriptor]()
    enums = dict[str, EnumDescriptor]()
    waiting: list[Any] = [kind for each in provider.methods for kind in (each.input_type, each.output_type)]
    while waiting:
        kind = waiting.pop()
        if kind.full_name in messages or kind.file.package != package:
            continue
        if not kind.GetOptions().map_entry:
            messages[kind.full_name] = kind
        for field in kind.fields:
            if field.message_type is not None:
                waiting.append(field.message_type)
            if field.enum_type is not None and field.enum_type.file.package == package:
                enums[field.enum_type.full_name] = field.enum_type
    return list(messages.values()), list(enums.values())


def _named(element: Any) -> str:
    value = isinstance(element, EnumValueDescriptor)
    return f"{element.type.full_name}.{element.name}" if value else str(element.full_name)


def _none(rule: Rule, place: str, wrong: list[str], what: str) -> Result:
    return _said(rule, place, f"{what} {', '.join(wrong)}") if wrong else rule.passed(place)


def _said(rule: Rule, place: str, came: str) -> Result:
    return rule.failed(place, sent="nothing: the contract itself was read", came=came)
