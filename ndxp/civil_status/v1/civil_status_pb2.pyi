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

class CertificateKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTIFICATE_KIND_UNSPECIFIED: _ClassVar[CertificateKind]
    CERTIFICATE_KIND_BIRTH: _ClassVar[CertificateKind]
    CERTIFICATE_KIND_DEATH: _ClassVar[CertificateKind]
    CERTIFICATE_KIND_MARRIAGE: _ClassVar[CertificateKind]

class CertificateResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTIFICATE_RESULT_UNSPECIFIED: _ClassVar[CertificateResult]
    CERTIFICATE_RESULT_AGREES: _ClassVar[CertificateResult]
    CERTIFICATE_RESULT_NOT_FOUND: _ClassVar[CertificateResult]
    CERTIFICATE_RESULT_NAME_DIFFERS: _ClassVar[CertificateResult]
    CERTIFICATE_RESULT_BIRTH_DATE_DIFFERS: _ClassVar[CertificateResult]

class CertificateField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTIFICATE_FIELD_UNSPECIFIED: _ClassVar[CertificateField]
    CERTIFICATE_FIELD_FULL_NAME: _ClassVar[CertificateField]
    CERTIFICATE_FIELD_BIRTH_DATE: _ClassVar[CertificateField]
    CERTIFICATE_FIELD_DEATH_DATE: _ClassVar[CertificateField]
ANSWER_STATE_UNSPECIFIED: AnswerState
ANSWER_STATE_WAITING: AnswerState
ANSWER_STATE_SUPPLEMENT: AnswerState
ANSWER_STATE_ELIGIBLE: AnswerState
ANSWER_STATE_DONE: AnswerState
ANSWER_STATE_REFUSED: AnswerState
CERTIFICATE_KIND_UNSPECIFIED: CertificateKind
CERTIFICATE_KIND_BIRTH: CertificateKind
CERTIFICATE_KIND_DEATH: CertificateKind
CERTIFICATE_KIND_MARRIAGE: CertificateKind
CERTIFICATE_RESULT_UNSPECIFIED: CertificateResult
CERTIFICATE_RESULT_AGREES: CertificateResult
CERTIFICATE_RESULT_NOT_FOUND: CertificateResult
CERTIFICATE_RESULT_NAME_DIFFERS: CertificateResult
CERTIFICATE_RESULT_BIRTH_DATE_DIFFERS: CertificateResult
CERTIFICATE_FIELD_UNSPECIFIED: CertificateField
CERTIFICATE_FIELD_FULL_NAME: CertificateField
CERTIFICATE_FIELD_BIRTH_DATE: CertificateField
CERTIFICATE_FIELD_DEATH_DATE: CertificateField

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

class SubmitMarriageRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "husband", "wife", "province")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    HUSBAND_FIELD_NUMBER: _ClassVar[int]
    WIFE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    husband: Person
    wife: Person
    province: str
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., husband: _Optional[_Union[Person, _Mapping]] = ..., wife: _Optional[_Union[Person, _Mapping]] = ..., province: _Optional[str] = ...) -> None: ...

class SubmitMarriageResponse(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class SupplementDossierRequest(_message.Message):
    __slots__ = ("request_id", "code", "mother", "father", "deceased", "husband", "wife")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    HUSBAND_FIELD_NUMBER: _ClassVar[int]
    WIFE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    mother: Person
    father: Person
    deceased: Person
    husband: Person
    wife: Person
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., mother: _Optional[_Union[Person, _Mapping]] = ..., father: _Optional[_Union[Person, _Mapping]] = ..., deceased: _Optional[_Union[Person, _Mapping]] = ..., husband: _Optional[_Union[Person, _Mapping]] = ..., wife: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class SupplementDossierResponse(_message.Message):
    __slots__ = ("answer",)
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    answer: Answer
    def __init__(self, answer: _Optional[_Union[Answer, _Mapping]] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("certificate_number", "kind", "province", "registered_on", "holder", "sex", "mother", "father", "death_date", "wife", "amendments")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_ON_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    DEATH_DATE_FIELD_NUMBER: _ClassVar[int]
    WIFE_FIELD_NUMBER: _ClassVar[int]
    AMENDMENTS_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    kind: CertificateKind
    province: str
    registered_on: str
    holder: Person
    sex: int
    mother: Person
    father: Person
    death_date: str
    wife: Person
    amendments: _containers.RepeatedCompositeFieldContainer[Amendment]
    def __init__(self, certificate_number: _Optional[str] = ..., kind: _Optional[_Union[CertificateKind, str]] = ..., province: _Optional[str] = ..., registered_on: _Optional[str] = ..., holder: _Optional[_Union[Person, _Mapping]] = ..., sex: _Optional[int] = ..., mother: _Optional[_Union[Person, _Mapping]] = ..., father: _Optional[_Union[Person, _Mapping]] = ..., death_date: _Optional[str] = ..., wife: _Optional[_Union[Person, _Mapping]] = ..., amendments: _Optional[_Iterable[_Union[Amendment, _Mapping]]] = ...) -> None: ...

class Amendment(_message.Message):
    __slots__ = ("field", "old_value", "new_value", "reason", "amended_at")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OLD_VALUE_FIELD_NUMBER: _ClassVar[int]
    NEW_VALUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AMENDED_AT_FIELD_NUMBER: _ClassVar[int]
    field: CertificateField
    old_value: str
    new_value: str
    reason: str
    amended_at: _timestamp_pb2.Timestamp
    def __init__(self, field: _Optional[_Union[CertificateField, str]] = ..., old_value: _Optional[str] = ..., new_value: _Optional[str] = ..., reason: _Optional[str] = ..., amended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetCertificateRequest(_message.Message):
    __slots__ = ("certificate_number", "full_name", "birth_date")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    full_name: str
    birth_date: str
    def __init__(self, certificate_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class GetCertificateResponse(_message.Message):
    __slots__ = ("result", "certificate")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    result: CertificateResult
    certificate: Certificate
    def __init__(self, result: _Optional[_Union[CertificateResult, str]] = ..., certificate: _Optional[_Union[Certificate, _Mapping]] = ...) -> None: ...

class AmendCertificateRequest(_message.Message):
    __slots__ = ("request_id", "certificate_number", "field", "old_value", "new_value", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OLD_VALUE_FIELD_NUMBER: _ClassVar[int]
    NEW_VALUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    certificate_number: str
    field: CertificateField
    old_value: str
    new_value: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., certificate_number: _Optional[str] = ..., field: _Optional[_Union[CertificateField, str]] = ..., old_value: _Optional[str] = ..., new_value: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class AmendCertificateResponse(_message.Message):
    __slots__ = ("certificate",)
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    certificate: Certificate
    def __init__(self, certificate: _Optional[_Union[Certificate, _Mapping]] = ...) -> None: ...
