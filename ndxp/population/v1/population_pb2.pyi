import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sex(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEX_UNSPECIFIED: _ClassVar[Sex]
    SEX_MALE: _ClassVar[Sex]
    SEX_FEMALE: _ClassVar[Sex]

class MaritalStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARITAL_STATUS_UNSPECIFIED: _ClassVar[MaritalStatus]
    MARITAL_STATUS_SINGLE: _ClassVar[MaritalStatus]
    MARITAL_STATUS_MARRIED: _ClassVar[MaritalStatus]
    MARITAL_STATUS_DIVORCED_OR_WIDOWED: _ClassVar[MaritalStatus]

class BloodGroup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BLOOD_GROUP_UNSPECIFIED: _ClassVar[BloodGroup]
    BLOOD_GROUP_A: _ClassVar[BloodGroup]
    BLOOD_GROUP_B: _ClassVar[BloodGroup]
    BLOOD_GROUP_AB: _ClassVar[BloodGroup]
    BLOOD_GROUP_O: _ClassVar[BloodGroup]

class ChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_KIND_UNSPECIFIED: _ClassVar[ChangeKind]
    CHANGE_KIND_BIRTH: _ClassVar[ChangeKind]
    CHANGE_KIND_DEATH: _ClassVar[ChangeKind]
    CHANGE_KIND_ADDRESS: _ClassVar[ChangeKind]
SEX_UNSPECIFIED: Sex
SEX_MALE: Sex
SEX_FEMALE: Sex
MARITAL_STATUS_UNSPECIFIED: MaritalStatus
MARITAL_STATUS_SINGLE: MaritalStatus
MARITAL_STATUS_MARRIED: MaritalStatus
MARITAL_STATUS_DIVORCED_OR_WIDOWED: MaritalStatus
BLOOD_GROUP_UNSPECIFIED: BloodGroup
BLOOD_GROUP_A: BloodGroup
BLOOD_GROUP_B: BloodGroup
BLOOD_GROUP_AB: BloodGroup
BLOOD_GROUP_O: BloodGroup
CHANGE_KIND_UNSPECIFIED: ChangeKind
CHANGE_KIND_BIRTH: ChangeKind
CHANGE_KIND_DEATH: ChangeKind
CHANGE_KIND_ADDRESS: ChangeKind

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

class Relative(_message.Message):
    __slots__ = ("citizen_number", "full_name")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ...) -> None: ...

class Citizen(_message.Message):
    __slots__ = ("citizen_number", "old_number", "surname", "middle_name", "given_name", "full_name", "sex", "birth_date", "ethnicity", "religion", "marital_status", "blood_group", "birth_registration_place", "nationality", "place_of_origin", "permanent_address", "current_address", "father", "mother", "spouse", "legal_representative", "household_number", "household_head", "relation_to_head", "deceased", "death_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SURNAME_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_NAME_FIELD_NUMBER: _ClassVar[int]
    GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    ETHNICITY_FIELD_NUMBER: _ClassVar[int]
    RELIGION_FIELD_NUMBER: _ClassVar[int]
    MARITAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    BLOOD_GROUP_FIELD_NUMBER: _ClassVar[int]
    BIRTH_REGISTRATION_PLACE_FIELD_NUMBER: _ClassVar[int]
    NATIONALITY_FIELD_NUMBER: _ClassVar[int]
    PLACE_OF_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    FATHER_FIELD_NUMBER: _ClassVar[int]
    MOTHER_FIELD_NUMBER: _ClassVar[int]
    SPOUSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_REPRESENTATIVE_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_HEAD_FIELD_NUMBER: _ClassVar[int]
    RELATION_TO_HEAD_FIELD_NUMBER: _ClassVar[int]
    DECEASED_FIELD_NUMBER: _ClassVar[int]
    DEATH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    old_number: str
    surname: str
    middle_name: str
    given_name: str
    full_name: str
    sex: Sex
    birth_date: str
    ethnicity: str
    religion: str
    marital_status: MaritalStatus
    blood_group: BloodGroup
    birth_registration_place: str
    nationality: str
    place_of_origin: str
    permanent_address: Address
    current_address: Address
    father: Relative
    mother: Relative
    spouse: Relative
    legal_representative: Relative
    household_number: str
    household_head: Relative
    relation_to_head: str
    deceased: bool
    death_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., old_number: _Optional[str] = ..., surname: _Optional[str] = ..., middle_name: _Optional[str] = ..., given_name: _Optional[str] = ..., full_name: _Optional[str] = ..., sex: _Optional[_Union[Sex, str]] = ..., birth_date: _Optional[str] = ..., ethnicity: _Optional[str] = ..., religion: _Optional[str] = ..., marital_status: _Optional[_Union[MaritalStatus, str]] = ..., blood_group: _Optional[_Union[BloodGroup, str]] = ..., birth_registration_place: _Optional[str] = ..., nationality: _Optional[str] = ..., place_of_origin: _Optional[str] = ..., permanent_address: _Optional[_Union[Address, _Mapping]] = ..., current_address: _Optional[_Union[Address, _Mapping]] = ..., father: _Optional[_Union[Relative, _Mapping]] = ..., mother: _Optional[_Union[Relative, _Mapping]] = ..., spouse: _Optional[_Union[Relative, _Mapping]] = ..., legal_representative: _Optional[_Union[Relative, _Mapping]] = ..., household_number: _Optional[str] = ..., household_head: _Optional[_Union[Relative, _Mapping]] = ..., relation_to_head: _Optional[str] = ..., deceased: _Optional[bool] = ..., death_date: _Optional[str] = ...) -> None: ...

