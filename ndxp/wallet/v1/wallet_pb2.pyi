import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DocumentKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOCUMENT_KIND_UNSPECIFIED: _ClassVar[DocumentKind]
    DOCUMENT_KIND_HEALTH_INSURANCE: _ClassVar[DocumentKind]
    DOCUMENT_KIND_PASSPORT: _ClassVar[DocumentKind]
    DOCUMENT_KIND_VEHICLE: _ClassVar[DocumentKind]
    DOCUMENT_KIND_DRIVING_LICENCE: _ClassVar[DocumentKind]
    DOCUMENT_KIND_RESIDENCE: _ClassVar[DocumentKind]

class ReportState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_STATE_UNSPECIFIED: _ClassVar[ReportState]
    REPORT_STATE_RECEIVED: _ClassVar[ReportState]
    REPORT_STATE_IN_PROCESS: _ClassVar[ReportState]
    REPORT_STATE_DONE: _ClassVar[ReportState]
    REPORT_STATE_REJECTED: _ClassVar[ReportState]
DOCUMENT_KIND_UNSPECIFIED: DocumentKind
DOCUMENT_KIND_HEALTH_INSURANCE: DocumentKind
DOCUMENT_KIND_PASSPORT: DocumentKind
DOCUMENT_KIND_VEHICLE: DocumentKind
DOCUMENT_KIND_DRIVING_LICENCE: DocumentKind
DOCUMENT_KIND_RESIDENCE: DocumentKind
REPORT_STATE_UNSPECIFIED: ReportState
REPORT_STATE_RECEIVED: ReportState
REPORT_STATE_IN_PROCESS: ReportState
REPORT_STATE_DONE: ReportState
REPORT_STATE_REJECTED: ReportState

class GetDocumentsRequest(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date", "kinds")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    kinds: _containers.RepeatedScalarFieldContainer[DocumentKind]
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[DocumentKind, str]]] = ...) -> None: ...

class GetDocumentsResponse(_message.Message):
    __slots__ = ("documents", "missing")
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    documents: _containers.RepeatedCompositeFieldContainer[Document]
    missing: _containers.RepeatedCompositeFieldContainer[MissingDocument]
    def __init__(self, documents: _Optional[_Iterable[_Union[Document, _Mapping]]] = ..., missing: _Optional[_Iterable[_Union[MissingDocument, _Mapping]]] = ...) -> None: ...

class Document(_message.Message):
    __slots__ = ("kind", "source", "claims", "transaction_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    kind: DocumentKind
    source: str
    claims: _containers.RepeatedCompositeFieldContainer[DocumentClaim]
    transaction_id: str
    def __init__(self, kind: _Optional[_Union[DocumentKind, str]] = ..., source: _Optional[str] = ..., claims: _Optional[_Iterable[_Union[DocumentClaim, _Mapping]]] = ..., transaction_id: _Optional[str] = ...) -> None: ...

class DocumentClaim(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class MissingDocument(_message.Message):
    __slots__ = ("kind", "source", "reason", "hop", "transaction_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HOP_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    kind: DocumentKind
    source: str
    reason: str
    hop: str
    transaction_id: str
    def __init__(self, kind: _Optional[_Union[DocumentKind, str]] = ..., source: _Optional[str] = ..., reason: _Optional[str] = ..., hop: _Optional[str] = ..., transaction_id: _Optional[str] = ...) -> None: ...

class PresentDocumentRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "kind", "claims", "audience", "nonce", "which")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    WHICH_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    kind: DocumentKind
    claims: _containers.RepeatedScalarFieldContainer[str]
    audience: str
    nonce: str
    which: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., kind: _Optional[_Union[DocumentKind, str]] = ..., claims: _Optional[_Iterable[str]] = ..., audience: _Optional[str] = ..., nonce: _Optional[str] = ..., which: _Optional[str] = ...) -> None: ...

class PresentDocumentResponse(_message.Message):
    __slots__ = ("presentation", "expires_at")
    PRESENTATION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    presentation: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, presentation: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetIssuerKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetIssuerKeysResponse(_message.Message):
    __slots__ = ("issuer", "keys")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    issuer: str
    keys: _containers.RepeatedCompositeFieldContainer[IssuerKey]
    def __init__(self, issuer: _Optional[str] = ..., keys: _Optional[_Iterable[_Union[IssuerKey, _Mapping]]] = ...) -> None: ...

class IssuerKey(_message.Message):
    __slots__ = ("kid", "jwk")
    KID_FIELD_NUMBER: _ClassVar[int]
    JWK_FIELD_NUMBER: _ClassVar[int]
    kid: str
    jwk: str
    def __init__(self, kid: _Optional[str] = ..., jwk: _Optional[str] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("province", "district", "ward", "detail")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    DISTRICT_FIELD_NUMBER: _ClassVar[int]
    WARD_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    province: str
    district: str
    ward: str
    detail: str
    def __init__(self, province: _Optional[str] = ..., district: _Optional[str] = ..., ward: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("report_id", "text", "place", "photo_sha256", "received_at", "state", "answer", "answered_at")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SHA256_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    text: str
    place: Place
    photo_sha256: str
    received_at: _timestamp_pb2.Timestamp
    state: ReportState
    answer: str
    answered_at: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., text: _Optional[str] = ..., place: _Optional[_Union[Place, _Mapping]] = ..., photo_sha256: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[ReportState, str]] = ..., answer: _Optional[str] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReportOffenceRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "text", "place", "photo_sha256")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SHA256_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    text: str
    place: Place
    photo_sha256: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., text: _Optional[str] = ..., place: _Optional[_Union[Place, _Mapping]] = ..., photo_sha256: _Optional[str] = ...) -> None: ...

class ReportOffenceResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: Report
    def __init__(self, report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class GetReportRequest(_message.Message):
    __slots__ = ("report_id",)
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    def __init__(self, report_id: _Optional[str] = ...) -> None: ...

class GetReportResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: Report
    def __init__(self, report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class ListReportsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReportsResponse(_message.Message):
    __slots__ = ("reports", "next_page_token")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[Report]
    next_page_token: str
    def __init__(self, reports: _Optional[_Iterable[_Union[Report, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AnswerReportRequest(_message.Message):
    __slots__ = ("request_id", "report_id", "state", "answer")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    report_id: str
    state: ReportState
    answer: str
    def __init__(self, request_id: _Optional[str] = ..., report_id: _Optional[str] = ..., state: _Optional[_Union[ReportState, str]] = ..., answer: _Optional[str] = ...) -> None: ...

class AnswerReportResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: Report
    def __init__(self, report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...
