"""Faults set on purpose: which ones a call meets, and what they do to it, to its answer and to the answer's bytes."""

from gateway.dataplane.faults.step import FaultCounts, after, before, check_caller, choose, refusal

__all__ = ["FaultCounts", "after", "before", "check_caller", "choose", "refusal"]
