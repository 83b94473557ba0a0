"""Generated from protos/ndxp/land/v1."""
