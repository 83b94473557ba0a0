"""The contract of the directory of the exchange."""
