"""Generated from protos/ndxp/operations/v1."""
