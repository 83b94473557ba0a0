"""The contract of REST services."""
