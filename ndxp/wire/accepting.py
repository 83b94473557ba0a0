"""grpc.aio's server with a fix: a path that is not UTF-8 text does not end the whole server.

AioServer decodes the path of every call strictly, in the loop that accepts calls (grpcio 1.85.1,
``_server_main_loop``): one request with a byte above 127 in its path ends the whole server. The loop is C code, but its
method can be wrapped. A decoding directly below the wrapper puts U+FFFD in place of such bytes; everything else in the
process decodes as strictly as before.
"""

import codecs
import logging
import sys
from collections.abc import Sequence
from typing import Any

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]

_strict = codecs.lookup_error("strict")


class _Accepting(cygrpc.AioServer):  # type: ignore[misc]
    async def _server_main_loop(self, started: Any) -> None:
        await super()._server_main_loop(started)


def server(interceptors: Sequence[Any] | None = None, options: Sequence[tuple[str, Any]] = ()) -> grpc.aio.Server:
    """A server as ``grpc.aio.server`` makes it."""
    codecs.register_error("strict", _decode)
    logging.getLogger("grpc._cython.cygrpc").addFilter(_no_flood)
    plain, cygrpc.AioServer = cygrpc.AioServer, _Accepting
    try:
        return grpc.aio.server(interceptors=interceptors, options=options)
    finally:
        cygrpc.AioServer = plain


def _decode(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError) and sys._getframe(1).f_code is _Accepting._server_main_loop.__code__:
        return "\N{REPLACEMENT CHARACTER}", error.end
    return _strict(error)


def _no_flood(record: logging.LogRecord) -> bool:
    """Whether a line goes to the log.

    Two kinds do not, because callers can cause them as often as they like: metadata values that are not text, and
    answers to callers who have left.
    """
    return not str(record.msg).startswith(("Invalid encoding on", "ExecuteBatchError raised in core"))
