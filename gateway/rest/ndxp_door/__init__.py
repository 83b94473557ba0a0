"""The NDXP door: ``/XrdAdapter``, ``/VXPAdapter`` and ``/token``, as the clients of the real platform use them."""

from gateway.rest.ndxp_door.door import routes

__all__ = ["routes"]
