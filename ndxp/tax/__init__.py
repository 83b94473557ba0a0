"""The contract of the tax agency."""
