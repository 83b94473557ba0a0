"""Generated from protos/ndxp/vehicles/v1."""
