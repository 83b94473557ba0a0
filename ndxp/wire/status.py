"""The one place that maps errors to the wire and back: ``google.rpc.Status`` with its details."""

import re
from dataclasses import dataclass, field

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from ndxp.errors import DOMAIN, OF_ALL_AGENCIES, RULES, AgencyError, Code, Reason, Refusal
from ndxp.wire import metadata

GRPC_CODES = {Code(code.value[0]): code for code in grpc.StatusCode}
"""grpc's status codes by canonical number."""

_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Failure:
    """What a caller can know of a failed call.

    ``reason`` is empty when the other side gave none, ``field`` where no field of the request is at fault. ``fault``
    names the faults, set on purpose, that the call has met.
    """

    code: Code
    message: str
    reason: str = ""
    hop: str = ""
    remedy: str = ""
    origin: str = ""
    transaction_id: str = ""
    message_vi: str = ""
    retry_after: float | None = None
    details: dict[str, str] = field(default_factory=dict)
    field: str = ""
    fault: str = ""


def encode(error: Refusal | AgencyError, *, domain: str = DOMAIN) -> bytes:
    """The value of ``grpc-status-details-bin`` for an error."""
    details: list[Message] = []
    if isinstance(error, Refusal):
        rule = next((RULES[reason] for reason in Reason if reason == error.shown), error.rule)
        info = {"hop": rule.hop, "remedy": rule.remedy, **error.metadata}
        details.append(error_details_pb2.ErrorInfo(reason=error.shown or error.reason, domain=domain, metadata=info))
        if error.retry_after is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromNanoseconds(int(error.retry_after * 1e9))
            details.append(retry)
        if "key" in error.metadata:
            details.append(_violation(error.metadata["key"], error.message))
        details.append(error_details_pb2.LocalizedMessage(locale="vi", message=rule.meaning_vi))
        code = error.code
    else:
        details.append(error_details_pb2.ErrorInfo(reason=error.reason, domain=domain))
        if error.field:
            details.append(_violation(error.field, error.message))
        if error.reason in OF_ALL_AGENCIES:
            details.append(error_details_pb2.LocalizedMessage(locale="vi", message=OF_ALL_AGENCIES[error.reason]))
        code = error.code
    status = status_pb2.Status(code=code, message=error.message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    packed_status: bytes = status.SerializeToString()
    return packed_status


def decode(error: grpc.RpcError) -> Failure:
    """Reads a failed call, of the blocking or the asyncio client."""
    if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return Failure(Code.UNKNOWN, str(error))
    return read(Code(error.code().value[0]), error.details() or "", error.trailing_metadata() or ())


def read(code: Code, message: str, trailing: metadata.Pairs) -> Failure:
    """Reads a failed call from its status and its trailing metadata."""
    named = {str(key): value for key, value in trailing}
    packed = named.get(metadata.STATUS_DETAILS, b"")
    known: dict[str, object] = {}
    if isinstance(packed, bytes) and packed:
        try:
            known = _read_details(status_pb2.Status.FromString(packed))
        except DecodeError:
            known = {}
    return Failure(
        code=code,
        message=message,
        origin=_text(named.get(metadata.ERROR_ORIGIN)),
        transaction_id=_text(named.get(metadata.TRANSACTION_ID)),
        fault=_text(named.get(metadata.FAULT)),
        **known,  # type: ignore[arg-type]
    )


def reason_of(details: bytes) -> str:
    """The reason in a ``grpc-status-details-bin`` value.

    Empty when there is none, when it does not parse, or when it does not have the form of ``google.rpc.ErrorInfo``: an
    agency cannot write free text into the ledger.
    """
    try:
        reason = str(_read_details(status_pb2.Status.FromString(details)).get("reason", ""))
    except DecodeError:
        return ""
    return reason if _REASON.fullmatch(reason) else ""


def _read_details(status: status_pb2.Status) -> dict[str, object]:
    known: dict[str, object] = {}
    for packed in status.details:
        if packed.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo.FromString(packed.value)
            details = dict(info.metadata)
            known["reason"] = info.reason
            known["hop"] = details.pop("hop", "")
            known["remedy"] = details.pop("remedy", "")
            known["details"] = details
        elif packed.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            known["retry_after"] = (
                error_details_pb2.RetryInfo.FromString(packed.value).retry_delay.ToNanoseconds() / 1e9
            )
        elif packed.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            violations = error_details_pb2.BadRequest.FromString(packed.value).field_violations
            known["field"] = violations[0].field if violations else ""
        elif packed.Is(error_details_pb2.LocalizedMessage.DESCRIPTOR):
            known["message_vi"] = error_details_pb2.LocalizedMessage.FromString(packed.value).message
    return known


def _violation(field_name: str, description: str) -> error_details_pb2.BadRequest:
    violation = error_details_pb2.BadRequest.FieldViolation(field=field_name, description=description)
    return error_details_pb2.BadRequest(field_violations=[violation])


def _text(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else ""
