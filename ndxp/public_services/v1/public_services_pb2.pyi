import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ndxp.life_events.v1 import life_events_pb2 as _life_events_pb2
from ndxp.one_stop.v1 import one_stop_pb2 as _one_stop_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnlineLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ONLINE_LEVEL_UNSPECIFIED: _ClassVar[OnlineLevel]
    ONLINE_LEVEL_FULL: _ClassVar[OnlineLevel]
    ONLINE_LEVEL_PARTIAL: _ClassVar[OnlineLevel]
    ONLINE_LEVEL_NONE: _ClassVar[OnlineLevel]

class PaymentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_STATE_UNSPECIFIED: _ClassVar[PaymentState]
    PAYMENT_STATE_SUCCESS: _ClassVar[PaymentState]
    PAYMENT_STATE_PENDING: _ClassVar[PaymentState]
    PAYMENT_STATE_FAILED: _ClassVar[PaymentState]
ONLINE_LEVEL_UNSPECIFIED: OnlineLevel
ONLINE_LEVEL_FULL: OnlineLevel
ONLINE_LEVEL_PARTIAL: OnlineLevel
ONLINE_LEVEL_NONE: OnlineLevel
PAYMENT_STATE_UNSPECIFIED: PaymentState
PAYMENT_STATE_SUCCESS: PaymentState
PAYMENT_STATE_PENDING: PaymentState
PAYMENT_STATE_FAILED: PaymentState

class Account(_message.Message):
    __slots__ = ("citizen_number", "opened_on")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OPENED_ON_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    opened_on: str
    def __init__(self, citizen_number: _Optional[str] = ..., opened_on: _Optional[str] = ...) -> None: ...

class Procedure(_message.Message):
    __slots__ = ("code", "name", "body", "online_level", "essential", "linked")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ONLINE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    ESSENTIAL_FIELD_NUMBER: _ClassVar[int]
    LINKED_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    body: str
    online_level: OnlineLevel
    essential: bool
    linked: _life_events_pb2.LifeEventKind
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., body: _Optional[str] = ..., online_level: _Optional[_Union[OnlineLevel, str]] = ..., essential: _Optional[bool] = ..., linked: _Optional[_Union[_life_events_pb2.LifeEventKind, str]] = ...) -> None: ...

