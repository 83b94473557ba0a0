"""A change is made once: a repeated request_id gets the first answer again."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from ndxp.agency.caller import caller
from ndxp.agency.database import Database, Transaction

_Answer = TypeVar("_Answer", bound=Message)


def once(
    database: Database, request: Message, answer: type[_Answer], do: Callable[[Transaction], _Answer], *, at: str = ""
) -> _Answer:
    """Makes the change in a transaction and stores the answer, or returns the stored answer.

    An agency that runs as several subsystems names the called one in ``at``, so that the answer of one subsystem is not
    returned by another.
    """
    return database.once(caller().client, _method(at), request, answer, do)


def answered(database: Database, request: Message, answer: type[_Answer], *, at: str = "") -> _Answer | None:
    """The answer that the running method gave to this request before, or None; ``at`` as for ``once``."""
    with database.reading() as documents:
        return documents.answered(caller().client, _method(at), request, answer)


def onward_request_id(request_id: str) -> str:
    """The request_id of the call onward that the running method makes for a request of its caller.

    It is the same when the request is repeated, and never that of another caller or method.
    """
    asker = caller()
    named = "\n".join((asker.client, asker.assertion.method, request_id))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _method(at: str) -> str:
    return f"{caller().assertion.method} {at}".rstrip()
