import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LicenceClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LICENCE_CLASS_UNSPECIFIED: _ClassVar[LicenceClass]
    LICENCE_CLASS_A1: _ClassVar[LicenceClass]
    LICENCE_CLASS_A2: _ClassVar[LicenceClass]
    LICENCE_CLASS_A3: _ClassVar[LicenceClass]
    LICENCE_CLASS_A4: _ClassVar[LicenceClass]
    LICENCE_CLASS_B1: _ClassVar[LicenceClass]
    LICENCE_CLASS_B2: _ClassVar[LicenceClass]
    LICENCE_CLASS_C: _ClassVar[LicenceClass]
    LICENCE_CLASS_D: _ClassVar[LicenceClass]
    LICENCE_CLASS_E: _ClassVar[LicenceClass]
    LICENCE_CLASS_FB2: _ClassVar[LicenceClass]
    LICENCE_CLASS_FC: _ClassVar[LicenceClass]
    LICENCE_CLASS_FD: _ClassVar[LicenceClass]
    LICENCE_CLASS_FE: _ClassVar[LicenceClass]

class LicenceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LICENCE_STATE_UNSPECIFIED: _ClassVar[LicenceState]
    LICENCE_STATE_VALID: _ClassVar[LicenceState]
    LICENCE_STATE_WITHDRAWN: _ClassVar[LicenceState]
LICENCE_CLASS_UNSPECIFIED: LicenceClass
LICENCE_CLASS_A1: LicenceClass
LICENCE_CLASS_A2: LicenceClass
LICENCE_CLASS_A3: LicenceClass
LICENCE_CLASS_A4: LicenceClass
LICENCE_CLASS_B1: LicenceClass
LICENCE_CLASS_B2: LicenceClass
LICENCE_CLASS_C: LicenceClass
LICENCE_CLASS_D: LicenceClass
LICENCE_CLASS_E: LicenceClass
LICENCE_CLASS_FB2: LicenceClass
LICENCE_CLASS_FC: LicenceClass
LICENCE_CLASS_FD: LicenceClass
LICENCE_CLASS_FE: LicenceClass
LICENCE_STATE_UNSPECIFIED: LicenceState
LICENCE_STATE_VALID: LicenceState
LICENCE_STATE_WITHDRAWN: LicenceState

class Licence(_message.Message):
    __slots__ = ("licence_number", "citizen_number", "full_name", "birth_date", "issuer", "classes", "state", "withdrawal", "in_wallet")
    LICENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_FIELD_NUMBER: _ClassVar[int]
    IN_WALLET_FIELD_NUMBER: _ClassVar[int]
    licence_number: str
    citizen_number: str
    full_name: str
    birth_date: str
    issuer: str
    classes: _containers.RepeatedCompositeFieldContainer[HeldClass]
    state: LicenceState
    withdrawal: Withdrawal
    in_wallet: bool
    def __init__(self, licence_number: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., issuer: _Optional[str] = ..., classes: _Optional[_Iterable[_Union[HeldClass, _Mapping]]] = ..., state: _Optional[_Union[LicenceState, str]] = ..., withdrawal: _Optional[_Union[Withdrawal, _Mapping]] = ..., in_wallet: _Optional[bool] = ...) -> None: ...

class HeldClass(_message.Message):
    __slots__ = ("licence_class", "issued_on", "expires_on")
    LICENCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_ON_FIELD_NUMBER: _ClassVar[int]
    licence_class: LicenceClass
    issued_on: str
    expires_on: str
    def __init__(self, licence_class: _Optional[_Union[LicenceClass, str]] = ..., issued_on: _Optional[str] = ..., expires_on: _Optional[str] = ...) -> None: ...

class Withdrawal(_message.Message):
    __slots__ = ("reason", "withdrawn_at", "last_day")
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    reason: str
    withdrawn_at: _timestamp_pb2.Timestamp
    last_day: str
    def __init__(self, reason: _Optional[str] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_day: _Optional[str] = ...) -> None: ...

class GetLicenceRequest(_message.Message):
    __slots__ = ("licence_number",)
    LICENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    licence_number: str
    def __init__(self, licence_number: _Optional[str] = ...) -> None: ...

class GetLicenceResponse(_message.Message):
    __slots__ = ("licence",)
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    licence: Licence
    def __init__(self, licence: _Optional[_Union[Licence, _Mapping]] = ...) -> None: ...

class ListLicencesRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class ListLicencesResponse(_message.Message):
    __slots__ = ("licences",)
    LICENCES_FIELD_NUMBER: _ClassVar[int]
    licences: _containers.RepeatedCompositeFieldContainer[Licence]
    def __init__(self, licences: _Optional[_Iterable[_Union[Licence, _Mapping]]] = ...) -> None: ...

class VerifyLicenceRequest(_message.Message):
    __slots__ = ("licence_number", "citizen_number", "full_name", "birth_date", "licence_class")
    LICENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    LICENCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    licence_number: str
    citizen_number: str
    full_name: str
    birth_date: str
    licence_class: LicenceClass
    def __init__(self, licence_number: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., licence_class: _Optional[_Union[LicenceClass, str]] = ...) -> None: ...

class VerifyLicenceResponse(_message.Message):
    __slots__ = ("matched", "valid", "differing_fields")
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELDS_FIELD_NUMBER: _ClassVar[int]
    matched: bool
    valid: bool
    differing_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, matched: _Optional[bool] = ..., valid: _Optional[bool] = ..., differing_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class WithdrawLicenceRequest(_message.Message):
    __slots__ = ("request_id", "licence_number", "reason", "months")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LICENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    licence_number: str
    reason: str
    months: int
    def __init__(self, request_id: _Optional[str] = ..., licence_number: _Optional[str] = ..., reason: _Optional[str] = ..., months: _Optional[int] = ...) -> None: ...

class WithdrawLicenceResponse(_message.Message):
    __slots__ = ("licence",)
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    licence: Licence
    def __init__(self, licence: _Optional[_Union[Licence, _Mapping]] = ...) -> None: ...

class EndWithdrawalRequest(_message.Message):
    __slots__ = ("request_id", "licence_number")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LICENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    licence_number: str
    def __init__(self, request_id: _Optional[str] = ..., licence_number: _Optional[str] = ...) -> None: ...

class EndWithdrawalResponse(_message.Message):
    __slots__ = ("licence",)
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    licence: Licence
    def __init__(self, licence: _Optional[_Union[Licence, _Mapping]] = ...) -> None: ...
