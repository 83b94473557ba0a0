"""The transaction: what the exchange records about one call."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import uuid_utils

from gateway.core.effects import NONE
from gateway.core.shedding import Room
from ndxp.clock import real_now
from ndxp.errors import Code, Reason, Refusal
from ndxp.ledger.payload import salt_of, salted
from ndxp.wire.metadata import PREVIOUS_ATTEMPTS

if TYPE_CHECKING:
    from ndxp.wire.spans import Span


class Phase(StrEnum):
    """When a record is written: before forwarding (methods that may change something), and at the end (all)."""

    REQUEST = "request"
    OUTCOME = "outcome"


class Origin(StrEnum):
    """Who gave the final status."""

    GATEWAY = "gateway"
    PROVIDER = "provider"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the ledger; names follow X-Road's operational record.

    Times are µs since 1970 (UTC), 0 when that point was not reached. Sizes are bytes of messages, without framing.
    Hashes are salted and in hex (see ``ndxp.ledger.payload``), empty when there was no message. ``subjects`` are keyed
    hashes of the citizens whom the answer was about (see ``ndxp.wire.metadata.subjects``), in outcomes only. ``fault``
    names the rules of faults, set on purpose, that the call has met. ``attempts`` is how often the gateway offered the
    call to the provider, ``attempt`` which attempt of the caller's it was, 0 where the caller does not say.
    ``replay_of`` is the transaction in which the provider gave this answer first, where it gives it again. It is a
    msgspec struct and not a dataclass, because it is made and encoded for every call.
    """

    transaction_id: str
    phase: Phase
    client: str = ""
    service: str = ""
    method: str = ""
    message_id: str = ""
    user_id: str = ""
    issue: str = ""
    represented_party: str = ""
    purpose: str = ""
    request_in_ts: int = 0
    request_out_ts: int = 0
    response_in_ts: int = 0
    response_out_ts: int = 0
    request_size: int = 0
    response_size: int = 0
    request_hash: str = ""
    response_hash: str = ""
    messages_in: int = 0
    messages_out: int = 0
    status_code: int = 0
    reason: str = ""
    origin: Origin
    attempts: int = 0
    grant: str = ""
    node: str = ""
    traceparent: str = ""
    subjects: str = ""
    fault: str = ""
    attempt: int = 0
    replay_of: str = ""


_LONGEST = 256
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Record).decode


def canonical(record: Record) -> bytes:
    """The bytes that stand for a record: JSON, keys sorted, no white space, UTF-8 (as RFC 8785 writes it).

    Fields with their default value are left out, so that a field added later does not change older records.
    """
    return _encode(record)


def parse(data: bytes) -> Record:
    """Reads what ``canonical`` wrote; raises msgspec.ValidationError for anything else."""
    return _decode(data)


def new_transaction_id() -> str:
    """A UUIDv7: unique, and in the order of time."""
    return str(uuid_utils.uuid7())


def _storable(text: str) -> str:
    """Free text of callers and providers in a form that every database takes: short, and without NUL."""
    return text[:_LONGEST].replace("\0", "\ufffd")


class Tally:
    """Counts and hashes the messages of one direction, whole or part by part.

    One message: SHA-256 of the message. A stream: SHA-256 over all messages, each after its length (4 bytes, big
    endian, as gRPC frames it), so that the boundaries between messages count too.
    """

    __slots__ = ("_first", "_hash", "_length", "_single", "_stream", "messages", "size")

    def __init__(self) -> None:
        self.messages = 0
        self.size = 0
        self._first = self._hash = b""  # the first message, if it came whole, and its hash
        self._length = 0  # of the first message
        self._single: hashlib._Hash | None = None
        self._stream: hashlib._Hash | None = None

    def add(self, message: bytes) -> None:
        """Counts a whole message in."""
        if not self.messages:
            self.messages = 1
            self.size = self._length = len(message)
            self._first = message
        else:
            self.begin(len(message))
            self.go_on(message)

    def begin(self, length: int) -> None:
        """Counts a message whose parts will follow; ``length`` is the length of the whole message."""
        self.messages += 1
        self.size += length
        if self.messages == 1:
            self._length = length
            self._single = hashlib.sha256()
            self._stream = hashlib.sha256(length.to_bytes(4, "big"))
            return
        if self._stream is None:
            self._stream = hashlib.sha256(self._length.to_bytes(4, "big") + self._first)
            self._first = b""
        self._single = None
        self._stream.update(length.to_bytes(4, "big"))

    def go_on(self, part: bytes) -> None:
        """Takes the next part of the message that has begun."""
        if self._single is not None:
            self._single.update(part)
        if self._stream is not None:
            self._stream.update(part)

    def hash(self) -> bytes:
        """The hash so far; that of one whole message is computed once."""
        if self.messages > 1 and self._stream is not None:
            return self._stream.digest()
        if self._single is not None:
            return self._single.digest()
        if not self._hash:
            self._hash = hashlib.sha256(self._first).digest()
        return self._hash

    def digest(self, salt: bytes) -> str:
        """The salted hash so far (see ``ndxp.ledger.payload``); empty when there was no message."""
        return salted(salt, self.hash()) if self.messages else ""


