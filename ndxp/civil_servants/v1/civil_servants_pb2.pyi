import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_WORKING: _ClassVar[State]
    STATE_ON_LEAVE: _ClassVar[State]
    STATE_LEFT: _ClassVar[State]

class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_UNSPECIFIED: _ClassVar[Result]
    RESULT_STORED: _ClassVar[Result]
    RESULT_UNCHANGED: _ClassVar[Result]
    RESULT_DIFFERS: _ClassVar[Result]
    RESULT_REFUSED: _ClassVar[Result]
STATE_UNSPECIFIED: State
STATE_WORKING: State
STATE_ON_LEAVE: State
STATE_LEFT: State
RESULT_UNSPECIFIED: Result
RESULT_STORED: Result
RESULT_UNCHANGED: Result
RESULT_DIFFERS: Result
RESULT_REFUSED: Result

class Profile(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date", "position", "grade", "entry_date", "state")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_DATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    position: str
    grade: str
    entry_date: str
    state: State
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., position: _Optional[str] = ..., grade: _Optional[str] = ..., entry_date: _Optional[str] = ..., state: _Optional[_Union[State, str]] = ...) -> None: ...

class SynchroniseProfilesRequest(_message.Message):
    __slots__ = ("request_id", "profile")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    profile: Profile
    def __init__(self, request_id: _Optional[str] = ..., profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class SynchroniseProfilesResponse(_message.Message):
    __slots__ = ("request_id", "result", "reason", "field", "problem")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    result: Result
    reason: str
    field: str
    problem: str
    def __init__(self, request_id: _Optional[str] = ..., result: _Optional[_Union[Result, str]] = ..., reason: _Optional[str] = ..., field: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class GetProfileRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class GetProfileResponse(_message.Message):
    __slots__ = ("profile", "civil_servant_number", "approved_at")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CIVIL_SERVANT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    APPROVED_AT_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    civil_servant_number: str
    approved_at: _timestamp_pb2.Timestamp
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ..., civil_servant_number: _Optional[str] = ..., approved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetBodyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Body(_message.Message):
    __slots__ = ("code", "name", "central", "staff", "synchronised", "approved_month")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CENTRAL_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    SYNCHRONISED_FIELD_NUMBER: _ClassVar[int]
    APPROVED_MONTH_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    central: bool
    staff: int
    synchronised: int
    approved_month: str
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., central: _Optional[bool] = ..., staff: _Optional[int] = ..., synchronised: _Optional[int] = ..., approved_month: _Optional[str] = ...) -> None: ...

class GetBodyResponse(_message.Message):
    __slots__ = ("body", "digest", "approval_text", "approval_from", "public_key")
    BODY_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_TEXT_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FROM_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    body: Body
    digest: str
    approval_text: bytes
    approval_from: str
    public_key: bytes
    def __init__(self, body: _Optional[_Union[Body, _Mapping]] = ..., digest: _Optional[str] = ..., approval_text: _Optional[bytes] = ..., approval_from: _Optional[str] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class RegisterKeyRequest(_message.Message):
    __slots__ = ("request_id", "public_key")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    public_key: bytes
    def __init__(self, request_id: _Optional[str] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class RegisterKeyResponse(_message.Message):
    __slots__ = ("public_key",)
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    def __init__(self, public_key: _Optional[bytes] = ...) -> None: ...

class RotateKeyRequest(_message.Message):
    __slots__ = ("request_id", "public_key", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    public_key: bytes
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class RotateKeyResponse(_message.Message):
    __slots__ = ("public_key",)
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    def __init__(self, public_key: _Optional[bytes] = ...) -> None: ...

class ApproveProfilesRequest(_message.Message):
    __slots__ = ("request_id", "month", "digest", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    month: str
    digest: str
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., month: _Optional[str] = ..., digest: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class ApproveProfilesResponse(_message.Message):
    __slots__ = ("body", "approved_at")
    BODY_FIELD_NUMBER: _ClassVar[int]
    APPROVED_AT_FIELD_NUMBER: _ClassVar[int]
    body: Body
    approved_at: _timestamp_pb2.Timestamp
    def __init__(self, body: _Optional[_Union[Body, _Mapping]] = ..., approved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetCoverageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCoverageResponse(_message.Message):
    __slots__ = ("bodies", "staff", "synchronised")
    BODIES_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    SYNCHRONISED_FIELD_NUMBER: _ClassVar[int]
    bodies: _containers.RepeatedCompositeFieldContainer[Body]
    staff: int
    synchronised: int
    def __init__(self, bodies: _Optional[_Iterable[_Union[Body, _Mapping]]] = ..., staff: _Optional[int] = ..., synchronised: _Optional[int] = ...) -> None: ...
