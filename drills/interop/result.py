"""The result of a case: the client or server, the case, and why it failed if it did."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import grpc

from ndxp.wire import status

_PATIENCE = 60.0
"""Seconds within which a case must end."""


class Failed(Exception):
    """A case had another result than it must have; the text says which."""


@dataclass(frozen=True, slots=True)
class Result:
    """``error`` is empty for a successful case; ``skipped`` means that it was not run, and ``note`` says why."""

    peer: str
    case: str
    error: str = ""
    note: str = ""
    skipped: bool = False


Results: TypeAlias = AsyncGenerator[Result, None]


async def judged(peer: str, case: str, run: Awaitable[str | None]) -> Result:
    """Runs a case, which returns a remark or None."""
    try:
        async with asyncio.timeout(_PATIENCE):
            note = await run
    except grpc.aio.AioRpcError as error:
        failure = status.decode(error)
        return Result(peer, case, f"{failure.code.name} {failure.reason} {failure.message}"[:300])
    except TimeoutError:
        return Result(peer, case, f"no end after {_PATIENCE:.0f} s")
    except (AssertionError, Failed, OSError) as error:
        return Result(peer, case, f"{type(error).__name__}: {error}"[:300])
    return Result(peer, case, note=note or "")


async def all_of(peer: str, cases: Mapping[str, Callable[[], Awaitable[str | None]]]) -> Results:
    """Runs cases one after the other."""
    for name, run in cases.items():
        yield await judged(peer, name, run())
