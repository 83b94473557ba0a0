"""Generated from protos/ndxp/driving_licences/v1."""
