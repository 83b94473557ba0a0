"""Why a call is refused: every reason with its code, the hop that refuses and the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from ndxp.language import Language
from ndxp.steps import CallStep

DOMAIN = "ndxp"
"""The domain of ``google.rpc.ErrorInfo`` for every reason of the exchange."""


class Code(IntEnum):
    """Canonical gRPC status codes."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


def code_name(number: int) -> str:
    """The name of a status code; the number itself if there is no such code, as in a changed record."""
    try:
        return Code(number).name
    except ValueError:
        return str(number)


HTTP_STATUS: Mapping[Code, int] = {
    Code.OK: 200, Code.CANCELLED: 499, Code.UNKNOWN: 500, Code.INVALID_ARGUMENT: 400, Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404, Code.ALREADY_EXISTS: 409, Code.PERMISSION_DENIED: 403, Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400, Code.ABORTED: 409, Code.OUT_OF_RANGE: 400, Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500, Code.UNAVAILABLE: 503, Code.DATA_LOSS: 500, Code.UNAUTHENTICATED: 401,
}  # fmt: skip
"""The HTTP status for each code, as google.rpc.Code and the Connect protocol have it."""


def connect_code(code: Code) -> str:
    """A code as the Connect protocol writes it."""
    return "canceled" if code is Code.CANCELLED else code.name.lower()


