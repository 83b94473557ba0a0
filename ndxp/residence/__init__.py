"""The contract of the residence."""
