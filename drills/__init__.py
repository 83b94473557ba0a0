"""Drills: what goes wrong in operation, done on purpose, and the exchange's promises checked after it."""
