"""Messages in the data of a call: gRPC's frames of a flag, a length and that many bytes, which are never opened."""

from gateway.core.transaction import Tally
from gateway.settings import GatewaySettings
from ndxp.errors import Reason, Refusal

_PREFIX = 5


class Messages:
    """The messages of one direction as they pass: counted and hashed in ``tally``, without looking into them.

    ``what`` names the direction in refusals. ``compressed`` says whether a message was marked as compressed.
    """

    __slots__ = ("_left", "_prefix", "_settings", "_what", "compressed", "tally")

    def __init__(self, what: str, tally: Tally, settings: GatewaySettings) -> None:
        self.tally = tally
        self.compressed = False
        self._what = what
        self._settings = settings
        self._left = 0  # bytes of the message that is under way
        self._prefix = b""

    @property
    def whole(self) -> bool:
        """Whether no message is under way: the last one that began is complete."""
        return not self._left and not self._prefix

    def feed(self, data: bytes) -> None:
        """Counts data in.

        Raises Refusal: MESSAGE_TOO_LARGE as soon as the length of a message is known, STREAM_TOO_LARGE for too many
        messages or bytes.
        """
        tally, settings = self.tally, self._settings
        if not self._add_whole(data):
            self._go_on(data)
        if tally.messages > settings.max_stream_messages:
            raise self._stream_too_large("messages", settings.max_stream_messages)
        if tally.size > settings.max_stream_bytes:
            raise self._stream_too_large("bytes", settings.max_stream_bytes)

    def _add_whole(self, data: bytes) -> bool:
        """Counts data in that is one whole message, as nearly all of it is; False for any other."""
        size = len(data)
        if self._left or self._prefix or size < _PREFIX:
            return False
        length = int.from_bytes(data[1:_PREFIX], "big")
        if length != size - _PREFIX or length > self._settings.max_message_bytes:
            return False
        self.compressed = self.compressed or data[0] != 0
        self.tally.add(data[_PREFIX:])
        return True

    def _go_on(self, data: bytes) -> None:
        at, size = 0, len(data)
        while at < size:
            if self._left:
                part = data[at : at + self._left]
                self.tally.go_on(part)
                self._left -= len(part)
                at += len(part)
            else:
                wanted = _PREFIX - len(self._prefix)
                self._prefix += data[at : at + wanted]
                at += wanted
                if len(self._prefix) == _PREFIX:
                    self._begin()

    def _begin(self) -> None:
        length = int.from_bytes(self._prefix[1:], "big")
        self.compressed = self.compressed or self._prefix[0] != 0
        self._prefix = b""
        if length > self._settings.max_message_bytes:
            raise self._message_too_large(length)
        self._left = length
        self.tally.begin(length)

    def _message_too_large(self, length: int) -> Refusal:
        allowed = self._settings.max_message_bytes
        return Refusal(
            Reason.MESSAGE_TOO_LARGE,
            f"{self._what} of {length} bytes; {allowed} are allowed",
            metadata={"allowed": str(allowed)},
        )

    def _stream_too_large(self, unit: str, limit: int) -> Refusal:
        return Refusal(
            Reason.STREAM_TOO_LARGE,
            f"{self._what} of this stream is more than {limit} {unit}",
            metadata={"limit": unit, "allowed": str(limit)},
        )
