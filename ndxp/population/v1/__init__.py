"""Generated from protos/ndxp/population/v1."""
