"""Generated from protos/ndxp/wallet/v1."""
