"""A small agency without the kit, which does everything right, or makes one of the mistakes in MISTAKES on purpose."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from ndxp.agency.release import released, withheld
from ndxp.check.provider import PATIENCE, Asker, Provider
from ndxp.contract import Contract as Described
from ndxp.errors import AgencyError, Code, Reason, Refusal
from ndxp.subject import subject_hash
from ndxp.wire import metadata, status
from ndxp.wire.assertion import Assertion, AssertionRefused, Verifier, key_of
from tests.support.contracts import Contract, compiled

SUBSYSTEM, NAME = "VN/COM/museum/entries", "sample.museum.v1.MuseumService"
CONTRACT = Contract("museum.proto", NAME)
KEY, SUBJECTS = key_of("secret of the museum"), b"key of subjects"
CITIZENS = ("001090000001", "079084000002")
LOANS = {CITIZENS[0]: ["drum", "bell", "bowl", "vase", "coin"], CITIZENS[1]: ["scroll", "sword", "map"]}

MISTAKES = frozenset((
    "no reflection", "another contract", "no health", "no assertion needed", "an assertion of any key",
    "an old assertion", "an assertion for any method", "all fields", "withheld fields not named", "nobody named",
    "done again", "answer for another request", "negative page size", "any page token", "token of any list",
    "pages overlap", "no reason", "no field", "traceback", "names repeated", "exception", "garbage", "hangs",
    "places kept", "breaks with others",
))  # fmt: skip

_ENDLESS = frozenset({"hangs", "places kept"})
"""Mistakes that leave calls without an end: a check need not wait for them for long."""

_SHORT = 0.3
_SOON, _LOOK = 0.1, 0.02


class Museum:
    """The agency on a free port; use it in a ``with`` statement."""

    def __init__(self, *mistakes: str) -> None:
        assert MISTAKES.issuperset(mistakes)
        self._mistakes = frozenset(mistakes)
        self._answers: dict[str, tuple[Message, Message]] = {}
        self._entries: dict[str, Any] = {number: _entry(number, "in bronze", 0) for number in CITIZENS}
        self._patience = _SHORT if self._mistakes & _ENDLESS else PATIENCE
        self._key, self._subjects = KEY, SUBJECTS
        self._verifier = Verifier(SUBSYSTEM, lambda: self._key)
        self._place = threading.Semaphore(1)
        self._closed = threading.Event()
        self._alone = False
        self._server = grpc.server(ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers([self._handlers()])
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.stop(None).wait()

    def trust(self, key: bytes, subjects: bytes) -> None:
        """Takes the key of assertions and the key of subjects of an exchange instead of its own."""
        self._key, self._subjects = key, subjects

    def provider(self, **options: Any) -> Provider:
        """The agency as a check needs it."""
        asker = Asker("VN/GOV/H26/one-stop")
        return Provider(
            subsystem=SUBSYSTEM, address=f"127.0.0.1:{self.port}", key=KEY, subjects=SUBJECTS,
            contract=Described(compiled("museum.proto"), NAME), askers=dict.fromkeys(_METHODS, asker),
            examples=_example, exists=CITIZENS.__contains__,
            **{"tries": 20, "patience": self._patience, "disturb": self.disturb, **options},
        )  # fmt: skip

    @contextmanager
    def disturb(self, _: str) -> Iterator[None]:
        """Within it the register that the museum asks does not answer."""
        self._alone = True
        yield
        self._alone = False

    def _handlers(self) -> grpc.GenericRpcHandler:
        museum = self

        class Handlers(grpc.GenericRpcHandler):
            def service(self, details: grpc.HandlerCallDetails) -> Any:
                return museum._handler(details.method.lstrip("/"))

        return Handlers()

    def _handler(self, path: str) -> Any:
        service, _, name = path.partition("/")
        if service == NAME:
            asked = CONTRACT.message(f"{name}Request")
            behaviour = lambda request, context: self._call(name, request, context)  # noqa: E731
            return grpc.unary_unary_rpc_method_handler(behaviour, asked.FromString, self._written)
        if service.startswith("grpc.reflection.") and "no reflection" not in self._mistakes:
            return grpc.stream_stream_rpc_method_handler(
                self._reflect, reflection_pb2.ServerReflectionRequest.FromString,
                reflection_pb2.ServerReflectionResponse.SerializeToString,
            )  # fmt: skip
        if service == "grpc.health.v1.Health" and "no health" not in self._mistakes:
            serving = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
            return grpc.unary_unary_rpc_method_handler(
                lambda _, __: serving, health_pb2.HealthCheckRequest.FromString,
                health_pb2.HealthCheckResponse.SerializeToString,
            )  # fmt: skip
        return None

    def _written(self, answer: Message) -> bytes:
        return b"\xff" if "garbage" in self._mistakes else answer.SerializeToString()

    def _reflect(self, requests: Any, _: Any) -> Any:
        files = FileDescriptorSet.FromString(compiled("museum.proto")).file
        if "another contract" in self._mistakes:
            del files[0].message_type[0].field[2]
        for _request in requests:
            described = reflection_pb2.FileDescriptorResponse(
                file_descriptor_proto=[file.SerializeToString() for file in files]
            )
            yield reflection_pb2.ServerReflectionResponse(file_descriptor_response=described)

    def _call(self, name: str, request: Any, context: Any) -> Any:
        try:
            fields = self._let_in(name, context)
            if "places kept" in self._mistakes:
                self._keep_place(context)
            answer = _METHODS[name](self, request)
        except Refusal as refusal:
            self._fail(context, refusal.rule.code, status.encode(refusal), refusal.message)
        except AgencyError as error:
            self._explain(error, request, context)
        trailing = []
        number = request.citizen_number
        if "nobody named" not in self._mistakes:
            trailing.append((metadata.SUBJECT, subject_hash(self._subjects, number)))
        if fields and "withheld fields not named" not in self._mistakes:
            trailing.append((metadata.WITHHELD, withheld(answer.DESCRIPTOR, fields)))
        context.set_trailing_metadata(trailing)
        return released(answer, fields) if fields and "all fields" not in self._mistakes else answer

    def _let_in(self, name: str, context: Any) -> str:
        """The fields that the caller gets; raises Refusal."""
        presented = dict(context.invocation_metadata()).get(metadata.ASSERTION, "")
        try:
            assertion = self._verified(str(presented), f"{NAME}/{name}")
        except AssertionRefused as error:
            if "an old assertion" in self._mistakes and "expired" in str(error):
                return ""
            if presented and "an assertion of any key" in self._mistakes and "signature" in str(error):
                return ""
            if "no assertion needed" in self._mistakes and not presented:
                return ""
            raise Refusal(Reason.GATEWAY_ONLY, str(error)) from error
        return assertion.fields

    def _verified(self, presented: str, method: str) -> Assertion:
        if "an assertion for any method" not in self._mistakes:
            return self._verifier.verify(presented, method)
        for name in _METHODS:
            try:
                return self._verifier.verify(presented, f"{NAME}/{name}")
            except AssertionRefused as error:
                refused = error
        raise refused

    def _keep_place(self, context: Any) -> None:
        """Takes the only place, and forgets to give it back when the caller has gone."""
        while not self._place.acquire(timeout=_LOOK) and not self._closed.is_set():
            pass
        remaining = context.time_remaining()
        if remaining < _SOON:
            gone = threading.Event()
            if context.add_callback(gone.set):
                gone.wait(_SHORT)
            return
        self._place.release()

    def _explain(self, error: AgencyError, request: Any, context: Any) -> None:
        message, packed = error.message, status.encode(error, domain=NAME)
        if "names repeated" in self._mistakes:
            message = f"{message}, not {request.citizen_number!r}"
        if "traceback" in self._mistakes:
            message = f'Traceback (most recent call last): File "museum.py", line 7: {message}'
        if "no reason" in self._mistakes:
            packed = b""
        if "no field" in self._mistakes:
            packed = status.encode(AgencyError(error.code, error.reason, error.message), domain=NAME)
        self._fail(context, error.code, packed, message)

    def _fail(self, context: Any, code: Code, packed: bytes, message: str) -> None:
        context.set_trailing_metadata(((metadata.STATUS_DETAILS, packed),) if packed else ())
        context.abort(status.GRPC_CODES[code], message)

    def _number(self, request: Any) -> str:
        number: str = request.citizen_number
        if not (number.isascii() and number.isdigit() and len(number) == 12):
            if "exception" in self._mistakes:
                raise ValueError(number)
            if "hangs" in self._mistakes:
                self._closed.wait()
            raise _wrong("CITIZEN_NUMBER_MALFORMED", "citizen_number must have 12 digits", "citizen_number")
        if number not in CITIZENS:
            raise AgencyError(Code.NOT_FOUND, "CITIZEN_UNKNOWN", "nobody has this number", field="citizen_number")
        return number

    def store_entry(self, request: Any) -> Any:
        number = self._number(request)
        if not 1 <= len(request.request_id) <= 64:
            raise _wrong("REQUEST_ID_MISSING", "give the request a request_id", "request_id")
        before = None if "done again" in self._mistakes else self._answers.get(request.request_id)
        if before and (before[0] == request or "answer for another request" in self._mistakes):
            return before[1]
        if before:
            raise _wrong("REQUEST_ID_USED", "the request_id was used for another request", "request_id")
        entry = _entry(number, request.text, len(self._answers))
        answer = CONTRACT.message("StoreEntryResponse")(entry=entry)
        self._entries[number] = entry
        self._answers[request.request_id if "done again" not in self._mistakes else str(len(self._answers))] = (
            request,
            answer,
        )
        return answer

    def get_entry(self, request: Any) -> Any:
        if self._alone and "breaks with others" in self._mistakes:
            raise ConnectionError("no answer")
        if self._alone:
            raise AgencyError(Code.UNAVAILABLE, "REGISTER_UNAVAILABLE", "the register does not answer")
        return CONTRACT.message("GetEntryResponse")(entry=self._entries[self._number(request)])

    def list_loans(self, request: Any) -> Any:
        number = self._number(request)
        if request.page_size < 0 and "negative page size" not in self._mistakes:
            raise _wrong("PAGE_SIZE_INVALID", "page_size must not be negative", "page_size")
        start, loans = self._start(request.page_token, number), LOANS[number]
        end = start + (max(request.page_size, 0) or 10)
        following = end - 1 if "pages overlap" in self._mistakes and request.page_size > 1 else end
        token = f"{number}-{following}" if end < len(loans) else ""
        return CONTRACT.message("ListLoansResponse")(loans=loans[start:end], next_page_token=token)

    def _start(self, token: str, number: str) -> int:
        owner, _, place = token.partition("-")
        if token and "any page token" in self._mistakes and not place.isdigit():
            return 0
        if token and not (owner in CITIZENS and place.isdigit()):
            raise _wrong("PAGE_TOKEN_INVALID", "page_token must be that of the page before", "page_token")
        if token and owner != number and "token of any list" not in self._mistakes:
            raise _wrong("PAGE_TOKEN_INVALID", "page_token must be that of the page before", "page_token")
        return int(place or 0)


_METHODS: dict[str, Callable[[Museum, Any], Any]] = {
    "StoreEntry": Museum.store_entry, "GetEntry": Museum.get_entry, "ListLoans": Museum.list_loans,
}  # fmt: skip


def _entry(number: str, text: str, place: int) -> Any:
    return CONTRACT.message("Entry")(citizen_number=number, text=text, place=place + 1)


def _wrong(reason: str, message: str, field: str) -> AgencyError:
    return AgencyError(Code.INVALID_ARGUMENT, reason, message, field=field)


def _example(method: Any, _: Asker, number: int) -> Sequence[Message]:
    request = CONTRACT.message(f"{method.name}Request")(citizen_number=CITIZENS[number % len(CITIZENS)])
    if method.name == "StoreEntry":
        request.text = f"text {number}"
    return [request]
