import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ndxp.life_events.v1 import life_events_pb2 as _life_events_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DossierState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOSSIER_STATE_UNSPECIFIED: _ClassVar[DossierState]
    DOSSIER_STATE_NEW: _ClassVar[DossierState]
    DOSSIER_STATE_RECEIVED: _ClassVar[DossierState]
    DOSSIER_STATE_REFUSED: _ClassVar[DossierState]
    DOSSIER_STATE_IN_PROCESS: _ClassVar[DossierState]
    DOSSIER_STATE_SUPPLEMENT: _ClassVar[DossierState]
    DOSSIER_STATE_PAYMENT: _ClassVar[DossierState]
    DOSSIER_STATE_WITHDRAWN: _ClassVar[DossierState]
    DOSSIER_STATE_STOPPED: _ClassVar[DossierState]
    DOSSIER_STATE_DONE: _ClassVar[DossierState]
    DOSSIER_STATE_RETURNED: _ClassVar[DossierState]
DOSSIER_STATE_UNSPECIFIED: DossierState
DOSSIER_STATE_NEW: DossierState
DOSSIER_STATE_RECEIVED: DossierState
DOSSIER_STATE_REFUSED: DossierState
DOSSIER_STATE_IN_PROCESS: DossierState
DOSSIER_STATE_SUPPLEMENT: DossierState
DOSSIER_STATE_PAYMENT: DossierState
DOSSIER_STATE_WITHDRAWN: DossierState
DOSSIER_STATE_STOPPED: DossierState
DOSSIER_STATE_DONE: DossierState
DOSSIER_STATE_RETURNED: DossierState

class LinkedEvent(_message.Message):
    __slots__ = ("linked_code", "procedures", "birth", "death")
    LINKED_CODE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    linked_code: str
    procedures: _containers.RepeatedScalarFieldContainer[_life_events_pb2.Procedure]
    birth: _life_events_pb2.Birth
    death: _life_events_pb2.Death
    def __init__(self, linked_code: _Optional[str] = ..., procedures: _Optional[_Iterable[_Union[_life_events_pb2.Procedure, str]]] = ..., birth: _Optional[_Union[_life_events_pb2.Birth, _Mapping]] = ..., death: _Optional[_Union[_life_events_pb2.Death, _Mapping]] = ...) -> None: ...

class LandTransfer(_message.Message):
    __slots__ = ("certificate_number", "buyer", "price")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    buyer: _life_events_pb2.Person
    price: int
    def __init__(self, certificate_number: _Optional[str] = ..., buyer: _Optional[_Union[_life_events_pb2.Person, _Mapping]] = ..., price: _Optional[int] = ...) -> None: ...

class General(_message.Message):
    __slots__ = ("subject",)
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    subject: str
    def __init__(self, subject: _Optional[str] = ...) -> None: ...

class Dossier(_message.Message):
    __slots__ = ("code", "procedure_code", "applicant", "linked", "land", "general", "state", "received_at", "due_at", "ended_at", "note", "steps", "online", "traceparent")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    LINKED_FIELD_NUMBER: _ClassVar[int]
    LAND_FIELD_NUMBER: _ClassVar[int]
    GENERAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    code: str
    procedure_code: str
    applicant: _life_events_pb2.Person
    linked: LinkedEvent
    land: LandTransfer
    general: General
    state: DossierState
    received_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    note: str
    steps: _containers.RepeatedCompositeFieldContainer[_life_events_pb2.Step]
    online: bool
    traceparent: str
    def __init__(self, code: _Optional[str] = ..., procedure_code: _Optional[str] = ..., applicant: _Optional[_Union[_life_events_pb2.Person, _Mapping]] = ..., linked: _Optional[_Union[LinkedEvent, _Mapping]] = ..., land: _Optional[_Union[LandTransfer, _Mapping]] = ..., general: _Optional[_Union[General, _Mapping]] = ..., state: _Optional[_Union[DossierState, str]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[_life_events_pb2.Step, _Mapping]]] = ..., online: _Optional[bool] = ..., traceparent: _Optional[str] = ...) -> None: ...

class ReceiveDossierRequest(_message.Message):
    __slots__ = ("request_id", "procedure_code", "applicant", "linked", "land", "general", "online")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    LINKED_FIELD_NUMBER: _ClassVar[int]
    LAND_FIELD_NUMBER: _ClassVar[int]
    GENERAL_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    procedure_code: str
    applicant: _life_events_pb2.Person
    linked: LinkedEvent
    land: LandTransfer
    general: General
    online: bool
    def __init__(self, request_id: _Optional[str] = ..., procedure_code: _Optional[str] = ..., applicant: _Optional[_Union[_life_events_pb2.Person, _Mapping]] = ..., linked: _Optional[_Union[LinkedEvent, _Mapping]] = ..., land: _Optional[_Union[LandTransfer, _Mapping]] = ..., general: _Optional[_Union[General, _Mapping]] = ..., online: _Optional[bool] = ...) -> None: ...

class ReceiveDossierResponse(_message.Message):
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

class ListDossiersRequest(_message.Message):
    __slots__ = ("citizen_number", "page_size", "page_token")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    page_size: int
    page_token: str
    def __init__(self, citizen_number: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDossiersResponse(_message.Message):
    __slots__ = ("dossiers", "next_page_token")
    DOSSIERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dossiers: _containers.RepeatedCompositeFieldContainer[Dossier]
    next_page_token: str
    def __init__(self, dossiers: _Optional[_Iterable[_Union[Dossier, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MoveDossierRequest(_message.Message):
    __slots__ = ("request_id", "code", "state", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    state: DossierState
    note: str
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., state: _Optional[_Union[DossierState, str]] = ..., note: _Optional[str] = ...) -> None: ...

class MoveDossierResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class SupplementDossierRequest(_message.Message):
    __slots__ = ("request_id", "code", "text", "linked", "land")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LINKED_FIELD_NUMBER: _ClassVar[int]
    LAND_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    text: str
    linked: LinkedEvent
    land: LandTransfer
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., linked: _Optional[_Union[LinkedEvent, _Mapping]] = ..., land: _Optional[_Union[LandTransfer, _Mapping]] = ...) -> None: ...

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

class GetPunctualityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetPunctualityResponse(_message.Message):
    __slots__ = ("received", "online", "ended", "on_time", "late")
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    received: int
    online: int
    ended: int
    on_time: int
    late: int
    def __init__(self, received: _Optional[int] = ..., online: _Optional[int] = ..., ended: _Optional[int] = ..., on_time: _Optional[int] = ..., late: _Optional[int] = ...) -> None: ...
