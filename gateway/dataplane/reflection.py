"""Reflection at the gateway's port, v1 and v1alpha: contracts as their providers describe them, and gRPC's own."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from gateway.core.registry import Snapshot
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.local import LocalCall
from ndxp.errors import Code
from ndxp.http2 import Stream
from ndxp.wire.comments import Comments

V1 = "grpc.reflection.v1.ServerReflection"
V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"
PATHS = frozenset(f"/{service}/ServerReflectionInfo" for service in (V1, V1ALPHA))
_WAITING = 100
"""Requests that may wait until the caller reads the answers; a caller that goes on without reading is refused."""

_log = logging.getLogger(__name__)


class Reflection:
    """Answers requests; each contract has its own pool of files, so that contracts cannot conflict."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._described: dict[str, tuple[bytes, Any]] = {}
        self._own = _own_pool()
        self._shown: dict[str, Any] = {"": reflection.ReflectionServicer((), self._own)}

    def show(self, snapshot: Snapshot) -> None:
        """Takes the contracts of a new snapshot."""
        contracts = {name: files for name, files in snapshot.contracts.items() if name in snapshot.providers}
        names = (health.SERVICE_NAME, V1ALPHA, V1, *contracts)
        before, self._described = self._described, {}
        for name, files in contracts.items():
            known, shown = before.get(name, (None, None))
            # Most contracts do not change; the new bytes are kept, because the snapshot has the same object.
            self._described[name] = files, shown if known == files else _described(name, files)
        described = {name: shown for name, (_, shown) in self._described.items() if shown is not None}
        self._shown = {"": reflection.ReflectionServicer(names, self._own), **described}

    def accept(self, stream: Stream, let_in: Callable[[], None], within: float) -> LocalCall:
        """Takes a call; ``let_in`` raises Refusal when its caller may not, or no longer, see the contracts."""
        return _Conversation(self, stream, self._deadlines, let_in, within)

    def answer(self, message: bytes, before: str) -> tuple[bytes, str]:
        """The answer to a question, and the contract among whose files it was. Raises DecodeError."""
        request = reflection_pb2.ServerReflectionRequest.FromString(message)
        response = reflection_pb2.ServerReflectionResponse()
        for contract in self._where(request, before):
            [response] = self._shown[contract].ServerReflectionInfo(iter((request,)), None)
            if not response.HasField("error_response"):
                before = contract
                break
        return response.SerializeToString(), before

    def _where(self, request: reflection_pb2.ServerReflectionRequest, before: str) -> list[str]:
        """The contracts among whose files the answer may be, "" for the gateway's own; after the one ``before``."""
        if request.HasField("list_services"):
            return [""]
        symbol = f"{request.file_containing_symbol}."
        named = [contract for contract in self._shown if contract and symbol.startswith(f"{contract}.")]
        return named or sorted(self._shown, key=lambda contract: contract != before)


class _Conversation(LocalCall):
    def __init__(
        self,
        shown: Reflection,
        stream: Stream,
        deadlines: Deadlines,
        let_in: Callable[[], None],
        within: float,
    ) -> None:
        super().__init__(stream, deadlines)
        self._shown = shown
        self._let_in = let_in
        self._before = ""
        self._questions: deque[bytes] = deque()
        self._said_all = False
        deadlines.add(self, deadlines.now() + within)
        self.guard(let_in)

    def received(self, message: bytes) -> None:
        if len(self._questions) >= _WAITING:
            self.end(Code.RESOURCE_EXHAUSTED, f"{_WAITING} questions wait for their answers to be read")
            return
        self._questions.append(message)
        self._go_on()

    def said_all(self) -> None:
        self._said_all = True
        self._go_on()

    def ready(self) -> None:
        self.guard(self._go_on)

    def _go_on(self) -> None:
        while self._questions and not self.waits:
            self._let_in()  # the caller may have been disabled meanwhile
            try:
                answer, self._before = self._shown.answer(self._questions.popleft(), self._before)
            except DecodeError:
                self.end(Code.INVALID_ARGUMENT, "the request is no ServerReflectionRequest")
                return
            self.say(answer)
        if self._said_all and not self._questions:
            self.end()


def _own_pool() -> descriptor_pool.DescriptorPool:
    """Health, reflection in both versions, and the messages that errors consist of."""
    pool = descriptor_pool.DescriptorPool()
    added: set[str] = set()

    def add(descriptor: Any) -> None:
        if descriptor.name not in added:
            added.add(descriptor.name)
            for dependency in descriptor.dependencies:
                add(dependency)
            file = descriptor_pb2.FileDescriptorProto()
            descriptor.CopyToProto(file)
            pool.Add(file)

    for module in (health_pb2, reflection_pb2, code_pb2, status_pb2, error_details_pb2):
        add(module.DESCRIPTOR)
    pool.Add(_v1())
    return pool


def _v1() -> descriptor_pb2.FileDescriptorProto:
    """The file of reflection v1, which is v1alpha's under another package."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = "grpc/reflection/v1/reflection.proto", "grpc.reflection.v1"
    file.ClearField("options")
    fields = [field for message in file.message_type for field in message.field if field.type_name]
    for field in fields:
        field.type_name = field.type_name.replace(".v1alpha.", ".v1.")
    for method in file.service[0].method:
        method.input_type = method.input_type.replace(".v1alpha.", ".v1.")
        method.output_type = method.output_type.replace(".v1alpha.", ".v1.")
    return file


class _Described(reflection.ReflectionServicer):
    """Describes a contract's files with their comments, which a pool drops."""

    def __init__(self, pool: descriptor_pool.DescriptorPool, comments: Comments) -> None:
        super().__init__((), pool)
        self._comments = comments

    def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> Iterator[Any]:
        """Answers as gRPC's own does, and adds the comments."""
        return map(self._comments.add_to, super().ServerReflectionInfo(request_iterator, context))


def _described(contract: str, files: bytes) -> Any:
    """The answers about a contract's files; None when they are inconsistent."""
    pool = descriptor_pool.DescriptorPool()
    described = descriptor_pb2.FileDescriptorSet.FromString(files).file
    try:
        for file in described:
            pool.Add(file)
    except TypeError as error:
        # The error has a file name from the provider; it is escaped so that nobody can write lines into this log.
        why = str(error)
        _log.error("reflection leaves out %s: its files contradict one another: %.300r", contract, why)
        return None
    return _Described(pool, Comments(described))
