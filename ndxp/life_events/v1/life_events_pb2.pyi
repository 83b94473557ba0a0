import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LifeEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFE_EVENT_KIND_UNSPECIFIED: _ClassVar[LifeEventKind]
    LIFE_EVENT_KIND_BIRTH: _ClassVar[LifeEventKind]
    LIFE_EVENT_KIND_DEATH: _ClassVar[LifeEventKind]

class Procedure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROCEDURE_UNSPECIFIED: _ClassVar[Procedure]
    PROCEDURE_BIRTH_REGISTRATION: _ClassVar[Procedure]
    PROCEDURE_RESIDENCE: _ClassVar[Procedure]
    PROCEDURE_HEALTH_INSURANCE_CARD: _ClassVar[Procedure]
    PROCEDURE_DEATH_REGISTRATION: _ClassVar[Procedure]
    PROCEDURE_RESIDENCE_REMOVAL: _ClassVar[Procedure]
    PROCEDURE_FUNERAL_ALLOWANCE: _ClassVar[Procedure]
    PROCEDURE_SURVIVORS_ALLOWANCE: _ClassVar[Procedure]
    PROCEDURE_LAND_TRANSFER: _ClassVar[Procedure]

class DossierState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOSSIER_STATE_UNSPECIFIED: _ClassVar[DossierState]
    DOSSIER_STATE_RECEIVED: _ClassVar[DossierState]
    DOSSIER_STATE_SUPPLEMENT: _ClassVar[DossierState]
    DOSSIER_STATE_ACCEPTED: _ClassVar[DossierState]
    DOSSIER_STATE_DONE: _ClassVar[DossierState]
    DOSSIER_STATE_RETURNED: _ClassVar[DossierState]
    DOSSIER_STATE_REFUSED: _ClassVar[DossierState]
    DOSSIER_STATE_SENT_TO_JUSTICE: _ClassVar[DossierState]