class VerifyCitizenRequest(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class VerifyCitizenResponse(_message.Message):
    __slots__ = ("matched",)
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    matched: bool
    def __init__(self, matched: _Optional[bool] = ...) -> None: ...

class GetCitizenRequest(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class GetCitizenResponse(_message.Message):
    __slots__ = ("citizen",)
    CITIZEN_FIELD_NUMBER: _ClassVar[int]
    citizen: Citizen
    def __init__(self, citizen: _Optional[_Union[Citizen, _Mapping]] = ...) -> None: ...

class ListHouseholdRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class ListHouseholdResponse(_message.Message):
    __slots__ = ("household_number", "members")
    HOUSEHOLD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    household_number: str
    members: _containers.RepeatedCompositeFieldContainer[HouseholdMember]
    def __init__(self, household_number: _Optional[str] = ..., members: _Optional[_Iterable[_Union[HouseholdMember, _Mapping]]] = ...) -> None: ...

class HouseholdMember(_message.Message):
    __slots__ = ("citizen_number", "full_name", "relation_to_head")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    RELATION_TO_HEAD_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    relation_to_head: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., relation_to_head: _Optional[str] = ...) -> None: ...

class BatchVerifyCitizensRequest(_message.Message):
    __slots__ = ("item_id", "citizen_number", "full_name", "birth_date")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, item_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class BatchVerifyCitizensResponse(_message.Message):
    __slots__ = ("item_id", "matched", "problem")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    matched: bool
    problem: str
    def __init__(self, item_id: _Optional[str] = ..., matched: _Optional[bool] = ..., problem: _Optional[str] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ("cursor", "kinds", "stop_at_end")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_END_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    kinds: _containers.RepeatedScalarFieldContainer[ChangeKind]
    stop_at_end: bool
    def __init__(self, cursor: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[ChangeKind, str]]] = ..., stop_at_end: _Optional[bool] = ...) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("cursor", "kind", "citizen_number", "registered_at")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_AT_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    kind: ChangeKind
    citizen_number: str
    registered_at: _timestamp_pb2.Timestamp
    def __init__(self, cursor: _Optional[str] = ..., kind: _Optional[_Union[ChangeKind, str]] = ..., citizen_number: _Optional[str] = ..., registered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UploadChangesRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "current_address")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    current_address: Address
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., current_address: _Optional[_Union[Address, _Mapping]] = ...) -> None: ...

class UploadChangesResponse(_message.Message):
    __slots__ = ("accepted", "replayed", "problems", "rejected")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    replayed: int
    problems: _containers.RepeatedCompositeFieldContainer[UploadProblem]
    rejected: int
    def __init__(self, accepted: _Optional[int] = ..., replayed: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[UploadProblem, _Mapping]]] = ..., rejected: _Optional[int] = ...) -> None: ...

class UploadProblem(_message.Message):
    __slots__ = ("request_id", "problem")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    problem: str
    def __init__(self, request_id: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class RegisterBirthRequest(_message.Message):
    __slots__ = ("request_id", "surname", "middle_name", "given_name", "sex", "birth_date", "province", "mother_number", "father_number")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SURNAME_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_NAME_FIELD_NUMBER: _ClassVar[int]
    GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    MOTHER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FATHER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    surname: str
    middle_name: str
    given_name: str
    sex: Sex
    birth_date: str
    province: str
    mother_number: str
    father_number: str
    def __init__(self, request_id: _Optional[str] = ..., surname: _Optional[str] = ..., middle_name: _Optional[str] = ..., given_name: _Optional[str] = ..., sex: _Optional[_Union[Sex, str]] = ..., birth_date: _Optional[str] = ..., province: _Optional[str] = ..., mother_number: _Optional[str] = ..., father_number: _Optional[str] = ...) -> None: ...

class RegisterBirthResponse(_message.Message):
    __slots__ = ("citizen",)
    CITIZEN_FIELD_NUMBER: _ClassVar[int]
    citizen: Citizen
    def __init__(self, citizen: _Optional[_Union[Citizen, _Mapping]] = ...) -> None: ...

class RegisterDeathRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "full_name", "death_date")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    DEATH_DATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    full_name: str
    death_date: str
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., death_date: _Optional[str] = ...) -> None: ...

class RegisterDeathResponse(_message.Message):
    __slots__ = ("citizen",)
    CITIZEN_FIELD_NUMBER: _ClassVar[int]
    citizen: Citizen
    def __init__(self, citizen: _Optional[_Union[Citizen, _Mapping]] = ...) -> None: ...

class ChangeAddressRequest(_message.Message):
    __slots__ = ("request_id", "citizen_number", "current_address")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    citizen_number: str
    current_address: Address
    def __init__(self, request_id: _Optional[str] = ..., citizen_number: _Optional[str] = ..., current_address: _Optional[_Union[Address, _Mapping]] = ...) -> None: ...

class ChangeAddressResponse(_message.Message):
    __slots__ = ("citizen",)
    CITIZEN_FIELD_NUMBER: _ClassVar[int]
    citizen: Citizen
    def __init__(self, citizen: _Optional[_Union[Citizen, _Mapping]] = ...) -> None: ...
