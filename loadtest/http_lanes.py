"""Connections to the doors for HTTP, and the calls on them: JSON over HTTP/1.1, one call at a time on each."""

import asyncio
import json
import ssl
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import h11
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.errors import AgencyError, Code
from ndxp.messages import plain
from ndxp.rpc import Answer, Ended
from ndxp.wire import metadata, status
from ndxp.wire.grpc_http2 import code_of_http
from ndxp.wire.metadata import Pair

_MOST = 400
"""Connections at once; the doors take 500. Calls beyond them wait for one, within their deadline."""

_IDLE = 2.0
"""Seconds after which an idle connection is not used again: the doors close it after five, perhaps as a call comes."""

_CONNECT = 30.0


@dataclass(slots=True)
class _Waiting:
    """A call that waits for a connection; ``until`` is on the monotonic clock."""

    request: h11.Request
    body: bytes
    response: type[Message]
    until: float
    ended: Ended


class HttpLanes:
    """As many connections to the doors as there are calls at once; it takes the place of ``ndxp.rpc.Lanes``.

    ``methods`` are those that will be called, by their path on the wire, all of them unary.
    """

    def __init__(self, url: str, methods: Mapping[str, MethodDescriptor], tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self._url, self._host, self._netloc = url, parts.hostname or "", parts.netloc
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = tls
        self._kinds = {
            path: (GetMessageClass(method.input_type), GetMessageClass(method.output_type))
            for path, method in methods.items()
        }
        self._idle: list[_Connection] = []
        self._open = 0
        self._queue: deque[_Waiting] = deque()
        self._making: set[asyncio.Task[None]] = set()
        self._closed = False

    async def open(self) -> None:
        """Makes a connection. Raises ConnectionError when the doors do not answer."""
        self._open += 1
        try:
            self._idle.append(await self._connect())
        except (OSError, TimeoutError) as error:
            self._open -= 1
            raise ConnectionError(f"the doors for HTTP at {self._url} do not answer") from error

    def close(self) -> None:
        """Closes the idle connections, and each other one after its call."""
        self._closed = True
        for connection in self._idle:
            connection.close()

    def ask(
        self, client: str, path: str, requests: Sequence[bytes], pairs: Sequence[Pair], deadline: float, ended: Ended
    ) -> None:
        """Makes a call; ``ended`` is called at its end. ``deadline`` is in seconds."""
        request, response = self._kinds[path]
        body = _json(request.FromString(requests[0]))
        fields = [
            ("host", self._netloc), ("content-type", "application/json"), ("content-length", str(len(body))),
            ("grpc-timeout", f"{max(1, round(deadline * 1000))}m"), *((key, str(value)) for key, value in pairs),
        ]  # fmt: skip
        head = h11.Request(method="POST", target=path, headers=fields)
        self._start(_Waiting(head, body, response, time.monotonic() + deadline, ended))

    def _start(self, call: _Waiting) -> None:
        fresh = time.monotonic() - _IDLE
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.since > fresh:
                connection.ask(call)
                return
            connection.close()
        if self._open < _MOST:
            self._open += 1
            making = asyncio.create_task(self._ask_later(call))
            self._making.add(making)
            making.add_done_callback(self._making.discard)
        else:
            self._queue.append(call)

    async def _ask_later(self, call: _Waiting) -> None:
        try:
            async with asyncio.timeout(max(0.0, call.until - time.monotonic())):
                connection = await self._connect()
        except TimeoutError:
            self.left()
            call.ended(Answer(Code.DEADLINE_EXCEEDED))
        except OSError:
            self.left()
            call.ended(Answer(Code.UNAVAILABLE))
        else:
            connection.ask(call)

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        made = loop.create_connection(lambda: _Connection(self, loop), self._host, self._port, ssl=self._tls)
        async with asyncio.timeout(_CONNECT):
            _, connection = await made
        return connection

    def free(self, connection: "_Connection") -> None:
        """A connection has ended its call and can take another one."""
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)
            self._next()

    def left(self) -> None:
        """A connection is gone."""
        self._open -= 1
        self._next()

    def _next(self) -> None:
        if self._queue:
            self._start(self._queue.popleft())


class _Connection(asyncio.Protocol):
    """A connection that carries one call after the other; its end ends the call that is under way."""

    def __init__(self, lanes: HttpLanes, loop: asyncio.AbstractEventLoop) -> None:
        self._lanes, self._loop = lanes, loop
        self._http = h11.Connection(h11.CLIENT)
        self._transport: asyncio.Transport | None = None
        self._call: _Waiting | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._head: h11.Response | None = None
        self._body = b""
        self.since = time.monotonic()

    @property
    def usable(self) -> bool:
        """Whether it can carry a call."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, call: _Waiting) -> None:
        """Makes a call."""
        self._call, self._head, self._body = call, None, b""
        self._timer = self._loop.call_later(max(0.0, call.until - time.monotonic()), self._expire)
        parts = [self._http.send(event) for event in (call.request, h11.Data(data=call.body), h11.EndOfMessage())]
        if self._transport is None:  # lost before its first call
            self._end(Answer(Code.UNAVAILABLE))
        else:
            self._transport.write(b"".join([part for part in parts if part]))

    def close(self) -> None:
        """Closes it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The doors have taken the connection."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's class does not inherit from it

    def data_received(self, data: bytes) -> None:
        """Bytes from the doors."""
        self._http.receive_data(data)
        try:
            while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    self._head = event
                elif isinstance(event, h11.Data):
                    self._body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    self._answered()
                    return
        except h11.RemoteProtocolError:
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self._end(Answer(Code.UNAVAILABLE))
        self._lanes.left()

    def _answered(self) -> None:
        call, head = self._call, self._head
        if self._http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self._http.start_next_cycle()
            self.since = time.monotonic()
            free = True
        else:  # the doors have said that they close it
            free = False
            self.close()
        if call is not None and head is not None:
            self._end(_read(head, self._body, call.response))
        if free:
            self._lanes.free(self)

    def _expire(self) -> None:
        self._end(Answer(Code.DEADLINE_EXCEEDED))
        self.close()

    def _end(self, answer: Answer) -> None:
        call, timer = self._call, self._timer
        self._call = self._timer = None
        if timer is not None:
            timer.cancel()
        if call is not None:
            call.ended(answer)


def _json(message: Message) -> bytes:
    return json.dumps(plain(message), ensure_ascii=False, separators=(",", ":")).encode()


def _read(head: h11.Response, body: bytes, response: type[Message]) -> Answer:
    """The answer in the form of gRPC. One that is not the method's has no message, which no caller takes for right."""
    fields = dict(head.headers)
    transaction = fields.get(metadata.TRANSACTION_ID.encode(), b"").decode("latin-1")
    trailing: list[Pair] = [(metadata.TRANSACTION_ID, transaction)] if transaction else []
    if head.status_code == 200:
        try:
            answer = json_format.Parse(body, response())
        except json_format.ParseError:
            return Answer(Code.OK, (), trailing)
        return Answer(Code.OK, [answer.SerializeToString()], trailing)
    code, reason = code_of_http(str(head.status_code)), ""
    try:
        problem: dict[str, Any] = json.loads(body)
        code, reason = Code[problem["code"]], str(problem.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        pass  # not the doors, but a proxy before them has answered
    if reason:
        trailing.append((metadata.STATUS_DETAILS, status.encode(AgencyError(code, reason, ""))))
    return Answer(code, (), trailing)
