"""The contract of the education."""
