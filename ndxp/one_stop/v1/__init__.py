"""Generated from protos/ndxp/one_stop/v1."""