class Dossier(_message.Message):
    __slots__ = ("code", "procedure_code", "citizen_number", "state", "received_at", "due_at", "updated_at", "works_on_it", "online", "has_result", "note")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    WORKS_ON_IT_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    HAS_RESULT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    code: str
    procedure_code: str
    citizen_number: str
    state: _one_stop_pb2.DossierState
    received_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    works_on_it: str
    online: bool
    has_result: bool
    note: str
    def __init__(self, code: _Optional[str] = ..., procedure_code: _Optional[str] = ..., citizen_number: _Optional[str] = ..., state: _Optional[_Union[_one_stop_pb2.DossierState, str]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., works_on_it: _Optional[str] = ..., online: _Optional[bool] = ..., has_result: _Optional[bool] = ..., note: _Optional[str] = ...) -> None: ...

class Payment(_message.Message):
    __slots__ = ("code", "dossier_code", "amount", "company", "state", "began_at", "expires_at", "company_reference", "refunded", "notice_number", "problem")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    COMPANY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BEGAN_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    COMPANY_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    code: str
    dossier_code: str
    amount: int
    company: str
    state: PaymentState
    began_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    company_reference: str
    refunded: int
    notice_number: str
    problem: str
    def __init__(self, code: _Optional[str] = ..., dossier_code: _Optional[str] = ..., amount: _Optional[int] = ..., company: _Optional[str] = ..., state: _Optional[_Union[PaymentState, str]] = ..., began_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., company_reference: _Optional[str] = ..., refunded: _Optional[int] = ..., notice_number: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class RegisterAccountRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class RegisterAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class GetAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class ListProceduresRequest(_message.Message):
    __slots__ = ("body", "online_level", "essential", "page_size", "page_token")
    BODY_FIELD_NUMBER: _ClassVar[int]
    ONLINE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    ESSENTIAL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    body: str
    online_level: OnlineLevel
    essential: bool
    page_size: int
    page_token: str
    def __init__(self, body: _Optional[str] = ..., online_level: _Optional[_Union[OnlineLevel, str]] = ..., essential: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProceduresResponse(_message.Message):
    __slots__ = ("procedures", "next_page_token")
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    procedures: _containers.RepeatedCompositeFieldContainer[Procedure]
    next_page_token: str
    def __init__(self, procedures: _Optional[_Iterable[_Union[Procedure, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetProcedureRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetProcedureResponse(_message.Message):
    __slots__ = ("procedure",)
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    procedure: Procedure
    def __init__(self, procedure: _Optional[_Union[Procedure, _Mapping]] = ...) -> None: ...

class SubmitDossierRequest(_message.Message):
    __slots__ = ("request_id", "procedure_code", "province", "applicant", "birth", "death", "land", "general")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    APPLICANT_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    LAND_FIELD_NUMBER: _ClassVar[int]
    GENERAL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    procedure_code: str
    province: str
    applicant: _life_events_pb2.Person
    birth: _life_events_pb2.Birth
    death: LinkedDeath
    land: _one_stop_pb2.LandTransfer
    general: _one_stop_pb2.General
    def __init__(self, request_id: _Optional[str] = ..., procedure_code: _Optional[str] = ..., province: _Optional[str] = ..., applicant: _Optional[_Union[_life_events_pb2.Person, _Mapping]] = ..., birth: _Optional[_Union[_life_events_pb2.Birth, _Mapping]] = ..., death: _Optional[_Union[LinkedDeath, _Mapping]] = ..., land: _Optional[_Union[_one_stop_pb2.LandTransfer, _Mapping]] = ..., general: _Optional[_Union[_one_stop_pb2.General, _Mapping]] = ...) -> None: ...

class LinkedDeath(_message.Message):
    __slots__ = ("death", "procedures")
    DEATH_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    death: _life_events_pb2.Death
    procedures: _containers.RepeatedScalarFieldContainer[_life_events_pb2.Procedure]
    def __init__(self, death: _Optional[_Union[_life_events_pb2.Death, _Mapping]] = ..., procedures: _Optional[_Iterable[_Union[_life_events_pb2.Procedure, str]]] = ...) -> None: ...

class SubmitDossierResponse(_message.Message):
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
    __slots__ = ("request_id", "code", "text", "birth", "death", "land")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    DEATH_FIELD_NUMBER: _ClassVar[int]
    LAND_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    text: str
    birth: _life_events_pb2.Birth
    death: _life_events_pb2.Death
    land: _one_stop_pb2.LandTransfer
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., text: _Optional[str] = ..., birth: _Optional[_Union[_life_events_pb2.Birth, _Mapping]] = ..., death: _Optional[_Union[_life_events_pb2.Death, _Mapping]] = ..., land: _Optional[_Union[_one_stop_pb2.LandTransfer, _Mapping]] = ...) -> None: ...

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

class LookUpDossierRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class LookUpDossierResponse(_message.Message):
    __slots__ = ("found", "state", "updated_at")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    found: bool
    state: _one_stop_pb2.DossierState
    updated_at: str
    def __init__(self, found: _Optional[bool] = ..., state: _Optional[_Union[_one_stop_pb2.DossierState, str]] = ..., updated_at: _Optional[str] = ...) -> None: ...

class SyncDossierRequest(_message.Message):
    __slots__ = ("request_id", "updating", "code", "procedure_code", "citizen_number", "state", "received_at", "due_at", "online")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATING_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    updating: bool
    code: str
    procedure_code: str
    citizen_number: str
    state: _one_stop_pb2.DossierState
    received_at: str
    due_at: str
    online: bool
    def __init__(self, request_id: _Optional[str] = ..., updating: _Optional[bool] = ..., code: _Optional[str] = ..., procedure_code: _Optional[str] = ..., citizen_number: _Optional[str] = ..., state: _Optional[_Union[_one_stop_pb2.DossierState, str]] = ..., received_at: _Optional[str] = ..., due_at: _Optional[str] = ..., online: _Optional[bool] = ...) -> None: ...

class SyncDossierResponse(_message.Message):
    __slots__ = ("result_code", "dossier")
    RESULT_CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    result_code: int
    dossier: Dossier
    def __init__(self, result_code: _Optional[int] = ..., dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class UpdateProgressRequest(_message.Message):
    __slots__ = ("request_id", "code", "state", "changed_at", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    state: _one_stop_pb2.DossierState
    changed_at: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., state: _Optional[_Union[_one_stop_pb2.DossierState, str]] = ..., changed_at: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class UpdateProgressResponse(_message.Message):
    __slots__ = ("result_code", "dossier")
    RESULT_CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    result_code: int
    dossier: Dossier
    def __init__(self, result_code: _Optional[int] = ..., dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class Document(_message.Message):
    __slots__ = ("title", "media_type", "content", "sha256")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    title: str
    media_type: str
    content: bytes
    sha256: str
    def __init__(self, title: _Optional[str] = ..., media_type: _Optional[str] = ..., content: _Optional[bytes] = ..., sha256: _Optional[str] = ...) -> None: ...

class StoreResultRequest(_message.Message):
    __slots__ = ("request_id", "code", "document")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    document: Document
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., document: _Optional[_Union[Document, _Mapping]] = ...) -> None: ...

class StoreResultResponse(_message.Message):
    __slots__ = ("dossier",)
    DOSSIER_FIELD_NUMBER: _ClassVar[int]
    dossier: Dossier
    def __init__(self, dossier: _Optional[_Union[Dossier, _Mapping]] = ...) -> None: ...

class GetResultRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetResultResponse(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: Document
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ...) -> None: ...

class OnboardCompanyRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class OnboardCompanyResponse(_message.Message):
    __slots__ = ("signing_secret",)
    SIGNING_SECRET_FIELD_NUMBER: _ClassVar[int]
    signing_secret: bytes
    def __init__(self, signing_secret: _Optional[bytes] = ...) -> None: ...

class BeginPaymentRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "amount", "company", "notice_number")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    COMPANY_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    amount: int
    company: str
    notice_number: str
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., amount: _Optional[int] = ..., company: _Optional[str] = ..., notice_number: _Optional[str] = ...) -> None: ...

class BeginPaymentResponse(_message.Message):
    __slots__ = ("payment", "redirect_token")
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    payment: Payment
    redirect_token: str
    def __init__(self, payment: _Optional[_Union[Payment, _Mapping]] = ..., redirect_token: _Optional[str] = ...) -> None: ...

class ConfirmPaymentRequest(_message.Message):
    __slots__ = ("request_id", "payment_code", "redirect_token", "amount", "outcome", "company_reference", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    COMPANY_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    payment_code: str
    redirect_token: str
    amount: int
    outcome: PaymentState
    company_reference: str
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., payment_code: _Optional[str] = ..., redirect_token: _Optional[str] = ..., amount: _Optional[int] = ..., outcome: _Optional[_Union[PaymentState, str]] = ..., company_reference: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class ConfirmPaymentResponse(_message.Message):
    __slots__ = ("payment",)
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    payment: Payment
    def __init__(self, payment: _Optional[_Union[Payment, _Mapping]] = ...) -> None: ...

class QueryPaymentRequest(_message.Message):
    __slots__ = ("payment_code",)
    PAYMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    payment_code: str
    def __init__(self, payment_code: _Optional[str] = ...) -> None: ...

class QueryPaymentResponse(_message.Message):
    __slots__ = ("payment",)
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    payment: Payment
    def __init__(self, payment: _Optional[_Union[Payment, _Mapping]] = ...) -> None: ...

class RefundPaymentRequest(_message.Message):
    __slots__ = ("request_id", "payment_code", "amount", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    payment_code: str
    amount: int
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., payment_code: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class RefundPaymentResponse(_message.Message):
    __slots__ = ("payment",)
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    payment: Payment
    def __init__(self, payment: _Optional[_Union[Payment, _Mapping]] = ...) -> None: ...
