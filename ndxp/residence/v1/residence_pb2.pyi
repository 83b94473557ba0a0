import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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

class StayOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAY_OUTCOME_UNSPECIFIED: _ClassVar[StayOutcome]
    STAY_OUTCOME_ACCEPTED: _ClassVar[StayOutcome]
    STAY_OUTCOME_ALREADY_NOTIFIED: _ClassVar[StayOutcome]
    STAY_OUTCOME_REFUSED: _ClassVar[StayOutcome]
RESIDENCE_KIND_UNSPECIFIED: ResidenceKind
RESIDENCE_KIND_PERMANENT: ResidenceKind
RESIDENCE_KIND_TEMPORARY: ResidenceKind
FILING_STATE_UNSPECIFIED: FilingState
FILING_STATE_RECEIVED: FilingState
FILING_STATE_DONE: FilingState
FILING_STATE_REFUSED: FilingState
STAY_OUTCOME_UNSPECIFIED: StayOutcome
STAY_OUTCOME_ACCEPTED: StayOutcome
STAY_OUTCOME_ALREADY_NOTIFIED: StayOutcome
STAY_OUTCOME_REFUSED: StayOutcome

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

class ConfirmResidenceRequest(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class ConfirmResidenceResponse(_message.Message):
    __slots__ = ("book", "removed", "temporary_address", "population_transaction_id")
    BOOK_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    TEMPORARY_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    POPULATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    book: HouseholdBook
    removed: bool
    temporary_address: Address
    population_transaction_id: str
    def __init__(self, book: _Optional[_Union[HouseholdBook, _Mapping]] = ..., removed: _Optional[bool] = ..., temporary_address: _Optional[_Union[Address, _Mapping]] = ..., population_transaction_id: _Optional[str] = ...) -> None: ...

class Relative(_message.Message):
    __slots__ = ("citizen_number", "full_name")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ...) -> None: ...

class HouseholdBook(_message.Message):
    __slots__ = ("citizen_number", "old_number", "full_name", "sex", "birth_date", "ethnicity", "nationality", "birth_registration_place", "place_of_origin", "permanent_address", "current_address", "father", "mother", "spouse", "household_head", "relation_to_head", "household_number")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    ETHNICITY_FIELD_NUMBER: _ClassVar[int]
    NATIONALITY_FIELD_NUMBER: _ClassVar[int]
    BIRTH_REGISTRATION_PLACE_FIELD_NUMBER: _ClassVar[int]
    PLACE_OF_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    SPOUSE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_HEAD_FIELD_NUMBER: _ClassVar[int]
    RELATION_TO_HEAD_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    old_number: str
    full_name: str
    sex: int
    birth_date: str
    ethnicity: str
    nationality: str
    birth_registration_place: str
    place_of_origin: str
    permanent_address: Address
    current_address: Address
    father: Relative
    mother: Relative
    spouse: Relative
    household_head: Relative
    relation_to_head: str
    household_number: str
    def __init__(self, citizen_number: _Optional[str] = ..., old_number: _Optional[str] = ..., full_name: _Optional[str] = ..., sex: _Optional[int] = ..., birth_date: _Optional[str] = ..., ethnicity: _Optional[str] = ..., nationality: _Optional[str] = ..., birth_registration_place: _Optional[str] = ..., place_of_origin: _Optional[str] = ..., permanent_address: _Optional[_Union[Address, _Mapping]] = ..., current_address: _Optional[_Union[Address, _Mapping]] = ..., father: _Optional[_Union[Relative, _Mapping]] = ..., mother: _Optional[_Union[Relative, _Mapping]] = ..., spouse: _Optional[_Union[Relative, _Mapping]] = ..., household_head: _Optional[_Union[Relative, _Mapping]] = ..., relation_to_head: _Optional[str] = ..., household_number: _Optional[str] = ...) -> None: ...

class StayNotice(_message.Message):
    __slots__ = ("full_name", "identity_number", "reason", "arrived_at", "leaving_on", "address", "host_number")
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ARRIVED_AT_FIELD_NUMBER: _ClassVar[int]
    LEAVING_ON_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HOST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    full_name: str
    identity_number: str
    reason: str
    arrived_at: _timestamp_pb2.Timestamp
    leaving_on: str
    address: Address
    host_number: str
    def __init__(self, full_name: _Optional[str] = ..., identity_number: _Optional[str] = ..., reason: _Optional[str] = ..., arrived_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., leaving_on: _Optional[str] = ..., address: _Optional[_Union[Address, _Mapping]] = ..., host_number: _Optional[str] = ...) -> None: ...

