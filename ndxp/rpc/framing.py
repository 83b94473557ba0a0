"""Messages in the framing of gRPC: a byte of flags, four bytes of length, the message. It is Connect's envelope too."""

from collections.abc import Iterator, Sequence

PREFIX = 5
"""Bytes before each message."""


def frame(messages: Sequence[bytes]) -> bytes:
    """Messages in the framing of gRPC."""
    return b"".join([b"\0" + len(message).to_bytes(4, "big") + message for message in messages])


def envelope(flags: int, message: bytes) -> bytes:
    """A message with flags other than those of an ordinary one."""
    return bytes([flags]) + len(message).to_bytes(4, "big") + message


def envelopes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The flags and the message of each envelope in data. Raises ValueError when the last one is cut off."""
    at = 0
    while at < len(data):
        end = at + PREFIX + int.from_bytes(data[at + 1 : at + PREFIX], "big")
        if end > len(data):
            raise ValueError("the data ends within a message")
        yield data[at], data[at + PREFIX : end]
        at = end


def unframe(data: bytes) -> list[bytes] | None:
    """The messages in the data of a stream; None for an incomplete or a compressed message."""
    messages = []
    try:
        for flags, message in envelopes(data):
            if flags:
                return None
            messages.append(message)
    except ValueError:
        return None
    return messages


class Frames:
    """Takes messages out of data that comes in parts."""

    __slots__ = ("_data", "_largest")

    def __init__(self, largest: int) -> None:
        self._data = bytearray()
        self._largest = largest

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole with this part. Raises ValueError for a compressed one, and a too large one."""
        self._data += data
        messages, at = [], 0
        while len(self._data) >= at + PREFIX:
            if self._data[at]:
                raise ValueError("a compressed message, which was not asked for")
            length = int.from_bytes(self._data[at + 1 : at + PREFIX], "big")
            if length > self._largest:
                raise ValueError(f"a message of {length} bytes")
            end = at + PREFIX + length
            if end > len(self._data):
                break
            messages.append(bytes(self._data[at + PREFIX : end]))
            at = end
        del self._data[:at]
        return messages

    @property
    def whole(self) -> bool:
        """Whether no part of a message waits for its rest."""
        return not self._data
