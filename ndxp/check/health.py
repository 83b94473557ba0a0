"""Checks that the agency says whether it takes calls."""

from collections.abc import Iterator

from grpc_health.v1 import health_pb2

from ndxp.check.line import Line
from ndxp.check.result import Result, Rule

_SERVING = Rule(
    "health/serving",
    "grpc.health.v1.Health/Check says SERVING for the contract",
    "the gateway and Kubernetes ask for it; an agency without it counts as alive until calls fail",
    "docs/decisions/0005-who-is-alive.md",
)


def check_health(line: Line) -> Iterator[Result]:
    """The contract's own state."""
    name = line.provider.name
    request = health_pb2.HealthCheckRequest(service=name)
    answer = line.ask("grpc.health.v1.Health/Check", [request], health_pb2.HealthCheckResponse)
    if answer.messages == [health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)]:
        yield _SERVING.passed(name)
    else:
        came = f"{answer}; {answer.messages[0]}" if answer.messages else str(answer)
        yield _SERVING.failed(name, sent=f"HealthCheckRequest of {name}", came=" ".join(came.split()))
