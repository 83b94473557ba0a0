import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ResidenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESIDENCE_KIND_UNSPECIFIED: _ClassVar[ResidenceKind]
    RESIDENCE_KIND_PERMANENT: _ClassVar[ResidenceKind]
    RESIDENCE_KIND_TEMPORARY: _ClassVar[ResidenceKind]

class FilingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILING_STATE_UNSPECIFIED: _ClassVar[FilingState]
    FILING_STATE_RECEIVED: _ClassVar[FilingState]
    FILING_STATE_DONE: _ClassVar[FilingState]
    FILING_STATE_REFUSED: _ClassVar[FilingState]
RESIDENCE_KIND_UNSPECIFIED: ResidenceKind
RESIDENCE_KIND_PERMANENT: ResidenceKind
RESIDENCE_KIND_TEMPORARY: ResidenceKind
FILING_STATE_UNSPECIFIED: FilingState
FILING_STATE_RECEIVED: FilingState
FILING_STATE_DONE: FilingState
FILING_STATE_REFUSED: FilingState

class Address(_message.Message):
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

class Filing(_message.Message):
    __slots__ = ("code", "dossier_code", "state", "reason", "due_at", "decided_at", "household_number")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    code: str
    dossier_code: str
    state: FilingState
    reason: str
    due_at: _timestamp_pb2.Timestamp
    decided_at: _timestamp_pb2.Timestamp
    household_number: str
    def __init__(self, code: _Optional[str] = ..., dossier_code: _Optional[str] = ..., state: _Optional[_Union[FilingState, str]] = ..., reason: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., household_number: _Optional[str] = ...) -> None: ...

class RegisterResidenceRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "kind", "citizen_number", "full_name", "birth_date", "household_member", "address")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_MEMBER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    kind: ResidenceKind
    citizen_number: str
    full_name: str
    birth_date: str
    household_member: str
    address: Address
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., kind: _Optional[_Union[ResidenceKind, str]] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., household_member: _Optional[str] = ..., address: _Optional[_Union[Address, _Mapping]] = ...) -> None: ...

class RegisterResidenceResponse(_message.Message):
    __slots__ = ("filing",)
    FILING_FIELD_NUMBER: _ClassVar[int]
    filing: Filing
    def __init__(self, filing: _Optional[_Union[Filing, _Mapping]] = ...) -> None: ...

class RemoveResidenceRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "citizen_number", "full_name", "birth_date")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class RemoveResidenceResponse(_message.Message):
    __slots__ = ("filing",)
    FILING_FIELD_NUMBER: _ClassVar[int]
    filing: Filing
    def __init__(self, filing: _Optional[_Union[Filing, _Mapping]] = ...) -> None: ...

class GetFilingRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetFilingResponse(_message.Message):
    __slots__ = ("filing",)
    FILING_FIELD_NUMBER: _ClassVar[int]
    filing: Filing
    def __init__(self, filing: _Optional[_Union[Filing, _Mapping]] = ...) -> None: ...
