"""The contract of the operations centre."""
