"""What can go wrong on a connection, by the error codes of RFC 9113, section 7."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """Error codes of RST_STREAM and GOAWAY."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


class ConnectionFailure(Exception):
    """The peer broke a rule that ends the whole connection; the text is for its GOAWAY and for our log."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def protocol_error(text: str) -> ConnectionFailure:
    """The failure that most broken rules are."""
    return ConnectionFailure(ErrorCode.PROTOCOL_ERROR, text)


class StreamFailure(Exception):
    """The peer broke a rule that ends one stream."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code


class FieldsTooLarge(Exception):
    """A header list is larger than allowed. Its block was read to the end, so that the connection can go on.

    ``fields`` is how many fields it has.
    """

    def __init__(self, fields: int) -> None:
        super().__init__(f"{fields} fields")
        self.fields = fields
