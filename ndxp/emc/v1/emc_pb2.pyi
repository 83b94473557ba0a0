from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_ANSWERED: _ClassVar[Kind]
    KIND_FAILED: _ClassVar[Kind]
    KIND_REFUSED: _ClassVar[Kind]

class Group(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUP_UNSPECIFIED: _ClassVar[Group]
    GROUP_PROVINCES: _ClassVar[Group]
    GROUP_MINISTRIES: _ClassVar[Group]
KIND_UNSPECIFIED: Kind
KIND_ANSWERED: Kind
KIND_FAILED: Kind
KIND_REFUSED: Kind
GROUP_UNSPECIFIED: Group
GROUP_PROVINCES: Group
GROUP_MINISTRIES: Group

class GetMemberUsageRequest(_message.Message):
    __slots__ = ("member", "since", "until")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    member: str
    since: str
    until: str
    def __init__(self, member: _Optional[str] = ..., since: _Optional[str] = ..., until: _Optional[str] = ...) -> None: ...

class GetMemberUsageResponse(_message.Message):
    __slots__ = ("member", "usages")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    USAGES_FIELD_NUMBER: _ClassVar[int]
    member: str
    usages: _containers.RepeatedCompositeFieldContainer[Usage]
    def __init__(self, member: _Optional[str] = ..., usages: _Optional[_Iterable[_Union[Usage, _Mapping]]] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("day", "service", "kind", "calls")
    DAY_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    day: str
    service: str
    kind: Kind
    calls: int
    def __init__(self, day: _Optional[str] = ..., service: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., calls: _Optional[int] = ...) -> None: ...

class GetRankingRequest(_message.Message):
    __slots__ = ("group", "since", "until")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    group: Group
    since: str
    until: str
    def __init__(self, group: _Optional[_Union[Group, str]] = ..., since: _Optional[str] = ..., until: _Optional[str] = ...) -> None: ...

class GetRankingResponse(_message.Message):
    __slots__ = ("since", "until", "ranks")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    RANKS_FIELD_NUMBER: _ClassVar[int]
    since: str
    until: str
    ranks: _containers.RepeatedCompositeFieldContainer[Rank]
    def __init__(self, since: _Optional[str] = ..., until: _Optional[str] = ..., ranks: _Optional[_Iterable[_Union[Rank, _Mapping]]] = ...) -> None: ...

class Rank(_message.Message):
    __slots__ = ("place", "member", "name", "calls", "answered")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    place: int
    member: str
    name: str
    calls: int
    answered: int
    def __init__(self, place: _Optional[int] = ..., member: _Optional[str] = ..., name: _Optional[str] = ..., calls: _Optional[int] = ..., answered: _Optional[int] = ...) -> None: ...