class Call:
    """One call while it is under way: the results of each step.

    ``admitted`` says that it is counted in the worker, ``placed`` that it is counted at its provider's address.
    ``generation`` is that of the secret behind its token, ``certificate`` that of the connection's certificate (without
    a certificate the same as the token's). ``dismissal`` is the reason to end it early. ``fault`` names the rules of
    faults that the call meets, ``effects`` what they do to it. ``span`` is set when calls are traced.
    """

    __slots__ = (
        "address",
        "admitted",
        "attempts",
        "certificate",
        "client",
        "code",
        "dismissal",
        "effects",
        "fault",
        "fields",
        "generation",
        "grant",
        "headers",
        "journal_first",
        "method",
        "origin",
        "placed",
        "reason",
        "received",
        "recorded",
        "replay_of",
        "request_in_ts",
        "request_out_ts",
        "response_in_ts",
        "room",
        "sent",
        "service",
        "span",
        "subjects",
        "timeout",
        "transaction_id",
    )

    def __init__(self, method: str) -> None:
        self.transaction_id = new_transaction_id()
        self.method = method
        self.headers: dict[str, str] = {}
        self.client = ""
        self.generation = 0
        self.certificate = 0
        self.dismissal: Refusal | None = None
        self.service = ""
        self.grant = ""
        self.fields: Sequence[str] = ()
        self.address = ""
        self.admitted = self.placed = False
        self.recorded = False
        self.room: Room | None = None
        self.timeout = 0.0
        self.journal_first = True
        self.attempts = 0
        self.received = Tally()
        self.sent = Tally()
        self.request_in_ts = real_now()
        self.request_out_ts = 0
        self.response_in_ts = 0
        self.code = Code.OK
        self.reason = ""
        self.origin = Origin.GATEWAY
        self.subjects = self.replay_of = ""
        self.fault = ""
        self.effects = NONE
        self.span: Span | None = None

    @property
    def contract(self) -> str:
        """Full name of the gRPC service."""
        return self.method.partition("/")[0]

    def end(self, code: Code, origin: Origin, reason: Reason | str = "") -> None:
        """Notes how the call ended, and who gave the status."""
        self.code = code
        self.origin = origin
        self.reason = str(reason)

    def record(self, phase: Phase, node: str, salt_key: bytes) -> Record:
        """The record of the call as it is now."""
        salt = salt_of(salt_key, self.transaction_id)
        headers = self.headers
        outcome = phase is Phase.OUTCOME
        return Record(
            transaction_id=self.transaction_id,
            phase=phase,
            client=self.client,
            service=self.service,
            method=_storable(self.method),
            message_id=headers.get("x-ndxp-message-id", ""),
            user_id=headers.get("x-ndxp-user-id", ""),
            issue=headers.get("x-ndxp-issue", ""),
            represented_party=headers.get("x-ndxp-represented-party", ""),
            purpose=headers.get("x-ndxp-purpose", ""),
            request_in_ts=self.request_in_ts,
            request_out_ts=self.request_out_ts,
            response_in_ts=self.response_in_ts,
            response_out_ts=real_now() if outcome else 0,
            request_size=self.received.size,
            response_size=self.sent.size,
            request_hash=self.received.digest(salt),
            response_hash=self.sent.digest(salt),
            messages_in=self.received.messages,
            messages_out=self.sent.messages,
            status_code=int(self.code),
            reason=_storable(self.reason),
            origin=self.origin,
            attempts=self.attempts,
            grant=self.grant,
            node=node,
            traceparent=headers.get("traceparent", ""),
            subjects=self.subjects,
            fault=self.fault,
            replay_of=self.replay_of,
            attempt=int(headers.get(PREVIOUS_ATTEMPTS, -1)) + 1,
        )
