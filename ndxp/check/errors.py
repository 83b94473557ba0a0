"""What an error of an agency must be like; and the check that errors do not repeat what the caller sent."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.check.answer import Answer
from ndxp.check.inputs import changed, paths_of, renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.errors import Code

_PAGE = "docs/guides/agency.md#check-your-agency"
ENDS = Rule(
    "wrong-input/ends",
    "every request gets an answer within the time limit",
    "a call that hangs holds a place in the gateway and in the agency until its deadline",
    _PAGE,
)
CODE = Rule(
    "wrong-input/code",
    "a wrong request is never INTERNAL, UNKNOWN, DATA_LOSS or UNIMPLEMENTED",
    "callers repeat such calls and report them as outages; after enough of them the gateway leaves the agency alone",
    _PAGE,
)
REASON = Rule(
    "errors/reason",
    "every error has google.rpc.ErrorInfo with a reason in capitals and a domain",
    "programs decide by the reason; the ledger and `ndxp explain` show it",
    _PAGE,
)
FIELD = Rule(
    "errors/field",
    "INVALID_ARGUMENT names the field at fault in google.rpc.BadRequest",
    "a caller with a form shows the error at the field; without the name nobody knows what to correct",
    _PAGE,
)
LEAK = Rule(
    "errors/leak",
    "a message for callers has no traceback, path, SQL or name of a class",
    "it tells an attacker how the agency is made, and a caller nothing that helps",
    _PAGE,
)
ECHO = Rule(
    "errors/echo",
    "an error does not repeat what the caller sent about people",
    "errors reach logs and screens of others; personal data must not",
    _PAGE,
)
RULES = (ENDS, CODE, REASON, FIELD, LEAK)

_BROKEN = frozenset({Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS, Code.UNIMPLEMENTED})
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_LEAKS = re.compile(
    r"Traceback|File \"|, line \d+|\.(?:py|java|go|js|cs):\d+|site-packages"
    r"|(?:^|[\s'\"(])/(?:home|usr|opt|app|srv|var|tmp|etc)/"
    r"|\b(?:SELECT .+ FROM|INSERT INTO|UPDATE .+ SET|DELETE FROM)\b|(?i:sqlalchemy|sqlite3?\b|psycopg|\bORA-\d+)"
    r"|\b[A-Z]\w*(?:Error|Exception)\b|<class '|object at 0x|\bNoneType\b|Exception (?:calling|deserializing|in thread)"
)
_REFERENCE = re.compile(r"(?:^|_)(?:id|ids|code|codes|token|cursor)$")
"""Names of fields that refer to something and are not about a person."""

_NAME, _NUMBER = "Trần Thị Chim Hoàng Yến", "099887766554"
_MOST_PLACES = 40


def broken(answer: Answer, rule: Rule) -> bool:
    """Whether an answer breaks one of RULES."""
    if answer.good:
        return False
    if answer.late or rule is ENDS:
        return answer.late and rule is ENDS
    if answer.garbled or rule is CODE:
        return answer.code in _BROKEN and rule is CODE
    if rule is REASON:
        return not (_REASON.fullmatch(answer.failure.reason) and answer.domain)
    if rule is FIELD:
        return answer.code is Code.INVALID_ARGUMENT and not answer.failure.field
    return bool(_LEAKS.search(answer.failure.message))


def check_echo(line: Line) -> Iterator[Result]:
    """Each method gets an unmistakable name and number in each text of its request."""
    provider = line.provider
    for method in provider.methods:
        place = provider.place(method)
        if not provider.callable(method):
            yield ECHO.skipped(place, "the method may change something")
            continue
        example = provider.example(method) or [GetMessageClass(method.input_type)()]
        yield ECHO.found(place, _echoes(line, method, example))


def _echoes(line: Line, method: Any, example: Sequence[Message]) -> Iterator[tuple[str, str]]:
    first, *others = renewed(example)
    texts = [path for path in paths_of(method.input_type) if _may_be_personal(path[-1])]
    for path in texts[:_MOST_PLACES]:
        for given in (_NAME, _NUMBER):
            value = [given] if path[-1].is_repeated else given
            answer = line.call(method, [changed(first, path, value), *others])
            told = answer.failure.message.encode() + answer.packed
            if not answer.good and given.encode() in told:
                yield f"{'.'.join(step.name for step in path)}: {given!r}", str(answer)


def _may_be_personal(field: FieldDescriptor) -> bool:
    return field.type == field.TYPE_STRING and not _REFERENCE.search(field.name)
