import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VehicleKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VEHICLE_KIND_UNSPECIFIED: _ClassVar[VehicleKind]
    VEHICLE_KIND_CAR: _ClassVar[VehicleKind]
    VEHICLE_KIND_BUS: _ClassVar[VehicleKind]
    VEHICLE_KIND_TRUCK: _ClassVar[VehicleKind]

class EngineKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENGINE_KIND_UNSPECIFIED: _ClassVar[EngineKind]
    ENGINE_KIND_PETROL: _ClassVar[EngineKind]
    ENGINE_KIND_DIESEL: _ClassVar[EngineKind]
    ENGINE_KIND_ELECTRIC: _ClassVar[EngineKind]

class RegistrationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTRATION_STATE_UNSPECIFIED: _ClassVar[RegistrationState]
    REGISTRATION_STATE_VALID: _ClassVar[RegistrationState]
    REGISTRATION_STATE_WITHDRAWN: _ClassVar[RegistrationState]
VEHICLE_KIND_UNSPECIFIED: VehicleKind
VEHICLE_KIND_CAR: VehicleKind
VEHICLE_KIND_BUS: VehicleKind
VEHICLE_KIND_TRUCK: VehicleKind
ENGINE_KIND_UNSPECIFIED: EngineKind
ENGINE_KIND_PETROL: EngineKind
ENGINE_KIND_DIESEL: EngineKind
ENGINE_KIND_ELECTRIC: EngineKind
REGISTRATION_STATE_UNSPECIFIED: RegistrationState
REGISTRATION_STATE_VALID: RegistrationState
REGISTRATION_STATE_WITHDRAWN: RegistrationState

class Registration(_message.Message):
    __slots__ = ("plate", "owner_number", "owner_name", "owner_birth_date", "kind", "make", "model_year", "engine", "colour", "registered_on", "state", "withdrawal", "in_wallet")
    PLATE_FIELD_NUMBER: _ClassVar[int]
    OWNER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MAKE_FIELD_NUMBER: _ClassVar[int]
    MODEL_YEAR_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_ON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_FIELD_NUMBER: _ClassVar[int]
    IN_WALLET_FIELD_NUMBER: _ClassVar[int]
    plate: str
    owner_number: str
    owner_name: str
    owner_birth_date: str
    kind: VehicleKind
    make: str
    model_year: int
    engine: EngineKind
    colour: str
    registered_on: str
    state: RegistrationState
    withdrawal: Withdrawal
    in_wallet: bool
    def __init__(self, plate: _Optional[str] = ..., owner_number: _Optional[str] = ..., owner_name: _Optional[str] = ..., owner_birth_date: _Optional[str] = ..., kind: _Optional[_Union[VehicleKind, str]] = ..., make: _Optional[str] = ..., model_year: _Optional[int] = ..., engine: _Optional[_Union[EngineKind, str]] = ..., colour: _Optional[str] = ..., registered_on: _Optional[str] = ..., state: _Optional[_Union[RegistrationState, str]] = ..., withdrawal: _Optional[_Union[Withdrawal, _Mapping]] = ..., in_wallet: _Optional[bool] = ...) -> None: ...

class Withdrawal(_message.Message):
    __slots__ = ("reason", "withdrawn_at")
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    withdrawn_at: _timestamp_pb2.Timestamp
    def __init__(self, reason: _Optional[str] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetRegistrationRequest(_message.Message):
    __slots__ = ("plate",)
    PLATE_FIELD_NUMBER: _ClassVar[int]
    plate: str
    def __init__(self, plate: _Optional[str] = ...) -> None: ...

class GetRegistrationResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...

class ListRegistrationsRequest(_message.Message):
    __slots__ = ("citizen_number",)
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    def __init__(self, citizen_number: _Optional[str] = ...) -> None: ...

class ListRegistrationsResponse(_message.Message):
    __slots__ = ("registrations",)
    REGISTRATIONS_FIELD_NUMBER: _ClassVar[int]
    registrations: _containers.RepeatedCompositeFieldContainer[Registration]
    def __init__(self, registrations: _Optional[_Iterable[_Union[Registration, _Mapping]]] = ...) -> None: ...

class VerifyRegistrationRequest(_message.Message):
    __slots__ = ("plate", "citizen_number", "full_name", "birth_date")
    PLATE_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    plate: str
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, plate: _Optional[str] = ..., citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class VerifyRegistrationResponse(_message.Message):
    __slots__ = ("matched", "valid", "differing_fields")
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELDS_FIELD_NUMBER: _ClassVar[int]
    matched: bool
    valid: bool
    differing_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, matched: _Optional[bool] = ..., valid: _Optional[bool] = ..., differing_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class WithdrawRegistrationRequest(_message.Message):
    __slots__ = ("request_id", "plate", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    plate: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., plate: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class WithdrawRegistrationResponse(_message.Message):
    __slots__ = ("registration",)
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    registration: Registration
    def __init__(self, registration: _Optional[_Union[Registration, _Mapping]] = ...) -> None: ...
