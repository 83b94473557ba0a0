"""The X-Road door: ``/r1/...`` and ``/listClients``, as X-Road's message protocol for REST (version 1.0.4) has them."""

from gateway.rest.xroad_door.door import routes

__all__ = ["routes"]
