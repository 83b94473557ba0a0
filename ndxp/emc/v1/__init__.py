"""Generated from protos/ndxp/emc/v1."""
