"""A call at its provider: the user of the provider's stream, which reports to the relay."""

from typing import TYPE_CHECKING

from gateway.dataplane import headers
from ndxp.errors import Code
from ndxp.http2 import ClientConnection, ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.wire.grpc_http2 import code_of_http, code_of_reset

if TYPE_CHECKING:
    from gateway.dataplane.relay import Relay

_ERROR_CODES = {int(code): code for code in ErrorCode}


class Attempt:
    """One try. ``request`` is what was sent, while it can be sent again; ``stream`` is there once it is connected."""

    __slots__ = ("_relay", "request", "stream")

    def __init__(self, relay: "Relay") -> None:
        self._relay: Relay | None = relay  # None when it has ended, or when nobody waits for it any more
        self.stream: Stream | None = None
        self.request: list[bytes] | None = None

    @property
    def wanted(self) -> bool:
        """Whether the relay still waits for it."""
        return self._relay is not None

    @property
    def kept(self) -> int:
        """Bytes that are kept for it: what waits in its stream, or what can be sent again."""
        if self.request is not None:
            return sum(map(len, self.request))
        return 0 if self.stream is None else self.stream.queued

    def go(self, connection: ClientConnection, scheme: str) -> None:
        """There is a connection with room for the call; ``scheme`` is http or https."""
        if self._relay is not None:
            self._relay.connected(connection, self, scheme)

    def unreachable(self, why: str) -> None:
        """There is no connection to be had, or it is lost."""
        if (relay := self._end()) is not None:
            relay.unreachable(why)

    def overloaded(self, why: str) -> None:
        """Too many calls wait for a connection."""
        if (relay := self._end()) is not None:
            relay.overloaded(why)

    def consumed(self, size: int) -> None:
        """Bytes of the answer were passed on, or count on the member's account."""
        if self.stream is not None:
            self.stream.consumed(size)

    def leave(self) -> None:
        """Cancels the call at the provider, unless the provider has ended it."""
        self._end()
        stream, self.stream = self.stream, None
        if stream is not None and not stream.remote_closed:
            stream.reset(ErrorCode.CANCEL)

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """The answer begins, or ends; ``status`` is empty when it has begun before."""
        self.request = None
        if status and not (status == "200" and headers.is_grpc(fields)):
            self._failed(code_of_http(status), f"the provider answered with HTTP {status}")
        elif not ended:
            if self._relay is not None:
                self._relay.answer_began(fields)
        elif (relay := self._end()) is not None:
            ending = headers.Ending(fields)
            if status and ending.not_taken:
                relay.unreachable("the provider stops, and did not take the call")
            else:
                relay.answer_ended(ending)

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data of the answer; a correct answer ends with a status, not with data."""
        if data and self._relay is not None:
            self._relay.answer_data(data)
        if ended:
            self.on_failure(StreamFailure(ErrorCode.PROTOCOL_ERROR, "it ended without a status"))

    def on_sent(self, size: int) -> None:
        """Request bytes that had to wait have gone to the provider."""
        if self._relay is not None:
            self._relay.request_sent(size)

    def on_reset(self, code: int) -> None:
        """The provider has reset the call."""
        if code == ErrorCode.REFUSED_STREAM:
            if (relay := self._end()) is not None:
                relay.not_taken(self.request)
        else:
            known = _ERROR_CODES.get(code, ErrorCode.INTERNAL_ERROR)
            self._failed(code_of_reset(known), f"the provider reset the call: {known.name}")

    def on_failure(self, failure: StreamFailure) -> None:
        """The provider does not keep to HTTP/2, or to its limits."""
        code = Code.RESOURCE_EXHAUSTED if failure.code is ErrorCode.ENHANCE_YOUR_CALM else Code.INTERNAL
        self._failed(code, f"the provider's answer does not hold: {failure}")

    def on_lost(self) -> None:
        """The provider's connection is gone."""
        self.unreachable("")

    def _failed(self, code: Code, message: str) -> None:
        if (relay := self._end()) is not None:
            relay.provider_failed(code, message)

    def _end(self) -> "Relay | None":
        relay, self._relay = self._relay, None
        return relay
