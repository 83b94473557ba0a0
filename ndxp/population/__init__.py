"""The contract of the population database."""
