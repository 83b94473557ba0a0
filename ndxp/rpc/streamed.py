"""A call whose messages go and come one by one; each side waits while the other does not keep up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from ndxp.errors import Code
from ndxp.http2 import Fields
from ndxp.rpc.answer import Answer
from ndxp.rpc.framing import Frames, frame
from ndxp.rpc.rpc import Rpc
from ndxp.wire.grpc_http2 import code_of_http

_UNSENT = 256 * 1024
"""Bytes of the request that may wait for the gateway; above it ``send`` waits."""


class StreamedRpc(Rpc):
    """A call under way: ``send`` and ``finish`` its request, read ``messages``, then look at ``answer``.

    A message of more than ``largest`` bytes ends it as INTERNAL.

    ``leading`` are the header fields of the answer, empty until ``begun``. ``answer`` is None until the call has ended;
    what the other side sent before that can still be read.
    """

    __slots__ = ("_frames", "_messages", "_news", "_owed", "answer", "leading")

    def __init__(self, largest: int) -> None:
        super().__init__(self._take)
        self._frames = Frames(largest)
        self._messages: deque[bytes] = deque()
        self._owed = 0  # bytes of messages that nobody has read yet
        self._news = asyncio.Event()
        self.answer: Answer | None = None
        self.leading: Fields = []

    async def send(self, *messages: bytes) -> None:
        """Sends messages; waits while too much waits before them. After the end of the call it does nothing."""
        if self.stream is not None:
            self.stream.send_data(frame(messages))
        while self.stream is not None and self.stream.queued > _UNSENT:
            await self._wait()

    def finish(self) -> None:
        """The request is complete."""
        if self.stream is not None:
            self.stream.send_data(b"", end=True)

    async def begun(self) -> None:
        """Waits until the answer has begun or the call has ended."""
        while not self.leading and self.answer is None:
            await self._wait()

    async def messages(self) -> AsyncIterator[bytes]:
        """The messages of the answer, until the call ends."""
        while True:
            while self._messages:
                message = self._messages.popleft()
                yield message
            if self.answer is not None:
                return
            self._repay()
            await self._wait()

    def cancel(self) -> None:
        """Ends the call, if it has not ended."""
        self.end(Answer(Code.CANCELLED))

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """The headers of the answer, or its trailers."""
        if status not in ("", "200"):
            self.end(Answer(code_of_http(status)))
        elif ended:
            answer = Answer.read(fields)
            self.end(Answer(Code.INTERNAL) if answer.code is Code.OK and not self._frames.whole else answer)
        else:
            self.leading = fields
            self._news.set()

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """A part of the messages; a correct answer does not end with data."""
        self._owed += len(data)
        try:
            self._messages += self._frames.feed(data)
        except ValueError:
            self.end(Answer(Code.INTERNAL))
            return
        if not self._messages:
            self._repay()  # the rest of a message is needed before anything can be read
        self._news.set()
        if ended:
            self.end(Answer(Code.UNKNOWN))

    def on_sent(self, size: int) -> None:
        """Waiting request data has been sent."""
        self._news.set()

    def _repay(self) -> None:
        """Lets the gateway send as much as was read."""
        if self.stream is not None and self._owed:
            self.stream.consumed(self._owed)
        self._owed = 0

    def _take(self, answer: Answer) -> None:
        self.answer = answer
        self._news.set()

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()
