"""Checks lists in pages, as AIP-158 asks: https://google.aip.dev/158 ."""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.check.answer import Answer
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.errors import Code

_PAGE = "docs/guides/agency.md#check-your-agency"
_SIZES = Rule(
    "paging/sizes",
    "page_size 0 and a huge one are taken, 1 gives one entry at most, a negative one is INVALID_ARGUMENT",
    "0 means that the caller leaves it to the agency; an error in the caller's sum must not look like an empty list",
    _PAGE,
)
_TOKEN = Rule(
    "paging/token",
    "a page_token that the agency did not give is INVALID_ARGUMENT",
    "a caller with a damaged token would begin again, and count everybody twice",
    _PAGE,
)
_OTHER_LIST = Rule(
    "paging/other-list",
    "a page_token of another list is INVALID_ARGUMENT",
    "a place in the list of one citizen says something of it, and means nothing in another list",
    _PAGE,
)
_WHOLE = Rule(
    "paging/whole",
    "pages together have each entry once",
    "a list with doubles or gaps makes wrong statistics, and nobody notices",
    _PAGE,
)
_RULES = (_SIZES, _TOKEN, _OTHER_LIST, _WHOLE)
_HUGE = 2**31 - 1
_GARBAGE = ("garbage", "%%%", "-1", "9" * 300)
_TRIES, _MOST_PAGES = 8, 20


def check_paging(line: Line) -> Iterator[Result]:
    """The methods with pages."""
    for method in line.provider.methods:
        if not _has_pages(method):
            continue
        listed = _listed(line, method)
        if listed is None:
            for rule in _RULES:
                yield rule.skipped(line.provider.place(method), "no list was given for any example request")
        else:
            yield from _check_method(line, method, listed)


def _has_pages(method: MethodDescriptor) -> bool:
    asked, answered = method.input_type.fields_by_name, method.output_type.fields_by_name
    single = not (method.client_streaming or method.server_streaming)
    return single and "page_size" in asked and "page_token" in asked and "next_page_token" in answered


def _listed(line: Line, method: MethodDescriptor) -> Message | None:
    """A request that gets a list, if there is one of several pages; without an example the empty one is tried."""
    found = None
    requests = [request for number in range(_TRIES) for request in line.provider.example(method, number) or ()]
    for request in [*requests, GetMessageClass(method.input_type)()]:
        answer = line.call(method, [_paged(request, 1)])
        if answer.good:
            found = found or request
            if _next(answer):
                return request
    return found


def _check_method(line: Line, method: MethodDescriptor, request: Message) -> Iterator[Result]:
    place = line.provider.place(method)
    yield _SIZES.found(place, _wrong_sizes(line, method, request))
    yield _TOKEN.found(place, _taken_tokens(line, method, request))
    first = line.call(method, [_paged(request, 1)])
    if not (first.good and _next(first)):
        for rule in (_OTHER_LIST, _WHOLE):
            yield rule.skipped(place, "no example request has a list of more than one entry")
        return
    yield _of_another_list(line, method, request, _next(first))
    yield _WHOLE.found(place, _doubles(line, method, request))


def _wrong_sizes(line: Line, method: MethodDescriptor, request: Message) -> Iterator[tuple[str, str]]:
    for size in (0, 1, _HUGE):
        answer = line.call(method, [_paged(request, size)])
        entries = _entries(answer, method)
        if not answer.good:
            yield f"page_size {size}", str(answer)
        elif size and len(entries) > size:
            yield f"page_size {size}", f"{len(entries)} entries"
    for size in (-1, -(2**31)):
        answer = line.call(method, [_paged(request, size)])
        if answer.code is not Code.INVALID_ARGUMENT:
            yield f"page_size {size}", str(answer)


def _taken_tokens(line: Line, method: MethodDescriptor, request: Message) -> Iterator[tuple[str, str]]:
    for token in _GARBAGE:
        answer = line.call(method, [_paged(request, 1, token)])
        if answer.code is not Code.INVALID_ARGUMENT:
            yield f"page_token {token[:20]!r}", str(answer)


def _of_another_list(line: Line, method: MethodDescriptor, request: Message, token: str) -> Result:
    place = line.provider.place(method)
    for number in range(_TRIES):
        for other in line.provider.example(method, number) or ():
            if _paged(other, 1) != _paged(request, 1) and line.call(method, [_paged(other, 1)]).good:
                answer = line.call(method, [_paged(other, 1, token)])
                if answer.code is Code.INVALID_ARGUMENT:
                    return _OTHER_LIST.passed(place)
                return _OTHER_LIST.failed(place, sent="the page_token of the list of another request", came=str(answer))
    return _OTHER_LIST.skipped(place, "there are no two example requests with lists")


def _doubles(line: Line, method: MethodDescriptor, request: Message) -> Iterator[tuple[str, str]]:
    whole = _entries(line.call(method, [_paged(request, _HUGE)]), method)
    token, seen = "", list[Any]()
    for _ in range(_MOST_PAGES):
        answer = line.call(method, [_paged(request, 2, token)])
        if not answer.good:
            yield "page_size 2, page after page", str(answer)
            return
        seen += _entries(answer, method)
        token = _next(answer)
        if not token:
            break
    if seen != whole[: len(seen)] or (not token and len(seen) < len(whole)):
        yield "page_size 2, page after page", f"{len(seen)} entries that are not the first of one large page"


def _paged(request: Message, size: int, token: str = "") -> Message:
    copy: Any = type(request)()
    copy.CopyFrom(request)
    copy.page_size, copy.page_token = size, token
    return copy  # type: ignore[no-any-return]


def _next(answer: Answer) -> str:
    (message,) = answer.messages
    return str(message.next_page_token)  # type: ignore[attr-defined]


def _entries(answer: Answer, method: MethodDescriptor) -> Sequence[Any]:
    """The entries of a page: its first field that is a list."""
    lists: list[FieldDescriptor] = [field for field in method.output_type.fields if field.is_repeated]
    return list(getattr(answer.messages[0], lists[0].name)) if answer.messages and lists else []
