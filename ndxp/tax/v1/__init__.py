"""Generated from protos/ndxp/tax/v1."""
