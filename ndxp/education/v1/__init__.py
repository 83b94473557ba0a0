"""Generated from protos/ndxp/education/v1."""
