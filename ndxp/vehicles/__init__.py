"""The contract of the vehicles."""
