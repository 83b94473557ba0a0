"""The end of a stream of requests, which grpc.aio reports wrongly in two cases, as a server and as a client."""

import asyncio
from typing import Any, TypeVar

import grpc

_DOUBT, _TURNS = 0.01, 3
_ENDED = 'Failed "execute_batch"'
_Call = TypeVar("_Call")


async def await_cancellation() -> None:
    """Waits a moment, so that a cancellation can arrive; for a server, at the end of a stream of requests.

    It is for methods that cannot use ``confirm_half_close``: a wait, and not a proof.

    grpc.aio reads the same end from a cancelled call as from one that the caller has half-closed. The cancellation
    comes separately: usually in the same turn of the loop, milliseconds later on a busy machine. A caller who has left
    in the middle must not look like one who has finished (docs/decisions/0009-half-close-or-cancel.md).
    """
    await asyncio.sleep(_DOUBT)
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def confirm_half_close(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Raises CancelledError if the caller has left; for a server with one answer, at the end of a stream of requests.

    A call that was reset takes no more data; a call that the caller has half-closed waits for its answer. So this sends
    empty initial metadata before the answer, and gRPC's core reports whether the call took it. It works once in a call:
    in a stream of answers the first one may have sent the metadata already; use ``await_cancellation`` there.
    """
    try:
        await context.send_initial_metadata(())
    except grpc.aio.InternalError as left:
        raise asyncio.CancelledError from left


def keep_status(call: _Call) -> _Call:
    """The same call of a client, but it ends with the status that the server gave; for streams of requests.

    A client that is refused while it still writes gets INTERNAL "Internal error from Core" from grpc.aio and no
    metadata, because a message could not be written (grpc/grpc#36066, in 1.85). The real status is there or arriving.
    """
    layer: Any = call
    if hasattr(layer, "_cython_call"):
        layer._cython_call = _Core(layer._cython_call)
    return call


class _Core:
    """The layer below a call of grpc.aio, without the error for a message that came too late."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def set_internal_error(self, message: str) -> None:
        if not message.startswith(_ENDED):
            self._core.set_internal_error(message)
