"""A unary call of the gateway itself to a provider, such as a health check."""

import asyncio

from gateway.dataplane import headers
from gateway.dataplane.upstream import TRIES, Upstreams
from ndxp.errors import Code
from ndxp.http2 import ClientConnection, ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure

_PREFIX = 5


class Unanswered(Exception):
    """The call has failed: with the provider's status, or UNAVAILABLE when it was not reached."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


async def call(upstreams: Upstreams, address: str, method: str, message: bytes, within: float) -> bytes:
    """Calls "package.Service/Method" and gives the message of the answer. Raises Unanswered."""
    question = _Question(upstreams, address, method, message)
    try:
        async with asyncio.timeout(within):
            question.forward()
            return await question.answer
    except TimeoutError:
        raise Unanswered(Code.DEADLINE_EXCEEDED) from None
    finally:
        question.leave()


class _Question:
    """The call, as the user of its stream."""

    def __init__(self, upstreams: Upstreams, address: str, method: str, message: bytes) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._upstreams = upstreams
        self._tries = 0
        self._address = address
        self._method = method
        self._message = message
        self._received = b""
        self._stream: Stream | None = None

    @property
    def wanted(self) -> bool:
        return not self.answer.done()

    def forward(self) -> None:
        self._tries += 1
        self._upstreams.forward(self._address, self)

    def go(self, connection: ClientConnection, scheme: str) -> None:
        fields = (
            (":method", "POST"),
            (":scheme", scheme),
            (":path", f"/{self._method}"),
            (":authority", self._address),
        )
        more = (("content-type", headers.GRPC), ("te", "trailers"))
        self._stream = connection.open(self, (*fields, *more), "")
        self._stream.send_data(b"\x00" + len(self._message).to_bytes(4, "big") + self._message, end=True)

    def leave(self) -> None:
        if self._stream is not None and not self._stream.remote_closed:
            self._stream.reset(ErrorCode.CANCEL)

    def unreachable(self, why: str) -> None:
        self._fail(Code.UNAVAILABLE)

    overloaded = unreachable

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        if not ended:
            return
        ending = headers.Ending(fields)
        if ending.code is not Code.OK:
            self._fail(Code.UNAVAILABLE if ending.not_taken else ending.code)
        elif not self.answer.done():
            self.answer.set_result(self._received[_PREFIX:])

    def on_data(self, data: bytes, *, ended: bool) -> None:
        self._received += data
        if ended:
            self._fail(Code.INTERNAL)

    def on_sent(self, size: int) -> None: ...

    def on_reset(self, code: int) -> None:
        if code == ErrorCode.REFUSED_STREAM and self._tries < TRIES and self.wanted:
            self.forward()
        else:
            self._fail(Code.UNAVAILABLE)

    def on_failure(self, failure: StreamFailure) -> None:
        self._fail(Code.INTERNAL)

    def on_lost(self) -> None:
        self._fail(Code.UNAVAILABLE)

    def _fail(self, code: Code) -> None:
        if not self.answer.done():
            self.answer.set_exception(Unanswered(code))