class Reply(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLY_UNSPECIFIED: _ClassVar[Reply]
    REPLY_TAKEN: _ClassVar[Reply]
    REPLY_HAS_RESULT: _ClassVar[Reply]
    REPLY_TRY_AGAIN: _ClassVar[Reply]
    REPLY_INVALID_TRANSITION: _ClassVar[Reply]
LIFE_EVENT_KIND_UNSPECIFIED: LifeEventKind
LIFE_EVENT_KIND_BIRTH: LifeEventKind
LIFE_EVENT_KIND_DEATH: LifeEventKind
PROCEDURE_UNSPECIFIED: Procedure
PROCEDURE_BIRTH_REGISTRATION: Procedure
PROCEDURE_RESIDENCE: Procedure
PROCEDURE_HEALTH_INSURANCE_CARD: Procedure
PROCEDURE_DEATH_REGISTRATION: Procedure
PROCEDURE_RESIDENCE_REMOVAL: Procedure
PROCEDURE_FUNERAL_ALLOWANCE: Procedure
PROCEDURE_SURVIVORS_ALLOWANCE: Procedure
PROCEDURE_LAND_TRANSFER: Procedure
DOSSIER_STATE_UNSPECIFIED: DossierState
DOSSIER_STATE_RECEIVED: DossierState
DOSSIER_STATE_SUPPLEMENT: DossierState
DOSSIER_STATE_ACCEPTED: DossierState
DOSSIER_STATE_DONE: DossierState
DOSSIER_STATE_RETURNED: DossierState
DOSSIER_STATE_REFUSED: DossierState
DOSSIER_STATE_SENT_TO_JUSTICE: DossierState
REPLY_UNSPECIFIED: Reply
REPLY_TAKEN: Reply
REPLY_HAS_RESULT: Reply
REPLY_TRY_AGAIN: Reply
REPLY_INVALID_TRANSITION: Reply

class Person(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class Birth(_message.Message):
    __slots__ = ("surname", "middle_name", "given_name", "sex", "birth_date", "mother", "father")
    SURNAME_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_NAME_FIELD_NUMBER: _ClassVar[int]
    GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    surname: str
    middle_name: str
    given_name: str
    sex: int
    birth_date: str
    mother: Person
    father: Person
    def __init__(self, surname: _Optional[str] = ..., middle_name: _Optional[str] = ..., given_name: _Optional[str] = ..., sex: _Optional[int] = ..., birth_date: _Optional[str] = ..., mother: _Optional[_Union[Person, _Mapping]] = ..., father: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class Death(_message.Message):
    __slots__ = ("deceased", "death_date", "survivor")
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    DEATH_DATE_FIELD_NUMBER: _ClassVar[int]
    SURVIVOR_FIELD_NUMBER: _ClassVar[int]
    deceased: Person
    death_date: str
    survivor: Person
    def __init__(self, deceased: _Optional[_Union[Person, _Mapping]] = ..., death_date: _Optional[str] = ..., survivor: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("procedure", "subsystem", "what", "state", "at", "transaction_id", "code", "result")
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    procedure: Procedure
    subsystem: str
    what: str
    state: DossierState
    at: _timestamp_pb2.Timestamp
    transaction_id: str
    code: str
    result: str
    def __init__(self, procedure: _Optional[_Union[Procedure, str]] = ..., subsystem: _Optional[str] = ..., what: _Optional[str] = ..., state: _Optional[_Union[DossierState, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., transaction_id: _Optional[str] = ..., code: _Optional[str] = ..., result: _Optional[str] = ...) -> None: ...

class Dossier(_message.Message):
    __slots__ = ("code", "kind", "state", "procedures", "province", "one_stop_code", "applicant", "birth", "death", "submitted_at", "due_at", "note", "steps", "traceparent", "ended_at")
    CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    ONE_STOP_CODE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    code: str
    kind: LifeEventKind
    state: DossierState
    procedures: _containers.RepeatedScalarFieldContainer[Procedure]
    province: str
    one_stop_code: str
    applicant: Person
    birth: Birth
    death: Death
    submitted_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    note: str
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    traceparent: str
    ended_at: _timestamp_pb2.Timestamp
    def __init__(self, code: _Optional[str] = ..., kind: _Optional[_Union[LifeEventKind, str]] = ..., state: _Optional[_Union[DossierState, str]] = ..., procedures: _Optional[_Iterable[_Union[Procedure, str]]] = ..., province: _Optional[str] = ..., one_stop_code: _Optional[str] = ..., applicant: _Optional[_Union[Person, _Mapping]] = ..., birth: _Optional[_Union[Birth, _Mapping]] = ..., death: _Optional[_Union[Death, _Mapping]] = ..., submitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ..., traceparent: _Optional[str] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubmitBirthRequest(_message.Message):
    __slots__ = ("request_id", "province", "applicant", "birth")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    province: str
    applicant: Person
    birth: Birth
    def __init__(self, request_id: _Optional[str] = ..., province: _Optional[str] = ..., applicant: _Optional[_Union[Person, _Mapping]] = ..., birth: _Optional[_Union[Birth, _Mapping]] = ...) -> None: ...

class SubmitBirthResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class SubmitDeathRequest(_message.Message):
    __slots__ = ("request_id", "province", "applicant", "death", "procedures")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    province: str
    applicant: Person
    death: Death
    procedures: _containers.RepeatedScalarFieldContainer[Procedure]
    def __init__(self, request_id: _Optional[str] = ..., province: _Optional[str] = ..., applicant: _Optional[_Union[Person, _Mapping]] = ..., death: _Optional[_Union[Death, _Mapping]] = ..., procedures: _Optional[_Iterable[_Union[Procedure, str]]] = ...) -> None: ...

class SubmitDeathResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class GetDossierRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetDossierResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class SupplementDossierRequest(_message.Message):
    __slots__ = ("request_id", "code", "birth", "death")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    birth: Birth
    death: Death
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., birth: _Optional[_Union[Birth, _Mapping]] = ..., death: _Optional[_Union[Death, _Mapping]] = ...) -> None: ...

class SupplementDossierResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class WithdrawDossierRequest(_message.Message):
    __slots__ = ("request_id", "code")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class WithdrawDossierResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class ListNewDossiersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNewDossiersResponse(_message.Message):
    __slots__ = ("dossiers", "next_page_token")
    DOSSIERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dossiers: _containers.RepeatedCompositeFieldContainer[Dossier]
    next_page_token: str
    def __init__(self, dossiers: _Optional[_Iterable[_Union[Dossier, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReportStepsRequest(_message.Message):
    __slots__ = ("request_id", "steps")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    steps: _containers.RepeatedCompositeFieldContainer[ReportedStep]
    def __init__(self, request_id: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[ReportedStep, _Mapping]]] = ...) -> None: ...

class ReportedStep(_message.Message):
    __slots__ = ("code", "one_stop_code", "step")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ONE_STOP_CODE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    code: str
    one_stop_code: str
    step: Step
    def __init__(self, code: _Optional[str] = ..., one_stop_code: _Optional[str] = ..., step: _Optional[_Union[Step, _Mapping]] = ...) -> None: ...

class ReportStepsResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[StepOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[StepOutcome, _Mapping]]] = ...) -> None: ...

class StepOutcome(_message.Message):
    __slots__ = ("code", "reply")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    code: str
    reply: Reply
    def __init__(self, code: _Optional[str] = ..., reply: _Optional[_Union[Reply, str]] = ...) -> None: ...
