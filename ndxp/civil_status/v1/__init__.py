"""Generated from protos/ndxp/civil_status/v1."""
