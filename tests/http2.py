"""A raw HTTP/2 client for what no gRPC client does: frames of one's own, in any order, and no manners."""

import socket
from typing import Any, Self

import h2.config
import h2.connection
from hyperframe.frame import Frame, GoAwayFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADER = 9


class Raw:
    """One connection; blocking, for threads."""

    def __init__(self, target: str, *, greet: bool = True) -> None:
        host, _, port = target.rpartition(":")
        self._target = target
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        if greet:
            self._connection.initiate_connection()
            self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def open(self, method: str, *headers: tuple[str, str]) -> int:
        """Opens a stream with a call's headers; gives its number."""
        number = self._connection.get_next_available_stream_id()
        known = [
            (":method", "POST"), (":scheme", "http"), (":path", f"/{method}"), (":authority", self._target),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ]  # fmt: skip
        self._connection.send_headers(number, [*known, *headers])
        return number

    def reset(self, stream: int) -> None:
        """Takes a stream back."""
        self._connection.reset_stream(stream)

    def ping(self) -> None:
        """Sends a ping."""
        self._connection.ping(b"\0" * 8)

    def send(self, data: bytes) -> None:
        """Sends bytes that need not be HTTP/2. Raises OSError when the other side has closed."""
        self._socket.sendall(data)

    def flush(self) -> None:
        """Sends the frames made so far. Raises OSError when the other side has closed."""
        self.send(self._connection.data_to_send())

    def until_dismissed(self, patience: float = 20) -> Any:
        """Reads until the other side says GOAWAY, and gives its error code; None when it closes without a word.

        Raises TimeoutError when it does neither in so many seconds.
        """
        self._socket.settimeout(patience)
        heard = b""
        try:
            while data := self._socket.recv(65536):
                heard += data
                while len(heard) >= _HEADER:
                    frame, length = Frame.parse_frame_header(memoryview(heard[:_HEADER]))
                    if len(heard) < _HEADER + length:
                        break
                    frame.parse_body(memoryview(heard[_HEADER : _HEADER + length]))
                    heard = heard[_HEADER + length :]
                    if isinstance(frame, GoAwayFrame):
                        return frame.error_code
        except ConnectionError:
            pass
        return None