class Reason(StrEnum):
    """Reasons of the exchange, as ``ErrorInfo.reason`` names them."""

    TOKEN_MISSING = "TOKEN_MISSING"
    TOKEN_INVALID = "TOKEN_INVALID"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    CERTIFICATE_INVALID = "CERTIFICATE_INVALID"
    INVALID_METADATA = "INVALID_METADATA"
    METADATA_TOO_LARGE = "METADATA_TOO_LARGE"
    MEMBER_DISABLED = "MEMBER_DISABLED"
    UNKNOWN_SERVICE = "UNKNOWN_SERVICE"
    UNKNOWN_PROVIDER = "UNKNOWN_PROVIDER"
    ACCESS_DENIED = "ACCESS_DENIED"
    PURPOSE_REQUIRED = "PURPOSE_REQUIRED"
    SERVICE_DISABLED = "SERVICE_DISABLED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    OVERLOADED = "OVERLOADED"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    REQUEST_MALFORMED = "REQUEST_MALFORMED"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    STREAM_TOO_LARGE = "STREAM_TOO_LARGE"
    JOURNAL_UNAVAILABLE = "JOURNAL_UNAVAILABLE"
    PROVIDER_UNREACHABLE = "PROVIDER_UNREACHABLE"
    PROVIDER_TIMEOUT = "PROVIDER_TIMEOUT"
    FIELDS_NOT_WITHHELD = "FIELDS_NOT_WITHHELD"
    FAULT_INJECTED = "FAULT_INJECTED"
    GATEWAY_ONLY = "GATEWAY_ONLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reason means: its code, the step that refuses, the remedy, and the meaning in English and Vietnamese.

    ``step`` is None if the agency refuses and not the gateway.
    """

    code: Code
    step: CallStep | None
    meaning: str
    remedy: str
    meaning_vi: str

    @property
    def hop(self) -> str:
        """Who refuses: the gateway in one of its steps, or the agency."""
        return self.step.hop if self.step else "agency"

    def meaning_in(self, language: Language) -> str:
        """The meaning in a language, as the end of a sentence."""
        return self.meaning if language == "en" else self.meaning_vi.rstrip(".")


RULES: Mapping[Reason, Rule] = {
    Reason.TOKEN_MISSING: Rule(
        Code.UNAUTHENTICATED, CallStep.IDENTIFY, "the call carries no token",
        "get a token (POST /oauth2/token, or `ndxp token MEMBER`) and send it as metadata 'authorization: Bearer ...'",
        "Thiếu mã truy cập (token).",
    ),
    Reason.TOKEN_INVALID: Rule(
        Code.UNAUTHENTICATED, CallStep.IDENTIFY, "the token does not hold",
        "get a new token from this exchange (`ndxp token MEMBER`); tokens of another exchange do not work here",
        "Mã truy cập (token) không hợp lệ.",
    ),
    Reason.TOKEN_EXPIRED: Rule(
        Code.UNAUTHENTICATED, CallStep.IDENTIFY, "the token has expired",
        "get a new token; cache it for less than its expires_in",
        "Mã truy cập (token) đã hết hạn.",
    ),
    Reason.CERTIFICATE_INVALID: Rule(
        Code.UNAUTHENTICATED, CallStep.IDENTIFY, "the certificate of the connection does not fit the token",
        "connect with the current certificate of the subsystem that the token names; `ndxp member cert` makes one",
        "Chứng thư số không khớp với mã truy cập (token).",
    ),
    Reason.INVALID_METADATA: Rule(
        Code.INVALID_ARGUMENT, CallStep.IDENTIFY, "a metadata key is unknown, malformed or contradicts the token",
        "correct the named metadata key",
        "Siêu dữ liệu của lời gọi không hợp lệ.",
    ),
    Reason.METADATA_TOO_LARGE: Rule(
        Code.RESOURCE_EXHAUSTED, CallStep.IDENTIFY, "the metadata is more than twice what a call may have",
        "send less metadata; large values belong into messages",
        "Siêu dữ liệu của lời gọi vượt kích thước cho phép.",
    ),
    Reason.MEMBER_DISABLED: Rule(
        Code.PERMISSION_DENIED, CallStep.IDENTIFY, "the member may not call for now",
        "ask the operator of the exchange to enable the member",
        "Đơn vị đang bị tạm ngừng kết nối.",
    ),
    Reason.UNKNOWN_SERVICE: Rule(
        Code.UNIMPLEMENTED, CallStep.AUTHORISE, "no member offers this service or method",
        "list what there is: `ndxp services`",
        "Dịch vụ không tồn tại trên trục liên thông.",
    ),
    Reason.UNKNOWN_PROVIDER: Rule(
        Code.NOT_FOUND, CallStep.AUTHORISE, "the provider is not clear, or does not offer the service",
        "name one of the providers in x-ndxp-service: `ndxp services`",
        "Không có đơn vị cung cấp dịch vụ này.",
    ),
    Reason.ACCESS_DENIED: Rule(
        Code.PERMISSION_DENIED, CallStep.AUTHORISE, "no grant lets this consumer call this method",
        "ask the provider for a grant: `ndxp grants request`; on your own exchange: `ndxp grants add`",
        "Đơn vị chưa được cấp quyền gọi dịch vụ này.",
    ),
    Reason.PURPOSE_REQUIRED: Rule(
        Code.PERMISSION_DENIED, CallStep.AUTHORISE, "the grant is for certain purposes, the call states none of them",
        "say truthfully what the data is for: one of the named purposes in x-ndxp-purpose (`ndxp call --purpose`)",
        "Lời gọi chưa nêu đúng mục đích khai thác được phép.",
    ),
    Reason.SERVICE_DISABLED: Rule(
        Code.UNAVAILABLE, CallStep.AUTHORISE, "the service takes no calls for now",
        "wait until its provider enables the service",
        "Dịch vụ đang tạm ngừng.",
    ),
    Reason.QUOTA_EXCEEDED: Rule(
        Code.RESOURCE_EXHAUSTED, CallStep.ADMIT, "the consumer asks more than it is allowed",
        "slow down: retry after the given delay",
        "Vượt hạn mức lời gọi.",
    ),
    Reason.OVERLOADED: Rule(
        Code.UNAVAILABLE, CallStep.ADMIT, "the exchange has no room for the call",
        "retry with exponential backoff", "Hệ thống đang quá tải.",
    ),
    Reason.CIRCUIT_OPEN: Rule(
        Code.UNAVAILABLE, CallStep.RESOLVE, "the provider failed repeatedly and is left alone for a moment",
        "retry after the given delay",
        "Dịch vụ liên tục lỗi, tạm ngắt kết nối.",
    ),
    Reason.REQUEST_MALFORMED: Rule(
        Code.INTERNAL, CallStep.FORWARD, "the request of a method that takes one message is not one whole message",
        "use a gRPC library, or frame the message as gRPC does: a flag, four bytes of length, the message",
        "Yêu cầu không phải là một thông điệp gRPC trọn vẹn.",
    ),
    Reason.MESSAGE_TOO_LARGE: Rule(
        Code.RESOURCE_EXHAUSTED, CallStep.FORWARD, "a message is larger than the exchange passes on",
        "send smaller messages, or a stream of them",
        "Thông điệp vượt kích thước cho phép.",
    ),
    Reason.STREAM_TOO_LARGE: Rule(
        Code.RESOURCE_EXHAUSTED, CallStep.FORWARD, "a stream carries more than the exchange passes on in one",
        "end the stream earlier and go on in another, by pages where the method has them",
        "Luồng dữ liệu vượt kích thước cho phép.",
    ),
    Reason.JOURNAL_UNAVAILABLE: Rule(
        Code.UNAVAILABLE, CallStep.JOURNAL, "the journal did not take the record",
        "look at `ndxp status`; retry later, a mutation with the same request_id",
        "Không ghi được nhật ký giao dịch, lời gọi bị từ chối.",
    ),
    Reason.PROVIDER_UNREACHABLE: Rule(
        Code.UNAVAILABLE, CallStep.FORWARD, "the provider could not be reached, or the connection broke",
        "see whether the provider runs: `ndxp status`; then retry",
        "Không kết nối được tới đơn vị cung cấp dịch vụ.",
    ),
    Reason.PROVIDER_TIMEOUT: Rule(
        Code.DEADLINE_EXCEEDED, CallStep.FORWARD, "the provider did not answer within the deadline",
        "allow more time, or ask the provider why it is slow",
        "Đơn vị cung cấp dịch vụ không trả lời kịp thời hạn.",
    ),
    Reason.FIELDS_NOT_WITHHELD: Rule(
        Code.FAILED_PRECONDITION, CallStep.FORWARD, "the provider does not say that it kept to the granted fields",
        "ask the provider to serve with ndxp.agency, which releases granted fields only, or to grant all fields",
        "Đơn vị cung cấp chưa xác nhận chỉ trả các trường được cấp quyền.",
    ),
    Reason.FAULT_INJECTED: Rule(
        Code.UNAVAILABLE, CallStep.FAULT, "a fault was set for a lesson or a test",
        "look at the faults that are on: `ndxp fault list`; remove this one: `ndxp fault remove ID`",
        "Lỗi giả lập được cài đặt để thử nghiệm.",
    ),
    Reason.GATEWAY_ONLY: Rule(
        Code.PERMISSION_DENIED, None, "the call did not come through the gateway",
        "call through the gateway; agencies take calls from nobody else",
        "Chỉ chấp nhận lời gọi qua trục liên thông.",
    ),
}  # fmt: skip

BEFORE_ADMISSION = frozenset(
    reason for reason, rule in RULES.items() if rule.step in (CallStep.IDENTIFY, CallStep.AUTHORISE, CallStep.ADMIT)
)
"""Reasons of calls that were not let in. No quota limits these calls, so the gateway records only some of them each
second: such a transaction may or may not be in the ledger."""


class Refusal(Exception):
    """The exchange refuses a call.

    ``message`` says what happened; code, hop and remedy follow from the reason. ``retry_after`` is in seconds.
    ``metadata`` goes into ``ErrorInfo.metadata``; it holds identifiers and limits, never secrets or people. ``code``
    and ``shown`` are for faults that are set on purpose: another code than the reason's, and the reason that the caller
    reads instead, an agency's or the exchange's.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retry_after: float | None = None,
        metadata: Mapping[str, str] | None = None,
        code: Code | None = None,
        shown: str = "",
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = RULES[reason].code if code is None else code
        self.shown = shown
        self.message = message
        self.retry_after = retry_after
        self.metadata = dict(metadata or {})

    @property
    def rule(self) -> Rule:
        """What the reason means."""
        return RULES[self.reason]


