"""A call that has failed, and its answer in HTTP: canonical status, RFC 9457 problem details."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from starlette.responses import JSONResponse

from gateway.http.problem import answer
from ndxp.errors import HTTP_STATUS, RULES, Code, Reason
from ndxp.language import _
from ndxp.rpc import Answer
from ndxp.wire import metadata, status
from ndxp.wire.metadata import Pair, Pairs
from ndxp.wire.status import Failure


class Failed(Exception):
    """A call has failed, as ``failure`` says; ``trailing`` is the metadata that came with it."""

    def __init__(self, failure: Failure, trailing: Sequence[Pair] = ()) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.trailing = trailing

    @classmethod
    def of(cls, answer: Answer) -> "Failed":
        """The failure of a call that ended with this answer."""
        return cls(status.read(answer.code, answer.text, answer.trailing), answer.trailing)


def wrong(why: str, transaction: str = "") -> Failed:
    """The failure of a request that the door cannot translate."""
    return Failed(
        Failure(
            Code.INVALID_ARGUMENT, why, Reason.REQUEST_MALFORMED, "door",
            "send one JSON object as `ndxp services describe METHOD` shows it", transaction_id=transaction,
            message_vi="Yêu cầu không đúng định dạng của dịch vụ.",
        )
    )  # fmt: skip


def refused(reason: Reason, why: str) -> Failed:
    """The failure of a request that the door itself does not take, with the code and the remedy of a reason."""
    rule = RULES[reason]
    return Failed(Failure(rule.code, why, reason, "door", rule.remedy, message_vi=rule.meaning_vi))


@contextmanager
def fitting(pairs: Pairs) -> Iterator[None]:
    """A block that translates an answer with this metadata. Raises Failed when it does not fit its contract."""
    try:
        yield
    except (DecodeError, json_format.Error, TypeError, ValueError, RecursionError) as error:
        transaction = str(metadata.first(pairs, metadata.TRANSACTION_ID))
        why = "the provider's answer does not fit its contract"
        raise Failed(Failure(Code.INTERNAL, why, hop="agency", transaction_id=transaction)) from error


def members(failure: Failure) -> dict[str, Any]:
    """The members of a problem that are not in RFC 9457, without empty ones."""
    values: dict[str, Any] = {
        "code": failure.code.name, "reason": failure.reason, "hop": failure.hop, "remedy": failure.remedy,
        "message_vi": failure.message_vi, "field": failure.field, "origin": failure.origin,
        "transaction_id": failure.transaction_id, "retry_after": failure.retry_after, "details": failure.details,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value not in ("", None, {})}


def headers(failure: Failure) -> dict[str, str]:
    """Header fields of the answer for a failed call."""
    found: dict[str, str] = {}
    if failure.transaction_id:
        found[metadata.TRANSACTION_ID] = failure.transaction_id
    if failure.origin:
        found[metadata.ERROR_ORIGIN] = failure.origin
    if failure.retry_after is not None:
        found["retry-after"] = str(math.ceil(failure.retry_after))
    if failure.code is Code.UNAUTHENTICATED:
        found["www-authenticate"] = 'Bearer realm="ndxp"'
    return found


TITLES: Mapping[Code, str] = {code: code.name.replace("_", " ").capitalize() for code in Code if code is not Code.OK}
"""What a status code says in the title of a problem."""


def problem(failure: Failure) -> JSONResponse:
    """The answer in RFC 9457's form, its title in the language of who asks."""
    title = _(TITLES[failure.code])
    return answer(HTTP_STATUS[failure.code], title, failure.message, members(failure), headers(failure))
