import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApplicationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPLICATION_STATE_UNSPECIFIED: _ClassVar[ApplicationState]
    APPLICATION_STATE_RECEIVED: _ClassVar[ApplicationState]
    APPLICATION_STATE_VERIFIED: _ClassVar[ApplicationState]
    APPLICATION_STATE_PRINTED: _ClassVar[ApplicationState]
    APPLICATION_STATE_POSTED: _ClassVar[ApplicationState]
    APPLICATION_STATE_WITHDRAWN: _ClassVar[ApplicationState]
    APPLICATION_STATE_REFUSED: _ClassVar[ApplicationState]
APPLICATION_STATE_UNSPECIFIED: ApplicationState
APPLICATION_STATE_RECEIVED: ApplicationState
APPLICATION_STATE_VERIFIED: ApplicationState
APPLICATION_STATE_PRINTED: ApplicationState
APPLICATION_STATE_POSTED: ApplicationState
APPLICATION_STATE_WITHDRAWN: ApplicationState
APPLICATION_STATE_REFUSED: ApplicationState

class Application(_message.Message):
    __slots__ = ("application_id", "citizen_number", "full_name", "state", "submitted_at", "delivery_address", "passport_number", "verification_transaction_id")
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PASSPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    citizen_number: str
    full_name: str
    state: ApplicationState
    submitted_at: _timestamp_pb2.Timestamp
    delivery_address: str
    passport_number: str
    verification_transaction_id: str
    def __init__(self, application_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., state: _Optional[_Union[ApplicationState, str]] = ..., submitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delivery_address: _Optional[str] = ..., passport_number: _Optional[str] = ..., verification_transaction_id: _Optional[str] = ...) -> None: ...

class SubmitApplicationRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "delivery_address")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    delivery_address: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., delivery_address: _Optional[str] = ...) -> None: ...

class SubmitApplicationResponse(_message.Message):
    __slots__ = ("application",)
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    application: Application
    def __init__(self, application: _Optional[_Union[Application, _Mapping]] = ...) -> None: ...

class GetApplicationRequest(_message.Message):
    __slots__ = ("application_id",)
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    application_id: str
    def __init__(self, application_id: _Optional[str] = ...) -> None: ...

class GetApplicationResponse(_message.Message):
    __slots__ = ("application",)
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    application: Application
    def __init__(self, application: _Optional[_Union[Application, _Mapping]] = ...) -> None: ...

class ListApplicationsRequest(_message.Message):
    __slots__ = ("citizen_number", "page_size", "page_token")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    page_size: int
    page_token: str
    def __init__(self, citizen_number: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListApplicationsResponse(_message.Message):
    __slots__ = ("applications", "next_page_token")
    APPLICATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    applications: _containers.RepeatedCompositeFieldContainer[Application]
    next_page_token: str
    def __init__(self, applications: _Optional[_Iterable[_Union[Application, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WithdrawApplicationRequest(_message.Message):
    __slots__ = ("request_id", "application_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    application_id: str
    def __init__(self, request_id: _Optional[str] = ..., application_id: _Optional[str] = ...) -> None: ...

class WithdrawApplicationResponse(_message.Message):
    __slots__ = ("application",)
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    application: Application
    def __init__(self, application: _Optional[_Union[Application, _Mapping]] = ...) -> None: ...

class AdvanceApplicationRequest(_message.Message):
    __slots__ = ("request_id", "application_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    application_id: str
    def __init__(self, request_id: _Optional[str] = ..., application_id: _Optional[str] = ...) -> None: ...

class AdvanceApplicationResponse(_message.Message):
    __slots__ = ("application",)
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    application: Application
    def __init__(self, application: _Optional[_Union[Application, _Mapping]] = ...) -> None: ...

class Passport(_message.Message):
    __slots__ = ("passport_number", "citizen_number", "full_name", "issued_on", "expires_on", "valid")
    PASSPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_ON_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    passport_number: str
    citizen_number: str
    full_name: str
    issued_on: str
    expires_on: str
    valid: bool
    def __init__(self, passport_number: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., issued_on: _Optional[str] = ..., expires_on: _Optional[str] = ..., valid: _Optional[bool] = ...) -> None: ...

class ListPassportsRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class ListPassportsResponse(_message.Message):
    __slots__ = ("passports",)
    PASSPORTS_FIELD_NUMBER: _ClassVar[int]
    passports: _containers.RepeatedCompositeFieldContainer[Passport]
    def __init__(self, passports: _Optional[_Iterable[_Union[Passport, _Mapping]]] = ...) -> None: ...

class VerifyPassportRequest(_message.Message):
    __slots__ = ("passport_number", "full_name", "birth_date")
    PASSPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    passport_number: str
    full_name: str
    birth_date: str
    def __init__(self, passport_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class VerifyPassportResponse(_message.Message):
    __slots__ = ("matched", "valid", "valid_to")
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    matched: bool
    valid: bool
    valid_to: str
    def __init__(self, matched: _Optional[bool] = ..., valid: _Optional[bool] = ..., valid_to: _Optional[str] = ...) -> None: ...
