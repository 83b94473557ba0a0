"""Generated from protos/ndxp/exchange/v1."""
