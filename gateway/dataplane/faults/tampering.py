"""Changes the data of an answer on purpose: messages cut off, made unreadable, made shorter, rewritten or held back."""

import re

from gateway.core.effects import Effects

_PREFIX = 5
_UNREADABLE = b"\xff"
"""No message of protobuf begins with this byte: it would be a field of a kind that does not exist."""

_DATE = re.compile(rb"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?![\dT])")
_OTHER_DATE = rb"\3/\2/\1"
"""It is as long as the date, so that the lengths in the message stay true."""

_BEGINNING = 9
"""Most bytes of a date whose end is not there yet."""


class Tampering:
    """The data of one answer on its way. ``over`` says that nothing more of it passes."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._prefix = b""
        self._end_of_part = b""  # in which a date may begin
        self._length = self._left = 0  # of the message that is under way
        self._messages = 0  # that have passed
        self.over = effects.stall == 0

    @property
    def cut(self) -> bool:
        """Whether the answer was cut off in the middle of a message."""
        return self._effects.cut and self.over

    @property
    def held(self) -> int:
        """How many bytes wait for the next part."""
        return len(self._prefix) + len(self._end_of_part)

    def feed(self, data: bytes) -> bytes:
        """What passes on for this data."""
        passed, at, size = [], 0, len(data)
        while at < size and not self.over:
            if self._left:
                part = data[at : at + self._left]
                passed.append(self._payload(part))
                at += len(part)
            else:
                wanted = _PREFIX - len(self._prefix)
                self._prefix += data[at : at + wanted]
                at += wanted
                if len(self._prefix) == _PREFIX:
                    passed.append(self._begin())
        return b"".join(passed)

    def _begin(self) -> bytes:
        prefix, self._prefix = self._prefix, b""
        length = self._length = self._left = int.from_bytes(prefix[1:], "big")
        if not length:
            self._end()
        elif self._effects.truncate:
            prefix = prefix[:1] + (length - 1).to_bytes(4, "big")
        return prefix

    def _payload(self, part: bytes) -> bytes:
        effects, first = self._effects, self._left == self._length
        self._left -= len(part)
        if effects.cut:
            passed = self._length - self._left - len(part)
            part = part[: max(0, self._length // 2 - passed)]
            self.over = self._left < self._length - self._length // 2
        elif effects.corrupt and first:
            part = _UNREADABLE + part[1:]
        elif effects.truncate and not self._left:
            part = part[:-1]
        elif effects.dates:
            part = _DATE.sub(_OTHER_DATE, self._end_of_part + part)
            passed = max(0, len(part) - _BEGINNING) if self._left else len(part)
            part, self._end_of_part = part[:passed], part[passed:]
        if not self._left:
            self._end()
        return part

    def _end(self) -> None:
        self._messages += 1
        if self._messages == self._effects.stall:
            self.over = True
