import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClaimState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLAIM_STATE_UNSPECIFIED: _ClassVar[ClaimState]
    CLAIM_STATE_RECEIVED: _ClassVar[ClaimState]
    CLAIM_STATE_GRANTED: _ClassVar[ClaimState]
    CLAIM_STATE_REFUSED: _ClassVar[ClaimState]
    CLAIM_STATE_SUPPLEMENT: _ClassVar[ClaimState]
    CLAIM_STATE_WITHDRAWN: _ClassVar[ClaimState]
CLAIM_STATE_UNSPECIFIED: ClaimState
CLAIM_STATE_RECEIVED: ClaimState
CLAIM_STATE_GRANTED: ClaimState
CLAIM_STATE_REFUSED: ClaimState
CLAIM_STATE_SUPPLEMENT: ClaimState
CLAIM_STATE_WITHDRAWN: ClaimState

class Person(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class Claim(_message.Message):
    __slots__ = ("code", "dossier_code", "state", "reason", "due_at", "decided_at", "funeral_allowance", "survivors_allowance", "pension_stopped", "verification_transaction_id")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    FUNERAL_ALLOWANCE_FIELD_NUMBER: _ClassVar[int]
    SURVIVORS_ALLOWANCE_FIELD_NUMBER: _ClassVar[int]
    PENSION_STOPPED_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    code: str
    dossier_code: str
    state: ClaimState
    reason: str
    due_at: _timestamp_pb2.Timestamp
    decided_at: _timestamp_pb2.Timestamp
    funeral_allowance: int
    survivors_allowance: int
    pension_stopped: bool
    verification_transaction_id: str
    def __init__(self, code: _Optional[str] = ..., dossier_code: _Optional[str] = ..., state: _Optional[_Union[ClaimState, str]] = ..., reason: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., funeral_allowance: _Optional[int] = ..., survivors_allowance: _Optional[int] = ..., pension_stopped: _Optional[bool] = ..., verification_transaction_id: _Optional[str] = ...) -> None: ...

class ClaimDeathBenefitsRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "deceased", "survivor", "funeral", "survivors")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    SURVIVOR_FIELD_NUMBER: _ClassVar[int]
    FUNERAL_FIELD_NUMBER: _ClassVar[int]
    SURVIVORS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    deceased: Person
    survivor: Person
    funeral: bool
    survivors: bool
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., deceased: _Optional[_Union[Person, _Mapping]] = ..., survivor: _Optional[_Union[Person, _Mapping]] = ..., funeral: _Optional[bool] = ..., survivors: _Optional[bool] = ...) -> None: ...

class ClaimDeathBenefitsResponse(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class GetClaimRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetClaimResponse(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class SupplementClaimRequest(_message.Message):
    __slots__ = ("request_id", "code", "deceased", "survivor")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    SURVIVOR_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    deceased: Person
    survivor: Person
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ..., deceased: _Optional[_Union[Person, _Mapping]] = ..., survivor: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class SupplementClaimResponse(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class WithdrawClaimRequest(_message.Message):
    __slots__ = ("request_id", "code")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    code: str
    def __init__(self, request_id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class WithdrawClaimResponse(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class Participation(_message.Message):
    __slots__ = ("social_insurance_number", "since", "months", "contributes", "pension")
    SOCIAL_INSURANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PENSION_FIELD_NUMBER: _ClassVar[int]
    social_insurance_number: str
    since: str
    months: int
    contributes: bool
    pension: bool
    def __init__(self, social_insurance_number: _Optional[str] = ..., since: _Optional[str] = ..., months: _Optional[int] = ..., contributes: _Optional[bool] = ..., pension: _Optional[bool] = ...) -> None: ...

class GetParticipationRequest(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class GetParticipationResponse(_message.Message):
    __slots__ = ("matched", "participation")
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    PARTICIPATION_FIELD_NUMBER: _ClassVar[int]
    matched: bool
    participation: Participation
    def __init__(self, matched: _Optional[bool] = ..., participation: _Optional[_Union[Participation, _Mapping]] = ...) -> None: ...

class StopPensionRequest(_message.Message):
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

class StopPensionResponse(_message.Message):
    __slots__ = ("stopped_at", "verification_transaction_id")
    STOPPED_AT_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    stopped_at: _timestamp_pb2.Timestamp
    verification_transaction_id: str
    def __init__(self, stopped_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verification_transaction_id: _Optional[str] = ...) -> None: ...
