"""A connection to an agency in the gateway's place: it signs assertions with the agency's own key."""

import hashlib
from collections.abc import Sequence
from secrets import token_hex
from typing import Any, Self

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from msgspec.structs import replace

from ndxp.check.answer import Answer
from ndxp.check.provider import WITHOUT_LIMIT, Asker, Provider
from ndxp.client import OPTIONS
from ndxp.errors import Code
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, message_mark, sign
from ndxp.wire.status import Failure, read
from ndxp.wire.tls import connect

MARK = "check-"
"""Begins the transaction ids of a check, so that an agency's access log tells its calls from those of the gateway."""

USER = "ndxp check"

_MOST_MESSAGES = 50
_WATCHED = 0.5
_WATCHED_WITHOUT_LIMIT = 60.0
_STRANGER = Asker("VN/GOV/H26/one-stop")


class Line:
    """Calls one agency. Use it in a ``with`` statement."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._channel = connect(provider.address, provider.tls, OPTIONS)
        self._watched = _WATCHED_WITHOUT_LIMIT if provider.patience == WITHOUT_LIMIT else _WATCHED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def wait(self) -> bool:
        """Whether the agency takes connections."""
        try:
            grpc.channel_ready_future(self._channel).result(timeout=self.provider.patience)
        except grpc.FutureTimeoutError:
            return False
        return True

    def call(
        self,
        method: MethodDescriptor,
        requests: Sequence[Message],
        *,
        fields: str = "",
        deadline: float | None = None,
    ) -> Answer:
        """Calls a method as the gateway would; ``fields`` are those that the caller's grant releases."""
        data = [request.SerializeToString() for request in requests]
        return self.call_with(method, data, self.assertion(method, data, fields=fields), deadline=deadline)

    def assertion(
        self, method: MethodDescriptor, data: Sequence[bytes], *, fields: str = "", key: bytes = b"", age: int = 0
    ) -> str:
        """The assertion for one call of a method, ``age`` seconds old; ``key`` signs it instead of the agency's."""
        asker = self.provider.askers.get(method.name, _STRANGER)
        marked = message_mark(hashlib.sha256(data[0]).digest()) if data and not method.client_streaming else ""
        made = self._made(self.provider.place(method), asker, fields, marked)
        return sign(replace(made, expires=made.expires - age), key or self.provider.key)

    def _made(self, name: str, asker: Asker, fields: str = "", marked: str = "") -> Assertion:
        return Assertion(
            asker.client, self.provider.subsystem, name, f"{MARK}{token_hex(14)}", USER, asker.purpose, fields=fields,
            message=marked,
        )  # fmt: skip

    def call_with(
        self, method: MethodDescriptor, data: Sequence[bytes], assertion: str, *, deadline: float | None = None
    ) -> Answer:
        """Calls a method with an assertion, or with none when it is empty."""
        answer = GetMessageClass(method.output_type)
        rpc = self.start(method, data, assertion, deadline=deadline)
        return self._answered(rpc, answer.FromString, streams=method.server_streaming, bounded=deadline is not None)

    def start(
        self, method: MethodDescriptor, data: Sequence[bytes], assertion: str, *, deadline: float | None = None
    ) -> Any:
        """Starts such a call and does not wait for its end."""
        patience = self._watched if method.server_streaming else self.provider.patience
        return self._start(f"/{self.provider.place(method)}", data, assertion, deadline or patience)

    def ask(self, name: str, requests: Sequence[Message], answer: type[Message]) -> Answer:
        """Calls a method of gRPC's own services ("package.Service/Method"), such as reflection."""
        data = [request.SerializeToString() for request in requests]
        assertion = sign(self._made(name, _STRANGER), self.provider.key)
        rpc = self._start(f"/{name}", data, assertion, self.provider.patience)
        return self._answered(rpc, answer.FromString, streams=False, bounded=False)

    def _start(self, path: str, data: Sequence[bytes], assertion: str, timeout: float) -> Any:
        pairs = ((metadata.ASSERTION, assertion),) if assertion else ()
        call: grpc.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream(path)
        return call(iter(data), timeout=timeout, metadata=pairs)

    def _answered(self, rpc: Any, decode: Any, *, streams: bool, bounded: bool) -> Answer:
        messages, failure, whole, garbled = list[Message](), Failure(Code.OK, ""), False, False
        try:
            for message in rpc:
                messages.append(decode(message))
                if len(messages) == _MOST_MESSAGES:
                    break
            else:
                whole = True
        except DecodeError:
            failure, garbled = Failure(Code.DATA_LOSS, "the answer is no message of its type"), True
        except grpc.RpcError:
            trailing = _named(rpc.trailing_metadata())
            failure = read(Code(rpc.code().value[0]), rpc.details() or "", trailing.items())
        given_up = failure.code is Code.DEADLINE_EXCEEDED and not (failure.reason or bounded)
        if given_up and streams:
            failure = Failure(Code.OK, "")
        rpc.cancel()
        return Answer(
            messages=messages, failure=failure, leading=_named(rpc.initial_metadata()),
            trailing=_named(rpc.trailing_metadata()), late=given_up and not streams, garbled=garbled,
            left_open=failure.code is Code.OK and not whole,
        )  # fmt: skip


def _named(pairs: Any) -> dict[str, str | bytes]:
    return {str(key): value for key, value in pairs or ()}
