"""Messages in the data of a call: gRPC's frames of a flag, a length and that many bytes, which are never opened."""

from gateway.core.transaction import Tally

_PREFIX = 5


class MessageTooLarge(Exception):
    """A message says that it is larger than allowed; the text is its size in bytes."""


class Messages:
    """The messages of one direction as they pass: counted and hashed in ``tally``, whatever their bytes are.

    ``limit`` is the largest message, in bytes. ``compressed`` says whether one was marked as compressed.
    """

    __slots__ = ("_left", "_limit", "_prefix", "compressed", "tally")

    def __init__(self, tally: Tally, limit: int) -> None:
        self.tally = tally
        self.compressed = False
        self._limit = limit
        self._left = 0  # bytes of the message that is under way
        self._prefix = b""

    @property
    def whole(self) -> bool:
        """Whether no message is under way: the last one that began is complete."""
        return not self._left and not self._prefix

    def feed(self, data: bytes) -> None:
        """Counts data in. Raises MessageTooLarge as soon as a message has said its length."""
        size = len(data)
        if not self._left and not self._prefix and size >= _PREFIX:
            length = int.from_bytes(data[1:_PREFIX], "big")
            if length == size - _PREFIX and length <= self._limit:  # one whole message, as nearly always
                self.compressed = self.compressed or data[0] != 0
                self.tally.add(data[_PREFIX:])
                return
        at = 0
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
        if length > self._limit:
            raise MessageTooLarge(str(length))
        self._left = length
        self.tally.begin(length)
