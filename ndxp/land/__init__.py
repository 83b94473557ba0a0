"""The contract of the land registry."""
