"""Generated from protos/ndxp/access_log/v1."""
