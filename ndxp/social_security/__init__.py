"""The contract of the social security."""
