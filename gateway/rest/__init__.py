"""The doors: HTTP translated into gRPC calls of the data plane, and back. Nothing is decided here."""
