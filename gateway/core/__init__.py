"""Decisions only: no I/O, no clocks of their own, no grpc."""
