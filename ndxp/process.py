"""What every process of the exchange does alike: logging, wrong settings a line each, the wait for its stop."""

import asyncio
import ipaddress
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError


def start_logging() -> None:
    """One line for each event on stderr; libraries only when something is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)


def wrong_settings(error: ValidationError) -> list[str]:
    """What is wrong with ``NDXP_*`` variables, a line each, without their values."""
    return [f"NDXP_{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()]


def loopback(address: str) -> bool:
    """Whether only this machine reaches an address, ``host:port``; a name but localhost counts as reachable."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run_process(
    name: str,
    run: Callable[[], Coroutine[Any, Any, None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Runs a process from its settings to its stop; what goes wrong is a line on stderr.

    Gives the exit code: 0 after a stop, 1 when it cannot start (OSError), 2 for wrong settings or files (ValueError).
    """
    start_logging()
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(run())
    except ValidationError as error:
        return _failed(name, 2, *wrong_settings(error))
    except (SettingsError, ValueError) as error:
        return _failed(name, 2, str(error))
    except OSError as error:
        return _failed(name, 1, str(error))
    return 0


def _failed(name: str, code: int, *lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"{name}: {' '.join(line.split())}\n")
    return code


async def until_stopped() -> None:
    """Waits for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


async def end(duties: Sequence["asyncio.Task[None]"]) -> None:
    """Cancels background duties and returns when they have ended.

    Again and again: before Python 3.12 ``asyncio.wait_for``, which the store's client uses, swallows a cancellation
    that comes together with its result (python/cpython#86296).
    """
    while waiting := [duty for duty in duties if not duty.done()]:
        for duty in waiting:
            duty.cancel()
        await asyncio.wait(waiting, timeout=0.2)
