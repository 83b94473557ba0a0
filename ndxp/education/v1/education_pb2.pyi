import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegistrationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTRATION_STATE_UNSPECIFIED: _ClassVar[RegistrationState]
    REGISTRATION_STATE_REGISTERED: _ClassVar[RegistrationState]
    REGISTRATION_STATE_WITHDRAWN: _ClassVar[RegistrationState]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    SOURCE_POPULATION: _ClassVar[Source]
    SOURCE_PUPIL: _ClassVar[Source]
REGISTRATION_STATE_UNSPECIFIED: RegistrationState
REGISTRATION_STATE_REGISTERED: RegistrationState
REGISTRATION_STATE_WITHDRAWN: RegistrationState
SOURCE_UNSPECIFIED: Source
SOURCE_POPULATION: Source
SOURCE_PUPIL: Source

class Particular(_message.Message):
    __slots__ = ("value", "source", "typed", "differs")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TYPED_FIELD_NUMBER: _ClassVar[int]
    DIFFERS_FIELD_NUMBER: _ClassVar[int]
    value: str
    source: Source
    typed: str
    differs: bool
    def __init__(self, value: _Optional[str] = ..., source: _Optional[_Union[Source, str]] = ..., typed: _Optional[str] = ..., differs: _Optional[bool] = ...) -> None: ...

class Particulars(_message.Message):
    __slots__ = ("full_name", "birth_date", "sex", "ethnicity", "birth_registration_place", "permanent_address", "telephone")
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    ETHNICITY_FIELD_NUMBER: _ClassVar[int]
    BIRTH_REGISTRATION_PLACE_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TELEPHONE_FIELD_NUMBER: _ClassVar[int]
    full_name: Particular
    birth_date: Particular
    sex: Particular
    ethnicity: Particular
    birth_registration_place: Particular
    permanent_address: Particular
    telephone: Particular
    def __init__(self, full_name: _Optional[_Union[Particular, _Mapping]] = ..., birth_date: _Optional[_Union[Particular, _Mapping]] = ..., sex: _Optional[_Union[Particular, _Mapping]] = ..., ethnicity: _Optional[_Union[Particular, _Mapping]] = ..., birth_registration_place: _Optional[_Union[Particular, _Mapping]] = ..., permanent_address: _Optional[_Union[Particular, _Mapping]] = ..., telephone: _Optional[_Union[Particular, _Mapping]] = ...) -> None: ...

class Wish(_message.Message):
    __slots__ = ("university_code", "programme_code")
    UNIVERSITY_CODE_FIELD_NUMBER: _ClassVar[int]
    PROGRAMME_CODE_FIELD_NUMBER: _ClassVar[int]
    university_code: str
    programme_code: str
    def __init__(self, university_code: _Optional[str] = ..., programme_code: _Optional[str] = ...) -> None: ...

class Registration(_message.Message):
    __slots__ = ("registration_id", "candidate_code", "citizen_number", "particulars", "wishes", "state", "online", "registered_at", "changed_at", "verification_transaction_id")
    REGISTRATION_ID_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_CODE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PARTICULARS_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    registration_id: str
    candidate_code: str
    citizen_number: str
    particulars: Particulars
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    state: RegistrationState
    online: bool
    registered_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    verification_transaction_id: str
    def __init__(self, registration_id: _Optional[str] = ..., candidate_code: _Optional[str] = ..., citizen_number: _Optional[str] = ..., particulars: _Optional[_Union[Particulars, _Mapping]] = ..., wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ..., state: _Optional[_Union[RegistrationState, str]] = ..., online: _Optional[bool] = ..., registered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verification_transaction_id: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("candidate_code", "citizen_number", "year", "province", "school", "registered")
    CANDIDATE_CODE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    SCHOOL_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    candidate_code: str
    citizen_number: str
    year: int
    province: str
    school: str
    registered: bool
    def __init__(self, candidate_code: _Optional[str] = ..., citizen_number: _Optional[str] = ..., year: _Optional[int] = ..., province: _Optional[str] = ..., school: _Optional[str] = ..., registered: _Optional[bool] = ...) -> None: ...

class GetSeasonRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetSeasonResponse(_message.Message):
    __slots__ = ("year", "closing_day", "open")
    YEAR_FIELD_NUMBER: _ClassVar[int]
    CLOSING_DAY_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    year: int
    closing_day: str
    open: bool
    def __init__(self, year: _Optional[int] = ..., closing_day: _Optional[str] = ..., open: _Optional[bool] = ...) -> None: ...

class GetCandidateRequest(_message.Message):
    __slots__ = ("candidate_code",)
    CANDIDATE_CODE_FIELD_NUMBER: _ClassVar[int]
    candidate_code: str
    def __init__(self, candidate_code: _Optional[str] = ...) -> None: ...

class GetCandidateResponse(_message.Message):
    __slots__ = ("candidate",)
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    candidate: Candidate
    def __init__(self, candidate: _Optional[_Union[Candidate, _Mapping]] = ...) -> None: ...

class RegisterCandidateRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "sex", "ethnicity", "birth_registration_place", "permanent_address", "telephone", "wishes")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    ETHNICITY_FIELD_NUMBER: _ClassVar[int]
    BIRTH_REGISTRATION_PLACE_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TELEPHONE_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    sex: str
    ethnicity: str
    birth_registration_place: str
    permanent_address: str
    telephone: str
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., sex: _Optional[str] = ..., ethnicity: _Optional[str] = ..., birth_registration_place: _Optional[str] = ..., permanent_address: _Optional[str] = ..., telephone: _Optional[str] = ..., wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ...) -> None: ...

class RegisterCandidateResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...

class GetRegistrationRequest(_message.Message):
    __slots__ = ("registration_id",)
    REGISTRATION_ID_FIELD_NUMBER: _ClassVar[int]
    registration_id: str
    def __init__(self, registration_id: _Optional[str] = ...) -> None: ...

class GetRegistrationResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...

class ChangeWishesRequest(_message.Message):
    __slots__ = ("request_id", "registration_id", "wishes")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_ID_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    registration_id: str
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    def __init__(self, request_id: _Optional[str] = ..., registration_id: _Optional[str] = ..., wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ...) -> None: ...

class ChangeWishesResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...

class WithdrawRegistrationRequest(_message.Message):
    __slots__ = ("request_id", "registration_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    registration_id: str
    def __init__(self, request_id: _Optional[str] = ..., registration_id: _Optional[str] = ...) -> None: ...

class WithdrawRegistrationResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...
