"""The contract of the health insurance."""
