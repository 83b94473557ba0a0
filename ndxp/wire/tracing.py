"""Decides whether this process makes spans: only if ``OTEL_*`` asks for them; else OpenTelemetry is not imported."""

import logging
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndxp.wire.spans import Tracer

ENDPOINTS = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Variables for the target of spans; each of them switches traces on."""

_EXPORTER = "OTEL_TRACES_EXPORTER"
_PROTOCOLS = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"

_log = logging.getLogger(__name__)


def tracer(service: str, instance: str = "") -> "Tracer | None":
    """The tracer of a service: of a subsystem, by its identifier, or of the gateway.

    ``instance`` distinguishes the processes of one service. None when traces are off. Also None, after one line in the
    log, when spans cannot be made: the exchange must work without its traces.
    """
    if not _wanted():
        return None
    try:
        _check_supported()
        from ndxp.wire.spans import Tracer

        return Tracer(service, instance)
    except ImportError:
        _give_up("OTEL_* asks for traces, but OpenTelemetry is not installed: pip install 'ndxp[otel]'")
    except ValueError as error:
        _give_up(f"OTEL_* asks for traces, but: {error}")
    return None


def said(*names: str) -> str:
    """The value of the first of these variables that is not empty; OpenTelemetry treats an empty one as not set."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")


def _wanted() -> bool:
    if said("OTEL_SDK_DISABLED").lower() == "true" or said(_EXPORTER) == "none":
        return False
    return bool(said(_EXPORTER, *ENDPOINTS))


def _check_supported() -> None:
    for names, known in (((_EXPORTER,), "otlp"), (_PROTOCOLS, "grpc")):
        if (value := said(*names) or known) != known:
            raise ValueError(f"{names[-1]} is {value[:50]}, and only {known} is supported")


@cache
def _give_up(why: str) -> None:
    """Logs, once in a process, why it goes on without traces."""
    _log.warning("%s; going on without traces", why)
