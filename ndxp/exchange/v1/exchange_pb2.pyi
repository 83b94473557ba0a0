import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GrantRequestState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRANT_REQUEST_STATE_UNSPECIFIED: _ClassVar[GrantRequestState]
    GRANT_REQUEST_STATE_PENDING: _ClassVar[GrantRequestState]
    GRANT_REQUEST_STATE_APPROVED: _ClassVar[GrantRequestState]
    GRANT_REQUEST_STATE_DECLINED: _ClassVar[GrantRequestState]
GRANT_REQUEST_STATE_UNSPECIFIED: GrantRequestState
GRANT_REQUEST_STATE_PENDING: GrantRequestState
GRANT_REQUEST_STATE_APPROVED: GrantRequestState
GRANT_REQUEST_STATE_DECLINED: GrantRequestState

class ListMembersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "group")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    group: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., group: _Optional[str] = ...) -> None: ...

class ListMembersResponse(_message.Message):
    __slots__ = ("members", "next_page_token")
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    members: _containers.RepeatedCompositeFieldContainer[Member]
    next_page_token: str
    def __init__(self, members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("id", "name", "groups", "subsystems", "disabled")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    groups: _containers.RepeatedScalarFieldContainer[str]
    subsystems: _containers.RepeatedScalarFieldContainer[str]
    disabled: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., groups: _Optional[_Iterable[str]] = ..., subsystems: _Optional[_Iterable[str]] = ..., disabled: _Optional[bool] = ...) -> None: ...

class ListServicesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListServicesResponse(_message.Message):
    __slots__ = ("services", "next_page_token")
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    services: _containers.RepeatedCompositeFieldContainer[Service]
    next_page_token: str
    def __init__(self, services: _Optional[_Iterable[_Union[Service, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Service(_message.Message):
    __slots__ = ("provider", "contract", "disabled", "methods", "rest")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    provider: str
    contract: str
    disabled: bool
    methods: _containers.RepeatedCompositeFieldContainer[Method]
    rest: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, provider: _Optional[str] = ..., contract: _Optional[str] = ..., disabled: _Optional[bool] = ..., methods: _Optional[_Iterable[_Union[Method, _Mapping]]] = ..., rest: _Optional[_Iterable[str]] = ...) -> None: ...

class Method(_message.Message):
    __slots__ = ("name", "client_streaming", "server_streaming", "read_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STREAMING_FIELD_NUMBER: _ClassVar[int]
    SERVER_STREAMING_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    client_streaming: bool
    server_streaming: bool
    read_only: bool
    def __init__(self, name: _Optional[str] = ..., client_streaming: _Optional[bool] = ..., server_streaming: _Optional[bool] = ..., read_only: _Optional[bool] = ...) -> None: ...

class ListMyGrantsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMyGrantsResponse(_message.Message):
    __slots__ = ("client", "grants")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    client: str
    grants: _containers.RepeatedCompositeFieldContainer[Grant]
    def __init__(self, client: _Optional[str] = ..., grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("id", "consumer", "provider", "contract", "methods", "purposes", "fields", "valid_from", "valid_until", "basis", "paths")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    id: str
    consumer: str
    provider: str
    contract: str
    methods: _containers.RepeatedScalarFieldContainer[str]
    purposes: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    valid_from: str
    valid_until: str
    basis: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., consumer: _Optional[str] = ..., provider: _Optional[str] = ..., contract: _Optional[str] = ..., methods: _Optional[_Iterable[str]] = ..., purposes: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., valid_from: _Optional[str] = ..., valid_until: _Optional[str] = ..., basis: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class RequestGrantRequest(_message.Message):
    __slots__ = ("request_id", "provider", "contract", "methods", "purposes", "fields", "valid_until", "because", "paths")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    provider: str
    contract: str
    methods: _containers.RepeatedScalarFieldContainer[str]
    purposes: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    valid_until: str
    because: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., provider: _Optional[str] = ..., contract: _Optional[str] = ..., methods: _Optional[_Iterable[str]] = ..., purposes: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., valid_until: _Optional[str] = ..., because: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class RequestGrantResponse(_message.Message):
    __slots__ = ("grant_request",)
    GRANT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    grant_request: GrantRequest
    def __init__(self, grant_request: _Optional[_Union[GrantRequest, _Mapping]] = ...) -> None: ...

class GrantRequest(_message.Message):
    __slots__ = ("id", "client", "provider", "contract", "methods", "purposes", "fields", "valid_until", "because", "asked_at", "state", "decided_by", "decided_at", "reason", "grant", "paths")
    ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    ASKED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    id: str
    client: str
    provider: str
    contract: str
    methods: _containers.RepeatedScalarFieldContainer[str]
    purposes: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    valid_until: str
    because: str
    asked_at: _timestamp_pb2.Timestamp
    state: GrantRequestState
    decided_by: str
    decided_at: _timestamp_pb2.Timestamp
    reason: str
    grant: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., client: _Optional[str] = ..., provider: _Optional[str] = ..., contract: _Optional[str] = ..., methods: _Optional[_Iterable[str]] = ..., purposes: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., valid_until: _Optional[str] = ..., because: _Optional[str] = ..., asked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[GrantRequestState, str]] = ..., decided_by: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., grant: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class ListMyGrantRequestsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMyGrantRequestsResponse(_message.Message):
    __slots__ = ("grant_requests",)
    GRANT_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    grant_requests: _containers.RepeatedCompositeFieldContainer[GrantRequest]
    def __init__(self, grant_requests: _Optional[_Iterable[_Union[GrantRequest, _Mapping]]] = ...) -> None: ...

class ListGrantRequestsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListGrantRequestsResponse(_message.Message):
    __slots__ = ("grant_requests",)
    GRANT_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    grant_requests: _containers.RepeatedCompositeFieldContainer[GrantRequest]
    def __init__(self, grant_requests: _Optional[_Iterable[_Union[GrantRequest, _Mapping]]] = ...) -> None: ...

class ApproveGrantRequestRequest(_message.Message):
    __slots__ = ("request_id", "id", "purposes", "fields", "valid_until", "reason", "paths")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    id: str
    purposes: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    valid_until: str
    reason: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., id: _Optional[str] = ..., purposes: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., valid_until: _Optional[str] = ..., reason: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class ApproveGrantRequestResponse(_message.Message):
    __slots__ = ("grant_request", "warnings")
    GRANT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    grant_request: GrantRequest
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, grant_request: _Optional[_Union[GrantRequest, _Mapping]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class DeclineGrantRequestRequest(_message.Message):
    __slots__ = ("request_id", "id", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    id: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DeclineGrantRequestResponse(_message.Message):
    __slots__ = ("grant_request",)
    GRANT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    grant_request: GrantRequest
    def __init__(self, grant_request: _Optional[_Union[GrantRequest, _Mapping]] = ...) -> None: ...

class GetUsageRequest(_message.Message):
    __slots__ = ("since", "until")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    since: str
    until: str
    def __init__(self, since: _Optional[str] = ..., until: _Optional[str] = ...) -> None: ...

class GetUsageResponse(_message.Message):
    __slots__ = ("since", "until", "usages")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    USAGES_FIELD_NUMBER: _ClassVar[int]
    since: str
    until: str
    usages: _containers.RepeatedCompositeFieldContainer[Usage]
    def __init__(self, since: _Optional[str] = ..., until: _Optional[str] = ..., usages: _Optional[_Iterable[_Union[Usage, _Mapping]]] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("day", "client", "service", "answered", "failed", "refused")
    DAY_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    day: str
    client: str
    service: str
    answered: int
    failed: int
    refused: int
    def __init__(self, day: _Optional[str] = ..., client: _Optional[str] = ..., service: _Optional[str] = ..., answered: _Optional[int] = ..., failed: _Optional[int] = ..., refused: _Optional[int] = ...) -> None: ...
