"""The services of an exchange, and whether they serve."""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.admin import AdminApi
from ndxp.language import _
from ndxp.sandbox import life
from ndxp.wire.tls import connect


def services_of(api: AdminApi) -> list[dict[str, Any]]:
    """Every service, and whether the gateway says that it serves."""
    shown = []
    with connect(api.state.gateway, api.state.tokens(life.OPERATIONS).tls) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        for service in api.get("/services"):
            request = health_pb2.HealthCheckRequest(service=service["contract"])
            try:
                serving = health.Check(request, timeout=2).status == health_pb2.HealthCheckResponse.SERVING
            except grpc.RpcError:
                serving = False
            entry = {name: service[name] for name in ("contract", "provider", "trouble")}
            shown.append({**entry, "serving": serving})
    return shown


def not_learnt(service: dict[str, Any]) -> str:
    """A sentence that says why the contract of a service is not known."""
    return _(
        "{contract} of {provider} is not learnt: {trouble}",
        contract=service["contract"],
        provider=service["provider"],
        trouble=service["trouble"],
    )
