"""Providers that lie: a member's own gRPC server on the exchange, whose answers are attacks."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, Outcome, Target
from ndxp.client import OPTIONS
from ndxp.errors import Reason
from ndxp.wire import metadata, status

SUBSYSTEM = "VN/COM/drill/provider"
CONTRACT = "drill.v1.DrillService"
_DEADLINE, _SOON, _ENDLESS = 20.0, 3.0, ("no answer", "a stream without end")
"""Seconds for a call; fewer for those without an answer, and for a stream that nobody reads."""

_MB = 1024 * 1024
_Context = Any

_MISCHIEF: Mapping[str, tuple[str, ...]] = {
    "trailers of the exchange": ("clean",),
    "a subject that is free text": ("clean",),
    "a reason that writes to the terminal": ("clean",),
    "the exchange's own reason": ("clean",),
    "a message of 6 kB": ("UNKNOWN",),
    "trailers of 64 kB": ("RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN"),
    "an answer of 40 MB": ("RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE",),
    "40 MB of zeros in gzip": ("RESOURCE_EXHAUSTED",),  # from the caller's own library, which decompresses them
    "no answer": ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED PROVIDER_TIMEOUT"),
    "a stream without end": ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED PROVIDER_TIMEOUT"),
    "a stream that nobody reads": ("bounded",),
}
"""The lies, with the allowed outcomes. "clean" means that nothing of the lie has reached the caller."""


def attacks(target: Target) -> list[Attack]:
    """All of them."""
    provider = Provider(target)
    return [Attack(name, partial(provider.lie, name), allowed) for name, allowed in _MISCHIEF.items()]


def register(target: Target, subsystem: str, contract: str, address: str, consumers: Sequence[str]) -> None:
    """Registers a provider, with a grant for all its methods; returns when every gateway knows it."""
    send = target.session.send
    member, name = subsystem.rsplit("/", 1)
    send("PUT", "/members", body={"id": member, "name": "Drill", "subsystems": [name]})
    send("PUT", "/services", body={"provider": subsystem, "contract": contract, "address": address})
    for consumer in consumers:
        if not any(grant["provider"] == subsystem for grant in target.session.get("/grants", consumer=consumer)):
            grant = {"consumer": consumer, "provider": subsystem, "contract": contract, "methods": ["*"]}
            send("POST", "/grants", body=grant)
    target.until_known()


class Provider:
    """The server; it is registered with the target and ends with the drill."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._server = grpc.server(ThreadPoolExecutor(8), options=(("grpc.max_send_message_length", -1),))
        self._written = 0
        handlers: dict[str, Any] = {
            "Answer": grpc.unary_unary_rpc_method_handler(self._answer),
            "Flow": grpc.unary_stream_rpc_method_handler(self._flow),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(CONTRACT, handlers),))
        reflection.enable_server_reflection((CONTRACT, reflection.SERVICE_NAME), self._server, _described())
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        register(target, SUBSYSTEM, CONTRACT, f"127.0.0.1:{port}", [CLIENT])
        target.until(lambda: "" if self.lie("trailers of the exchange").reply == "clean" else "the drill is not served")

    def lie(self, name: str, *_: Target | random.Random) -> Outcome:
        """Makes a call to the lie ``name``, and returns the outcome."""
        if name == "a stream that nobody reads":
            return self._unread(name)
        method = "Flow" if "stream" in name else "Answer"
        with grpc.insecure_channel(self._target.state.gateway, options=OPTIONS) as channel:
            kind: Any = channel.unary_stream if method == "Flow" else channel.unary_unary
            rpc = kind(f"/{CONTRACT}/{method}")
            pairs, seconds = (self._target.identity(),), _SOON if name in _ENDLESS else _DEADLINE
            try:
                if method == "Flow":
                    for _ in rpc(name.encode(), metadata=pairs, timeout=seconds):
                        pass
                    return Outcome("OK")
                _, done = rpc.with_call(name.encode(), metadata=pairs, timeout=seconds)
            except grpc.RpcError as error:
                failure = status.decode(error)
                if "clean" in _MISCHIEF[name]:
                    return self._judge(error, failure.transaction_id)
                return Outcome(f"{failure.code.name} {failure.reason}".strip(), failure.transaction_id)
            return self._judge(done, "")

    def _judge(self, done: Any, transaction_id: str) -> Outcome:
        """Checks that what the caller got and what was recorded comes from the exchange."""
        trailing = [(str(key), value) for key, value in done.trailing_metadata() or ()]
        found = dict(trailing)
        transaction_id = transaction_id or str(found.get(metadata.TRANSACTION_ID, ""))
        own = (metadata.TRANSACTION_ID, metadata.ERROR_ORIGIN, metadata.WITHHELD)
        feigned = [key for key, _ in trailing if key.startswith(metadata.PREFIX) and key not in own]
        if feigned or len(found) != len(trailing) or found.get(metadata.ERROR_ORIGIN, "provider") != "provider":
            return Outcome(f"feigned: {trailing}")
        self._target.until_recorded()
        for record in self._target.session.get("/transactions", transaction_id=transaction_id):
            written = f"{record['reason']}{record['subjects']}"
            if not written.isprintable() or " " in written or record["origin"] == "gateway":
                return Outcome(f"in the ledger: {record}")
        return Outcome("clean", transaction_id)

    def _unread(self, name: str) -> Outcome:
        """A stream of which the caller reads one message: the rest must wait at the provider."""
        self._written = 0
        with grpc.insecure_channel(self._target.state.gateway, options=OPTIONS) as channel:
            rpc: Any = channel.unary_stream(f"/{CONTRACT}/Flow")
            call = rpc(name.encode(), metadata=(self._target.identity(),), timeout=_DEADLINE)
            next(call)
            time.sleep(_SOON - 1)
            call.cancel()
        return Outcome("bounded" if self._written < 64 * _MB else f"{self._written // _MB} MB were taken")

    def _answer(self, request: bytes, context: _Context) -> bytes:
        return _ANSWERS[request.decode()](context)

    def _flow(self, request: bytes, context: _Context) -> Iterator[bytes]:
        while context.is_active():
            self._written += _MB
            yield bytes(_MB)
            if request == b"a stream without end":
                time.sleep(0.05)


