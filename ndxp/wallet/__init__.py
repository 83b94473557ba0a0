"""The contract of the wallet."""
