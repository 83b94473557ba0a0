import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnswerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANSWER_STATE_UNSPECIFIED: _ClassVar[AnswerState]
    ANSWER_STATE_WAITING: _ClassVar[AnswerState]
    ANSWER_STATE_SUPPLEMENT: _ClassVar[AnswerState]
    ANSWER_STATE_ELIGIBLE: _ClassVar[AnswerState]
    ANSWER_STATE_DONE: _ClassVar[AnswerState]
    ANSWER_STATE_REFUSED: _ClassVar[AnswerState]
ANSWER_STATE_UNSPECIFIED: AnswerState
ANSWER_STATE_WAITING: AnswerState
ANSWER_STATE_SUPPLEMENT: AnswerState
ANSWER_STATE_ELIGIBLE: AnswerState
ANSWER_STATE_DONE: AnswerState
ANSWER_STATE_REFUSED: AnswerState

class Person(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class SubmitBirthRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "surname", "middle_name", "given_name", "sex", "birth_date", "province", "mother", "father")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    SURNAME_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_NAME_FIELD_NUMBER: _ClassVar[int]
    GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    surname: str
    middle_name: str
    given_name: str
    sex: int
    birth_date: str
    province: str
    mother: Person
    father: Person
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., surname: _Optional[str] = ..., middle_name: _Optional[str] = ..., given_name: _Optional[str] = ..., sex: _Optional[int] = ..., birth_date: _Optional[str] = ..., province: _Optional[str] = ..., mother: _Optional[_Union[Person, _Mapping]] = ..., father: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class SubmitBirthResponse(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class SubmitDeathRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "deceased", "death_date", "province")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    DEATH_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    deceased: Person
    death_date: str
    province: str
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., deceased: _Optional[_Union[Person, _Mapping]] = ..., death_date: _Optional[str] = ..., province: _Optional[str] = ...) -> None: ...

class SubmitDeathResponse(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetAnswersRequest(_message.Message):
    __slots__ = ("codes",)
    CODES_FIELD_NUMBER: _ClassVar[int]
    codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, codes: _Optional[_Iterable[str]] = ...) -> None: ...

class GetAnswersResponse(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("code", "state", "reason", "certificate_number", "citizen_number", "full_name", "population_transaction_id", "decided_at")
    CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    POPULATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    code: str
    state: AnswerState
    reason: str
    certificate_number: str
    citizen_number: str
    full_name: str
    population_transaction_id: str
    decided_at: _timestamp_pb2.Timestamp
    def __init__(self, code: _Optional[str] = ..., state: _Optional[_Union[AnswerState, str]] = ..., reason: _Optional[str] = ..., certificate_number: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., population_transaction_id: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
