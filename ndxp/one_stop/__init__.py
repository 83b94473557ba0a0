"""The contract of the one-stop systems."""
