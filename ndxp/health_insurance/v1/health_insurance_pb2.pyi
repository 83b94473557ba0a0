import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Card(_message.Message):
    __slots__ = ("card_number", "old_card_number", "social_insurance_number", "full_name", "birth_date", "valid_from", "valid_to", "first_facility", "area_code", "five_years_from", "benefit_percent")
    CARD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OLD_CARD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SOCIAL_INSURANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    FIRST_FACILITY_FIELD_NUMBER: _ClassVar[int]
    AREA_CODE_FIELD_NUMBER: _ClassVar[int]
    FIVE_YEARS_FROM_FIELD_NUMBER: _ClassVar[int]
    BENEFIT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    card_number: str
    old_card_number: str
    social_insurance_number: str
    full_name: str
    birth_date: str
    valid_from: str
    valid_to: str
    first_facility: str
    area_code: str
    five_years_from: str
    benefit_percent: int
    def __init__(self, card_number: _Optional[str] = ..., old_card_number: _Optional[str] = ..., social_insurance_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ..., first_facility: _Optional[str] = ..., area_code: _Optional[str] = ..., five_years_from: _Optional[str] = ..., benefit_percent: _Optional[int] = ...) -> None: ...

class Visit(_message.Message):
    __slots__ = ("visit_id", "citizen_number", "facility", "recorded_at", "purpose")
    VISIT_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    visit_id: str
    citizen_number: str
    facility: str
    recorded_at: _timestamp_pb2.Timestamp
    purpose: str
    def __init__(self, visit_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., facility: _Optional[str] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ...) -> None: ...

class GetCardRequest(_message.Message):
    __slots__ = ("number", "full_name", "birth_date")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    number: str
    full_name: str
    birth_date: str
    def __init__(self, number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class GetCardResponse(_message.Message):
    __slots__ = ("result_code", "note", "card")
    RESULT_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    result_code: str
    note: str
    card: Card
    def __init__(self, result_code: _Optional[str] = ..., note: _Optional[str] = ..., card: _Optional[_Union[Card, _Mapping]] = ...) -> None: ...

class CheckInRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "facility")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    facility: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., facility: _Optional[str] = ...) -> None: ...

class CheckInResponse(_message.Message):
    __slots__ = ("admitted", "citizen_matched", "result_code", "note", "visit", "verification_transaction_id")
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_MATCHED_FIELD_NUMBER: _ClassVar[int]
    RESULT_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    VISIT_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    admitted: bool
    citizen_matched: bool
    result_code: str
    note: str
    visit: Visit
    verification_transaction_id: str
    def __init__(self, admitted: _Optional[bool] = ..., citizen_matched: _Optional[bool] = ..., result_code: _Optional[str] = ..., note: _Optional[str] = ..., visit: _Optional[_Union[Visit, _Mapping]] = ..., verification_transaction_id: _Optional[str] = ...) -> None: ...

class IssueChildCardRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "birth_date", "province")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    province: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., province: _Optional[str] = ...) -> None: ...

class IssueChildCardResponse(_message.Message):
    __slots__ = ("card",)
    CARD_FIELD_NUMBER: _ClassVar[int]
    card: Card
    def __init__(self, card: _Optional[_Union[Card, _Mapping]] = ...) -> None: ...

class RecordVisitRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "facility", "purpose")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    facility: str
    purpose: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., facility: _Optional[str] = ..., purpose: _Optional[str] = ...) -> None: ...

class RecordVisitResponse(_message.Message):
    __slots__ = ("visit",)
    VISIT_FIELD_NUMBER: _ClassVar[int]
    visit: Visit
    def __init__(self, visit: _Optional[_Union[Visit, _Mapping]] = ...) -> None: ...

class ListVisitsRequest(_message.Message):
    __slots__ = ("citizen_number", "page_size", "page_token")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    page_size: int
    page_token: str
    def __init__(self, citizen_number: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVisitsResponse(_message.Message):
    __slots__ = ("visits", "next_page_token")
    VISITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    visits: _containers.RepeatedCompositeFieldContainer[Visit]
    next_page_token: str
    def __init__(self, visits: _Optional[_Iterable[_Union[Visit, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
