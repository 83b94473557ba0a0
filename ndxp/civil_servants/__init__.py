"""The contract of the civil servants."""
