"""The JSON door: methods of contracts in JSON, Connect and gRPC-Web, by name or annotated path; OpenAPI documents."""

from gateway.rest.json_door.door import routes

__all__ = ["routes"]
