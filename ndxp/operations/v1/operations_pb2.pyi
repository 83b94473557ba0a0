from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Admissions(_message.Message):
    __slots__ = ("admitted", "discharged")
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    DISCHARGED_FIELD_NUMBER: _ClassVar[int]
    admitted: int
    discharged: int
    def __init__(self, admitted: _Optional[int] = ..., discharged: _Optional[int] = ...) -> None: ...

class Attendance(_message.Message):
    __slots__ = ("enrolled", "present")
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    enrolled: int
    present: int
    def __init__(self, enrolled: _Optional[int] = ..., present: _Optional[int] = ...) -> None: ...

class ReportAdmissionsRequest(_message.Message):
    __slots__ = ("request_id", "facility", "day", "admissions", "correction")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    ADMISSIONS_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    facility: str
    day: str
    admissions: Admissions
    correction: bool
    def __init__(self, request_id: _Optional[str] = ..., facility: _Optional[str] = ..., day: _Optional[str] = ..., admissions: _Optional[_Union[Admissions, _Mapping]] = ..., correction: _Optional[bool] = ...) -> None: ...

class ReportAdmissionsResponse(_message.Message):
    __slots__ = ("day", "admissions")
    DAY_FIELD_NUMBER: _ClassVar[int]
    ADMISSIONS_FIELD_NUMBER: _ClassVar[int]
    day: str
    admissions: Admissions
    def __init__(self, day: _Optional[str] = ..., admissions: _Optional[_Union[Admissions, _Mapping]] = ...) -> None: ...

class ReportAttendanceRequest(_message.Message):
    __slots__ = ("request_id", "facility", "day", "attendance", "correction")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    ATTENDANCE_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    facility: str
    day: str
    attendance: Attendance
    correction: bool
    def __init__(self, request_id: _Optional[str] = ..., facility: _Optional[str] = ..., day: _Optional[str] = ..., attendance: _Optional[_Union[Attendance, _Mapping]] = ..., correction: _Optional[bool] = ...) -> None: ...

class ReportAttendanceResponse(_message.Message):
    __slots__ = ("day", "attendance")
    DAY_FIELD_NUMBER: _ClassVar[int]
    ATTENDANCE_FIELD_NUMBER: _ClassVar[int]
    day: str
    attendance: Attendance
    def __init__(self, day: _Optional[str] = ..., attendance: _Optional[_Union[Attendance, _Mapping]] = ...) -> None: ...

class GetFiguresRequest(_message.Message):
    __slots__ = ("since", "until")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    since: str
    until: str
    def __init__(self, since: _Optional[str] = ..., until: _Optional[str] = ...) -> None: ...

class GetFiguresResponse(_message.Message):
    __slots__ = ("days",)
    DAYS_FIELD_NUMBER: _ClassVar[int]
    days: _containers.RepeatedCompositeFieldContainer[Figures]
    def __init__(self, days: _Optional[_Iterable[_Union[Figures, _Mapping]]] = ...) -> None: ...

class Figures(_message.Message):
    __slots__ = ("day", "hospitals", "admissions", "schools", "attendance")
    DAY_FIELD_NUMBER: _ClassVar[int]
    HOSPITALS_FIELD_NUMBER: _ClassVar[int]
    ADMISSIONS_FIELD_NUMBER: _ClassVar[int]
    SCHOOLS_FIELD_NUMBER: _ClassVar[int]
    ATTENDANCE_FIELD_NUMBER: _ClassVar[int]
    day: str
    hospitals: int
    admissions: Admissions
    schools: int
    attendance: Attendance
    def __init__(self, day: _Optional[str] = ..., hospitals: _Optional[int] = ..., admissions: _Optional[_Union[Admissions, _Mapping]] = ..., schools: _Optional[int] = ..., attendance: _Optional[_Union[Attendance, _Mapping]] = ...) -> None: ...