def _feign(*pairs: tuple[str, str | bytes]) -> Callable[[_Context], bytes]:
    def answer(context: _Context) -> bytes:
        context.set_trailing_metadata(pairs)
        return b""

    return answer


def _fail(reason: str, message: str, domain: str) -> Callable[[_Context], bytes]:
    def answer(context: _Context) -> bytes:
        failure = status_pb2.Status(code=7, message=message)
        failure.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain))
        context.set_trailing_metadata(
            ((metadata.STATUS_DETAILS, failure.SerializeToString()), (metadata.ERROR_ORIGIN, "gateway"))
        )
        context.abort(grpc.StatusCode.PERMISSION_DENIED, message)
        return b""

    return answer


def _long_message(context: _Context) -> bytes:
    context.abort(grpc.StatusCode.UNKNOWN, "\x1b[2J" + "x" * 6000)
    return b""


def _packed(context: _Context) -> bytes:
    context.set_compression(grpc.Compression.Gzip)
    return bytes(40 * _MB)


def _never(context: _Context) -> bytes:
    while context.is_active():
        time.sleep(0.05)
    return b""


_ANSWERS: Mapping[str, Callable[[_Context], bytes]] = {
    "trailers of the exchange": _feign(
        (metadata.TRANSACTION_ID, "01900000-0000-7000-8000-000000000000"),
        (metadata.ERROR_ORIGIN, "gateway"),
        (metadata.ASSERTION, "a.b.c"),
        ("x-ndxp-role", "operator"),
    ),
    "a subject that is free text": _feign((metadata.SUBJECT, "Nguyen Van An, 001090000001")),
    "a reason that writes to the terminal": _fail("\x1b[31m\nOK \r", "\x1b[2J\nall is well", "drill"),
    "the exchange's own reason": _fail(Reason.QUOTA_EXCEEDED, "pay more", "ndxp"),
    "a message of 6 kB": _long_message,
    "trailers of 64 kB": _feign(("x-else", "a" * 65_536)),
    "an answer of 40 MB": lambda _: bytes(40 * _MB),
    "40 MB of zeros in gzip": _packed,
    "no answer": _never,
}


def _described() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="drill/v1/drill.proto", package="drill.v1", syntax="proto3")
    file.message_type.add(name="DrillMessage")
    service = file.service.add(name="DrillService")
    message = ".drill.v1.DrillMessage"
    service.method.add(name="Answer", input_type=message, output_type=message)
    service.method.add(name="Flow", input_type=message, output_type=message, server_streaming=True)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool
