"""Generated from protos/ndxp/public_services/v1."""
