"""The contract of the civil status."""
