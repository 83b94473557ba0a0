"""Faults in a running compose project, and their effect on callers who repeat failed calls."""
