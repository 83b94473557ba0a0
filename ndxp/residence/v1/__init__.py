"""Generated from protos/ndxp/residence/v1."""
