"""The end of a stream of requests, where grpc.aio takes one thing for another, as a server and as a client."""

import asyncio
from typing import Any, TypeVar

import grpc

_DOUBT, _TURNS = 0.01, 3
_ENDED = 'Failed "execute_batch"'
_Call = TypeVar("_Call")


async def no_doubt() -> None:
    """Lets a cancellation come through, if there is one; for a server, at the end of a stream of requests.

    For servers that cannot ask ``said_everything``: it is a wait, not a proof.

    grpc.aio reads the same EOF from a cancelled call as from one that the caller has half-closed, and learns of the
    cancelling separately: usually in the same turn of the loop, milliseconds later on a busy machine. Who has left in
    the middle must not look like somebody who has said everything (docs/decisions/0009-half-close-or-cancel.md).
    """
    await asyncio.sleep(_DOUBT)
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def said_everything(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Raises CancelledError when the caller has left; for a server with one answer, at the end of a stream of requests.

    A call that was reset takes nothing more, one that the caller has half-closed waits for its answer. So the initial
    metadata is sent ahead of the answer, empty, and gRPC's core says whether the call took it. That can be done once in
    a call: where answers are a stream, the first of them may have taken it along already, and ``no_doubt`` has to do.
    """
    try:
        await context.send_initial_metadata(())
    except grpc.aio.InternalError as left:
        raise asyncio.CancelledError from left


def keep_status(call: _Call) -> _Call:
    """The same call of a client, which ends with the status that the server gave it; for streams of requests.

    Who is refused while it still writes gets INTERNAL "Internal error from Core" from grpc.aio, and no metadata,
    because a message could not be written any more (grpc/grpc#36066, in 1.85). The status is there or on its way then.
    """
    layer: Any = call
    if hasattr(layer, "_cython_call"):
        layer._cython_call = _Core(layer._cython_call)
    return call


class _Core:
    """The layer below a call of grpc.aio, deaf to what is said of a message that came too late."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def set_internal_error(self, said: str) -> None:
        if not said.startswith(_ENDED):
            self._core.set_internal_error(said)
