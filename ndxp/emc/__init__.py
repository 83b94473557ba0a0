"""The contract of the usage figures."""
