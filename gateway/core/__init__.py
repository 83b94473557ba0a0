"""Decisions only: no I/O, no clock, no grpc. Registry, policy, quota, load shedding, and the record of a call."""
