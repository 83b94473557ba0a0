"""The contract of the access log of an agency."""
