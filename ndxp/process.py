"""What all processes of the exchange share: reading settings, logging, and waiting for the stop signal."""

import asyncio
import atexit
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from ndxp.address import listening
from ndxp.variables import unknown_variables

_GC_THRESHOLDS = (5_000, 80, 50)
"""Thresholds of the garbage collector (``gc.set_threshold``).

While the collector looks through new objects, a process does nothing else: for 20,000 in a gateway that took 8 to 10
ms, for 5,000 it takes 2 to 4.
"""


class ProcessSettings(BaseSettings):
    """``NDXP_*`` variables that every process reads."""

    model_config = SettingsConfigDict(env_prefix="NDXP_")

    metrics_address: str = ""
    """Where this process shows its metrics, ``host:port``, path ``/metrics``: plain HTTP, and everybody who can reach
    it can read who calls whom how often. Empty for nowhere."""
    log_format: Literal["text", "json"] = "text"
    """The form of a line of the log: text for people, or a JSON object."""

    @field_validator("metrics_address")
    @classmethod
    def _shown_at(cls, address: str) -> str:
        return listening(address) if address else ""


_Settings = TypeVar("_Settings", bound=ProcessSettings)


class _Json(logging.Formatter):
    """A line as a JSON object: time, level, process, pid, logger, message; transaction_id if it is about a call."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": os.getpid(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if transaction_id := getattr(record, "transaction_id", ""):
            line["transaction_id"] = transaction_id
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(settings: ProcessSettings, process: str) -> None:
    """Logs one line for each event to stderr; from libraries only warnings and errors."""
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(_Json(process) if settings.log_format == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


def warn_of_unknown(*settings: ProcessSettings) -> None:
    """Logs the ``NDXP_*`` variables of the environment that nothing reads, neither these settings nor others."""
    own = {field for each in settings for field in type(each).model_fields}
    for line in unknown_variables(os.environ, own):
        logging.getLogger("settings").warning(line)


def wrong_settings(error: ValidationError) -> list[str]:
    """What is wrong with ``NDXP_*`` variables, one line each, without their values."""
    return [f"NDXP_{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()]


def run_process(
    name: str,
    read_settings: Callable[[], _Settings],
    run: Callable[[_Settings], Coroutine[Any, Any, None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Runs a process from reading its settings to its stop; an error is one line on stderr.

    It turns the garbage collector on, which each ``__main__`` turns off for its imports: they make many objects and no
    garbage, and the collector would take a tenth of their time.
    Returns the exit code: 0 after a stop, 1 when it cannot start (OSError), 2 for wrong settings or files (ValueError).
    """
    gc.enable()
    atexit.register(gc.freeze)  # a process that ends need not look through its objects for what nobody uses
    try:
        settings = read_settings()
        start_logging(settings, name)
        warn_of_unknown(settings)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(run(settings))
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


def freeze() -> None:
    """To be called after the start: the garbage collector then ignores all objects that exist now.

    It also runs less often from here on. Otherwise both would cost time in every call.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


async def pulse(every: float) -> None:
    """Sleeps until the next moment that is a multiple of ``every`` seconds on the loop's clock.

    So the regular duties of a process wake it together; to wake an idle process costs more than most of them.
    """
    await asyncio.sleep(until_pulse(every))


def until_pulse(every: float) -> float:
    """How many seconds ``pulse`` would sleep."""
    return every - asyncio.get_running_loop().time() % every


async def until_stopped() -> None:
    """Waits for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


async def end(duties: Sequence["asyncio.Task[None]"]) -> None:
    """Cancels background duties and returns when they have ended.

    It cancels repeatedly: before Python 3.12 ``asyncio.wait_for``, which the store's client uses, loses a cancellation
    that comes together with its result (python/cpython#86296).
    """
    while waiting := [duty for duty in duties if not duty.done()]:
        for duty in waiting:
            duty.cancel()
        await asyncio.wait(waiting, timeout=0.2)
