"""Generated from protos/ndxp/rest/v1."""
