import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ndxp.tax.v1 import tax_pb2 as _tax_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransferState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_STATE_UNSPECIFIED: _ClassVar[TransferState]
    TRANSFER_STATE_RECEIVED: _ClassVar[TransferState]
    TRANSFER_STATE_AT_TAX: _ClassVar[TransferState]
    TRANSFER_STATE_PAYMENT: _ClassVar[TransferState]
    TRANSFER_STATE_SUPPLEMENT: _ClassVar[TransferState]
    TRANSFER_STATE_PAID: _ClassVar[TransferState]
    TRANSFER_STATE_REGISTERED: _ClassVar[TransferState]
    TRANSFER_STATE_REFUSED: _ClassVar[TransferState]

class NoticeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_KIND_UNSPECIFIED: _ClassVar[NoticeKind]
    NOTICE_KIND_TRANSFERRED: _ClassVar[NoticeKind]
    NOTICE_KIND_SUPPLEMENT_WANTED: _ClassVar[NoticeKind]
    NOTICE_KIND_TAX_RESULT: _ClassVar[NoticeKind]
    NOTICE_KIND_TAX_REFUSES: _ClassVar[NoticeKind]
    NOTICE_KIND_FINISHED: _ClassVar[NoticeKind]
TRANSFER_STATE_UNSPECIFIED: TransferState
TRANSFER_STATE_RECEIVED: TransferState
TRANSFER_STATE_AT_TAX: TransferState
TRANSFER_STATE_PAYMENT: TransferState
TRANSFER_STATE_SUPPLEMENT: TransferState
TRANSFER_STATE_PAID: TransferState
TRANSFER_STATE_REGISTERED: TransferState
TRANSFER_STATE_REFUSED: TransferState
NOTICE_KIND_UNSPECIFIED: NoticeKind
NOTICE_KIND_TRANSFERRED: NoticeKind
NOTICE_KIND_SUPPLEMENT_WANTED: NoticeKind
NOTICE_KIND_TAX_RESULT: NoticeKind
NOTICE_KIND_TAX_REFUSES: NoticeKind
NOTICE_KIND_FINISHED: NoticeKind

class Person(_message.Message):
    __slots__ = ("citizen_number", "full_name", "birth_date")
    CITIZEN_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    citizen_number: str
    full_name: str
    birth_date: str
    def __init__(self, citizen_number: _Optional[str] = ..., full_name: _Optional[str] = ..., birth_date: _Optional[str] = ...) -> None: ...

class Parcel(_message.Message):
    __slots__ = ("certificate_number", "owner_number", "owner_name", "address", "area", "mortgaged")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    MORTGAGED_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    owner_number: str
    owner_name: str
    address: str
    area: int
    mortgaged: bool
    def __init__(self, certificate_number: _Optional[str] = ..., owner_number: _Optional[str] = ..., owner_name: _Optional[str] = ..., address: _Optional[str] = ..., area: _Optional[int] = ..., mortgaged: _Optional[bool] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("kind", "at")
    KIND_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    kind: NoticeKind
    at: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[_Union[NoticeKind, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Transfer(_message.Message):
    __slots__ = ("code", "dossier_code", "certificate_number", "state", "slip_number", "notice_number", "amount", "new_certificate_number", "reason", "notices")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SLIP_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    NEW_CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    code: str
    dossier_code: str
    certificate_number: str
    state: TransferState
    slip_number: str
    notice_number: str
    amount: int
    new_certificate_number: str
    reason: str
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, code: _Optional[str] = ..., dossier_code: _Optional[str] = ..., certificate_number: _Optional[str] = ..., state: _Optional[_Union[TransferState, str]] = ..., slip_number: _Optional[str] = ..., notice_number: _Optional[str] = ..., amount: _Optional[int] = ..., new_certificate_number: _Optional[str] = ..., reason: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class GetParcelRequest(_message.Message):
    __slots__ = ("certificate_number", "owner_number")
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    certificate_number: str
    owner_number: str
    def __init__(self, certificate_number: _Optional[str] = ..., owner_number: _Optional[str] = ...) -> None: ...

class GetParcelResponse(_message.Message):
    __slots__ = ("parcel",)
    PARCEL_FIELD_NUMBER: _ClassVar[int]
    parcel: Parcel
    def __init__(self, parcel: _Optional[_Union[Parcel, _Mapping]] = ...) -> None: ...

class SubmitTransferRequest(_message.Message):
    __slots__ = ("request_id", "dossier_code", "certificate_number", "seller", "buyer", "price")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dossier_code: str
    certificate_number: str
    seller: Person
    buyer: Person
    price: int
    def __init__(self, request_id: _Optional[str] = ..., dossier_code: _Optional[str] = ..., certificate_number: _Optional[str] = ..., seller: _Optional[_Union[Person, _Mapping]] = ..., buyer: _Optional[_Union[Person, _Mapping]] = ..., price: _Optional[int] = ...) -> None: ...

class SubmitTransferResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class GetTransferRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetTransferResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class GetScannedDossierRequest(_message.Message):
    __slots__ = ("header",)
    HEADER_FIELD_NUMBER: _ClassVar[int]
    header: _tax_pb2.Header
    def __init__(self, header: _Optional[_Union[_tax_pb2.Header, _Mapping]] = ...) -> None: ...

class GetScannedDossierResponse(_message.Message):
    __slots__ = ("header", "documents")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    header: _tax_pb2.Header
    documents: _containers.RepeatedCompositeFieldContainer[ScannedDocument]
    def __init__(self, header: _Optional[_Union[_tax_pb2.Header, _Mapping]] = ..., documents: _Optional[_Iterable[_Union[ScannedDocument, _Mapping]]] = ...) -> None: ...

class ScannedDocument(_message.Message):
    __slots__ = ("title", "content", "sha256")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    title: str
    content: bytes
    sha256: str
    def __init__(self, title: _Optional[str] = ..., content: _Optional[bytes] = ..., sha256: _Optional[str] = ...) -> None: ...