class Stay(_message.Message):
    __slots__ = ("stay_id", "notice", "notified_at", "due_at", "late", "withdrawn")
    STAY_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    NOTIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    stay_id: str
    notice: StayNotice
    notified_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    late: bool
    withdrawn: bool
    def __init__(self, stay_id: _Optional[str] = ..., notice: _Optional[_Union[StayNotice, _Mapping]] = ..., notified_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., late: _Optional[bool] = ..., withdrawn: _Optional[bool] = ...) -> None: ...

class NotifyStayRequest(_message.Message):
    __slots__ = ("request_id", "notice")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    notice: StayNotice
    def __init__(self, request_id: _Optional[str] = ..., notice: _Optional[_Union[StayNotice, _Mapping]] = ...) -> None: ...

class NotifyStayResponse(_message.Message):
    __slots__ = ("outcome", "stay")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STAY_FIELD_NUMBER: _ClassVar[int]
    outcome: StayOutcome
    stay: Stay
    def __init__(self, outcome: _Optional[_Union[StayOutcome, str]] = ..., stay: _Optional[_Union[Stay, _Mapping]] = ...) -> None: ...

class NotifyStaysRequest(_message.Message):
    __slots__ = ("request_id", "notice")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    notice: StayNotice
    def __init__(self, request_id: _Optional[str] = ..., notice: _Optional[_Union[StayNotice, _Mapping]] = ...) -> None: ...

class NotifyStaysResponse(_message.Message):
    __slots__ = ("request_id", "outcome", "stay", "reason", "field", "problem")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STAY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    outcome: StayOutcome
    stay: Stay
    reason: str
    field: str
    problem: str
    def __init__(self, request_id: _Optional[str] = ..., outcome: _Optional[_Union[StayOutcome, str]] = ..., stay: _Optional[_Union[Stay, _Mapping]] = ..., reason: _Optional[str] = ..., field: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class GetStayRequest(_message.Message):
    __slots__ = ("stay_id",)
    STAY_ID_FIELD_NUMBER: _ClassVar[int]
    stay_id: str
    def __init__(self, stay_id: _Optional[str] = ...) -> None: ...

class GetStayResponse(_message.Message):
    __slots__ = ("stay",)
    STAY_FIELD_NUMBER: _ClassVar[int]
    stay: Stay
    def __init__(self, stay: _Optional[_Union[Stay, _Mapping]] = ...) -> None: ...

class WithdrawStayRequest(_message.Message):
    __slots__ = ("request_id", "stay_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAY_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    stay_id: str
    def __init__(self, request_id: _Optional[str] = ..., stay_id: _Optional[str] = ...) -> None: ...

class WithdrawStayResponse(_message.Message):
    __slots__ = ("stay",)
    STAY_FIELD_NUMBER: _ClassVar[int]
    stay: Stay
    def __init__(self, stay: _Optional[_Union[Stay, _Mapping]] = ...) -> None: ...

class CountStaysRequest(_message.Message):
    __slots__ = ("night",)
    NIGHT_FIELD_NUMBER: _ClassVar[int]
    night: str
    def __init__(self, night: _Optional[str] = ...) -> None: ...

class CountStaysResponse(_message.Message):
    __slots__ = ("night", "provinces")
    NIGHT_FIELD_NUMBER: _ClassVar[int]
    PROVINCES_FIELD_NUMBER: _ClassVar[int]
    night: str
    provinces: _containers.RepeatedCompositeFieldContainer[ProvinceStays]
    def __init__(self, night: _Optional[str] = ..., provinces: _Optional[_Iterable[_Union[ProvinceStays, _Mapping]]] = ...) -> None: ...

class ProvinceStays(_message.Message):
    __slots__ = ("province", "stays")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    STAYS_FIELD_NUMBER: _ClassVar[int]
    province: str
    stays: int
    def __init__(self, province: _Optional[str] = ..., stays: _Optional[int] = ...) -> None: ...
