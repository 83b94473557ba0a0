"""OpenAPI 3.1 documents of contracts, for callers who speak HTTP and JSON."""

from ndxp.openapi.document import document

__all__ = ["document"]
