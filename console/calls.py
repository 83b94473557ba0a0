"""Calls that the console makes through the gateway as a member, with a purpose: the ledger has them like any other."""

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp import calling, messages
from ndxp.client import BlockingExchange, TokenRefused
from ndxp.errors import Code, code_name
from ndxp.sandbox.state import State
from ndxp.wire import metadata, status

OFFICER = "console"
"""The user whom the calls name."""

PASSING = frozenset({Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED})
"""What a call fails with while somebody is away for a moment."""

_DEADLINE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call: as which member, of which method, with which purpose; ``provider`` where several offer the contract."""

    member: str
    method: MethodDescriptor
    request: Message
    purpose: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call.

    ``message`` is None when there was none, and ``failure`` says why; ``passing`` says that the same call may succeed
    later. ``withheld`` are the fields that the grant does not release.
    """

    message: Any = None
    failure: str = ""
    passing: bool = False
    transaction: str = ""
    withheld: list[str] = field(default_factory=list)

    @property
    def shown(self) -> Any:
        """The message as JSON, without what was withheld."""
        return messages.shown(self.message, self.withheld)


def one_line(failure: status.Failure) -> str:
    """Why a call has failed."""
    return f"{failure.reason or code_name(failure.code)}: {failure.message}"


def ask(state: State, question: Question) -> Answer:
    """Makes a call once, and waits for its answer."""
    service = question.method.containing_service.full_name
    known = {metadata.PURPOSE: question.purpose, metadata.SERVICE: question.provider, metadata.USER_ID: OFFICER}
    try:
        tokens = state.tokens(question.member)
        with BlockingExchange(state.gateway, tokens, deadline=_DEADLINE, retries=False) as exchange:
            method: Any = exchange.channel.unary_unary(
                f"/{service}/{question.method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=GetMessageClass(question.method.output_type).FromString,
            )
            message, call = method.with_call(question.request, metadata=calling.pairs(known))
    except TokenRefused as error:
        return Answer(failure=str(error))
    except grpc.RpcError as error:
        failure = status.decode(error)
        return Answer(failure=one_line(failure), passing=failure.code in PASSING, transaction=failure.transaction_id)
    said = calling.Said.of(dict(call.trailing_metadata() or ()))
    return Answer(message=message, transaction=said.transaction_id, withheld=list(said.withheld))
