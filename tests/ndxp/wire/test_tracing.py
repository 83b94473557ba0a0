"""Traces are made when OTEL_* asks for them; what they need is not touched otherwise, nor missed."""

import os
import subprocess
import sys

import pytest

MAKE = (
    "import logging, sys; logging.basicConfig(); from ndxp.wire.tracing import tracer; "
    "print(tracer('a'), tracer('b')); "
)
LOADED = "print([name for name in sys.modules if name.startswith('opentelemetry')])"
WITHOUT = "import sys; sys.modules['opentelemetry.sdk.trace'] = None; "
ASKED = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
OURS = "ndxp.wire.spans", "opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"


def run(script: str, **environment: str) -> tuple[str, str]:
    """What a fresh process says on stdout and on stderr."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ran = subprocess.run(
        [sys.executable, "-c", script], env={**clean, **environment}, capture_output=True, encoding="utf-8", timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, ran.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_TRACES_EXPORTER": "none", **ASKED},
        {"OTEL_SDK_DISABLED": "true", **ASKED},
        {"OTEL_SERVICE_NAME": "me", "OTEL_TRACES_SAMPLER": "always_on"},
    ],
)
def test_nobody_asks_and_opentelemetry_is_not_imported(environment: dict[str, str]) -> None:
    assert run(MAKE + LOADED, **environment) == ("None None\n[]\n", "")


@pytest.mark.parametrize(
    "environment",
    [
        ASKED,
        {"OTEL_TRACES_EXPORTER": "otlp"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
)
def test_somebody_asks_and_there_is_a_tracer_for_each_service(environment: dict[str, str]) -> None:
    made, said = run(MAKE, **environment)
    assert made.count("Tracer object") == 2
    assert said == ""


def test_what_is_not_installed_is_named_once_and_the_process_goes_on() -> None:
    made, said = run(WITHOUT + MAKE, **ASKED)
    assert made == "None None\n"
    assert said.count("pip install 'ndxp[otel]'; going on without traces") == 1
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER is zipkin, and only otlp is supported"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "http/protobuf, and only grpc is supported"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "soon"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", "max_export_batch_size"),
    ],
)
def test_what_cannot_be_done_is_said_once_and_the_process_goes_on(name: str, value: str, why: str) -> None:
    made, said = run(MAKE, **{**ASKED, name: value})
    assert made == "None None\n"
    assert why in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("process", ["gateway.dataplane.__main__", "services.__main__", "ndxp.cli.__main__"])
def test_a_process_that_nobody_traces_does_not_load_what_makes_spans(process: str) -> None:
    # Other packages import parts of OpenTelemetry by themselves where it is installed: redis for its metrics.
    loaded, _ = run(f"import {process}, sys; print([name for name in {OURS} if name in sys.modules])")
    assert loaded == "[]\n"


def test_a_program_that_traces_already_keeps_its_own_spans_and_the_exchanges_together() -> None:
    own = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from ndxp.errors import Code
from ndxp.wire.tracing import tracer

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
with trace.get_tracer("program").start_as_current_span("its work"):
    call = tracer("VN/GOV/H26/one-stop").call("/a.B/C", [("traceparent", "00-" + 32 * "a" + "-" + 16 * "b" + "-01")])
    call.end(Code.OK)
called, work = exporter.get_finished_spans()
print(called.name, called.parent.span_id == work.context.span_id)
"""
    assert run(own, **ASKED) == ("a.B/C True\n", "")