class AgencyError(Exception):
    """An agency's own error about a request; it passes the gateway unchanged.

    ``field`` names the wrong field of the request; ``domain`` is the agency's contract.
    """

    def __init__(self, code: Code, reason: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.field = field


OF_ALL_AGENCIES: Mapping[str, str] = {
    "BIRTH_DATE_MALFORMED": "Ngày sinh phải là ngày có thật và viết đúng dạng, ví dụ 1979-07-20.",
    "CITIZEN_UNKNOWN": "Không có công dân nào mang số định danh này.",
    "CITIZEN_NOT_MATCHED": "Số định danh, họ tên và ngày sinh không phải của một công dân còn sống.",
    "CITIZEN_NUMBER_MALFORMED": "Số định danh không đúng dạng.",
    "DAYS_OUT_OF_RANGE": "Ngày cuối không được trước ngày đầu, và khoảng thời gian không được quá dài.",
    "DOSSIER_CODE_MALFORMED": "Mã hồ sơ không đúng dạng, ví dụ 000.00.00.H26-230712-0001.",
    "DOSSIER_CODE_OF_ANOTHER_BODY": "Mã hồ sơ phải mang mã của cơ quan đang gọi.",
    "FIELD_MALFORMED": "Trường này phải là một dòng chữ, không quá dài.",
    "FIELD_MISSING": "Trường này không được để trống.",
    "NAME_MALFORMED": "Họ tên phải gồm các chữ cái.",
    "NAME_MISSING": "Chưa có họ tên: hãy nêu đủ họ, chữ đệm và tên.",
    "NAME_TOO_LONG": "Họ tên quá dài.",
    "ONE_PERSON_TWICE": "Phải là những người khác nhau.",
    "PAGE_SIZE_INVALID": "Số dòng của một trang không được là số âm.",
    "PAGE_TOKEN_INVALID": "page_token phải là next_page_token của trang trước, hoặc để trống.",
    "PROVINCE_UNKNOWN": "Không có tỉnh, thành phố nào mang mã này.",
    "REQUEST_ID_MISSING": "Yêu cầu cần có request_id tối đa 64 ký tự, ví dụ một UUID mới.",
    "REQUEST_ID_REUSED": "request_id này đã dùng cho một yêu cầu khác: hãy dùng mã mới cho yêu cầu mới.",
}
"""What the reasons of the agency kit mean, in Vietnamese. A message is in English, and says more."""


class AccessLogUnavailable(Exception):
    """The database of an agency does not take accesses now. The text has no personal data."""


def invalid_argument(reason: str, message: str, field: str) -> AgencyError:
    """What an agency answers when a field of the request cannot be as it is."""
    return AgencyError(Code.INVALID_ARGUMENT, reason, message, field=field)


def failed_precondition(reason: str, message: str, field: str) -> AgencyError:
    """What an agency answers when the request is well-formed, and what it names is not in a state for it."""
    return AgencyError(Code.FAILED_PRECONDITION, reason, message, field=field)


def kind_of(error: Exception) -> str:
    """What a log may say about an error whose text may have personal data: an agency's reason, or the type."""
    return error.reason if isinstance(error, AgencyError) else type(error).__name__
