import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NoticeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_STATE_UNSPECIFIED: _ClassVar[NoticeState]
    NOTICE_STATE_WAITING: _ClassVar[NoticeState]
    NOTICE_STATE_ISSUED: _ClassVar[NoticeState]
    NOTICE_STATE_REFUSED: _ClassVar[NoticeState]
NOTICE_STATE_UNSPECIFIED: NoticeState
NOTICE_STATE_WAITING: NoticeState
NOTICE_STATE_ISSUED: NoticeState
NOTICE_STATE_REFUSED: NoticeState

class Header(_message.Message):
    __slots__ = ("sequence_id", "sequence_reference", "dossier_code", "certificate_number", "slip_number", "debt_recorded")
    SEQUENCE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DOSSIER_CODE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SLIP_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DEBT_RECORDED_FIELD_NUMBER: _ClassVar[int]
    sequence_id: str
    sequence_reference: str
    dossier_code: str
    certificate_number: str
    slip_number: str
    debt_recorded: bool
    def __init__(self, sequence_id: _Optional[str] = ..., sequence_reference: _Optional[str] = ..., dossier_code: _Optional[str] = ..., certificate_number: _Optional[str] = ..., slip_number: _Optional[str] = ..., debt_recorded: _Optional[bool] = ...) -> None: ...

class SubmitTransferSlipRequest(_message.Message):
    __slots__ = ("request_id", "header", "seller_number", "buyer_number", "area", "price")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SELLER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BUYER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    header: Header
    seller_number: str
    buyer_number: str
    area: int
    price: int
    def __init__(self, request_id: _Optional[str] = ..., header: _Optional[_Union[Header, _Mapping]] = ..., seller_number: _Optional[str] = ..., buyer_number: _Optional[str] = ..., area: _Optional[int] = ..., price: _Optional[int] = ...) -> None: ...

class SubmitTransferSlipResponse(_message.Message):
    __slots__ = ("header", "due_at")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    header: Header
    due_at: _timestamp_pb2.Timestamp
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetTaxNoticeRequest(_message.Message):
    __slots__ = ("header",)
    HEADER_FIELD_NUMBER: _ClassVar[int]
    header: Header
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ...) -> None: ...

class GetTaxNoticeResponse(_message.Message):
    __slots__ = ("header", "state", "notice_number", "income_tax", "registration_fee", "pay_by", "reason")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    INCOME_TAX_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_FEE_FIELD_NUMBER: _ClassVar[int]
    PAY_BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    header: Header
    state: NoticeState
    notice_number: str
    income_tax: int
    registration_fee: int
    pay_by: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ..., state: _Optional[_Union[NoticeState, str]] = ..., notice_number: _Optional[str] = ..., income_tax: _Optional[int] = ..., registration_fee: _Optional[int] = ..., pay_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class GetObligationRequest(_message.Message):
    __slots__ = ("header", "notice_number")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    header: Header
    notice_number: str
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ..., notice_number: _Optional[str] = ...) -> None: ...

class GetObligationResponse(_message.Message):
    __slots__ = ("header", "amount", "owed", "paid_at")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OWED_FIELD_NUMBER: _ClassVar[int]
    PAID_AT_FIELD_NUMBER: _ClassVar[int]
    header: Header
    amount: int
    owed: int
    paid_at: _timestamp_pb2.Timestamp
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ..., amount: _Optional[int] = ..., owed: _Optional[int] = ..., paid_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordPaymentRequest(_message.Message):
    __slots__ = ("request_id", "notice_number", "amount", "receipt")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    notice_number: str
    amount: int
    receipt: str
    def __init__(self, request_id: _Optional[str] = ..., notice_number: _Optional[str] = ..., amount: _Optional[int] = ..., receipt: _Optional[str] = ...) -> None: ...

class RecordPaymentResponse(_message.Message):
    __slots__ = ("owed",)
    OWED_FIELD_NUMBER: _ClassVar[int]
    owed: int
    def __init__(self, owed: _Optional[int] = ...) -> None: ...
