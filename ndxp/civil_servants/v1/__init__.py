"""Generated from protos/ndxp/civil_servants/v1."""
